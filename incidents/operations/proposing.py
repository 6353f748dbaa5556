"""A more severe level that the figures ask for while a response runs: proposed, never taken by itself."""

from __future__ import annotations

from accounts.roles import Post
from incidents import staff
from incidents.models import Level
from incidents.operations.change import Change
from incidents.queries.proposals import proposal_reason
from incidents.rulebook import rule_of


def propose_level(change: Change, before: int | None) -> None:
    """Bring the proposal in line with a grade that was just made; `before` is the one until then.

    A level is proposed the moment the grade becomes more severe than both the response and the grade before: who
    lowered the level below an unchanged grade decided so. It is withdrawn when the figures no longer ask for it.
    Journals incident.level_proposed with the indicator that explains it, and tells the decider and the duty officer
    once; or incident.proposal_withdrawn.
    """
    incident = change.incident
    grade, level = incident.grade, incident.response_level
    if not incident.running or grade is None or level is None:
        return
    if grade >= level:
        withdraw_proposal(change)
        return
    if incident.proposed_level is not None:
        if grade >= incident.proposed_level:  # no more severe than proposed, but still more so than the response
            incident.proposed_level = grade
            change.saving = True
            return
    elif before is not None and grade >= before:
        return
    incident.proposed_level, incident.proposed_at = grade, change.now
    change.saving = True
    change.tell(
        "incident.level_proposed",
        {
            "level": grade,
            "level_name": f"level:{grade}",
            "indicator": f"indicator:{incident.graded_by_indicator}" if incident.graded_by_indicator else "",
            "value": float(incident.grade_value) if incident.grade_value is not None else None,
            "threshold": float(incident.grade_threshold) if incident.grade_threshold is not None else None,
        },
    )
    posts = [rule_of(incident).decider_post, Post.DUTY_OFFICER]
    staff.send(
        incident,
        staff.answerable(incident, posts, change.now),
        template="level_proposed",
        variables={
            "event": incident.title,
            "lv": str(Level(grade).label),
            "what": lambda user: proposal_reason(incident),
            "url": staff.room_url(incident),
        },
        key=f"proposal:{incident.pk}:{incident.generation}:{grade}",
        by=change.by,
    )


def withdraw_proposal(change: Change) -> None:
    """The figures no longer ask for more than the response gives. Journals incident.proposal_withdrawn."""
    incident = change.incident
    if incident.proposed_level is None:
        return
    level = incident.proposed_level
    incident.proposed_level = incident.proposed_at = None
    change.saving = True
    change.tell("incident.proposal_withdrawn", {"level": level, "level_name": f"level:{level}"})
