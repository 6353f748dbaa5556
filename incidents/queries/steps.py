"""What may be done next, and the one thing that should be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.roles import Permission
from incidents.models import Incident, Level, Measure, MeasureKind, SeverityIndicator
from incidents.queries.proposals import proposal_reason

S = Incident.State


@dataclass(frozen=True)
class Step:
    """A legal next step: `action` is the operation's short name ("respond"), `label` is named by its effect.

    `levels` are the levels one may choose for raise, lower and respond, most severe first.
    """

    action: str
    label: str
    levels: tuple[int, ...] = ()


@dataclass(frozen=True)
class NextStep:
    """The one primary action of a page.

    `panel` says where it is done: "incident" (an action on the incident itself), "measures", "post", "orders",
    "notices"; `measure_id` which measure it is about, if any.
    """

    action: str
    label: str
    panel: str = "incident"
    measure_id: int | None = None
    level: int | None = None


# What a step asks of the actor, where it is not COMMAND; the operations ask again.
NEEDED = {
    "lower": Permission.LOWER_LEVEL,
    "close": Permission.LOWER_LEVEL,
    "estimate": Permission.COMMAND,
    "suspend": Permission.LOWER_LEVEL,
}
EVERY_LEVEL = tuple(Level.values)


def legal_steps(incident: Incident) -> list[Step]:
    """The transitions that the incident's state allows; who may take them is another matter (permissions)."""
    state = incident.state
    if state in {S.REPORTED, S.GRADED, S.WARNED}:
        steps = steps_before(incident)
    elif incident.running and incident.response_level is not None:
        steps = steps_of_running(incident, Level(incident.response_level))
    elif state == S.SUSPENDED:
        steps = [Step("resume", _("Go on")), *confirmation(incident), linking()]
    elif state == S.CLOSED:
        steps = [Step("review", _("Finish the review")), Step("reopen", _("Open again")), linking()]
    elif state == S.REVIEWED:
        steps = [Step("reopen", _("Open again"))]
    else:
        steps = []
    return steps


def linking() -> Step:
    return Step("set_parent", _("Link to a larger incident"))


def steps_before(incident: Incident) -> list[Step]:
    """Nobody responds yet. What a machine or somebody without command reported is verified, or dismissed, first."""
    warned = incident.state == S.WARNED
    dismiss = Step("dismiss", _("Stand the pre-alert down") if warned else _("Dismiss as a false alarm"))
    unverified = incident.verified_at is None
    steps = [Step("verify", _("Verify the report")), dismiss] if unverified else []
    steps.append(Step("respond", _("Start a response"), EVERY_LEVEL))
    steps.append(Step("grade", _("Grade") if incident.state == S.REPORTED else _("Grade again")))
    if not warned:
        steps.append(Step("warn", _("Give a pre-alert"), EVERY_LEVEL))
    steps += [Step("merge", _("Merge into another incident")), linking()]
    return steps if unverified else [*steps, dismiss]


def confirmation(incident: Incident) -> list[Step]:
    if not incident.provisional:
        return []
    return [Step("confirm", _("Confirm level %(level)s") % {"level": Level(incident.response_level or 4).label})]


def steps_of_running(incident: Incident, level: Level) -> list[Step]:
    responding = incident.state == S.RESPONDING
    steps = confirmation(incident)
    if responding and incident.auto_started:
        steps.append(Step("revert_start", _("Take the automatic start back")))
    if level > Level.I:
        steps.append(Step("raise", _("Raise the level"), tuple(v for v in EVERY_LEVEL if v < level)))
    if level < Level.IV:
        steps.append(Step("lower", _("Lower the level"), tuple(v for v in EVERY_LEVEL if v > level)))
    steps.append(Step("recover", _("Move to recovery")) if responding else Step("close", _("Close the incident")))
    steps.append(Step("estimate", _("Change the estimate")))
    steps += [Step("grade", _("Grade again")), Step("suspend", _("Suspend"))]
    if responding:
        steps.append(Step("merge", _("Merge into another incident")))
    steps.append(linking())
    if responding:
        steps.append(Step("dismiss", _("Dismiss as a false alarm")))
    return steps


def legal_actions(incident: Incident) -> list[str]:
    """The same as codes, for an API's answer."""
    return [step.action for step in legal_steps(incident)]


def next_step(
    incident: Incident,
    measures: Iterable[Measure],
    *,
    post_state: str = "",
    indicators: Mapping[str, SeverityIndicator] | None = None,
) -> NextStep | None:
    """What the person in charge should do now, by urgency; None when there is nothing but to wait.

    `indicators` by code, when the caller has them already: a proposed level names the one that explains it.
    """
    open_measures = [m for m in measures if not m.settled and m.due_at is not None]
    if not incident.running:
        return step_while_not_running(incident, open_measures)
    if incident.proposed_level is not None:
        figures = {
            "level": Level(incident.proposed_level).label,
            "reason": proposal_reason(incident, indicators) or _("by the figures"),
        }
        label = _("Raise to level %(level)s (%(reason)s)") % figures
        return NextStep("raise", label, level=incident.proposed_level)
    for measure in open_measures:
        found = waiting_for_people(measure)
        if found:
            return found
    if post_state == "manned":
        return NextStep("confirm_ready", _("Confirm that the command post is ready"), "post")
    if incident.provisional:
        return NextStep("confirm", _("Confirm level %(level)s") % {"level": Level(incident.response_level or 4).label})
    by_hand = [m for m in open_measures if m.state != Measure.State.RUNNING or m.kind == MeasureKind.CHECKLIST]
    # A finished report calls for the next one for as long as the response runs; it alone keeps nobody from recovery.
    if any(m.kind != MeasureKind.INTERNAL_REPORT for m in by_hand):
        first = min(by_hand, key=lambda m: (m.due_at, m.order))
        return NextStep("complete", first.label, "measures", first.pk)
    if any(m.kind != MeasureKind.INTERNAL_REPORT for m in open_measures):
        return None
    if incident.state == S.RESPONDING:
        return NextStep("recover", _("Move to recovery"))
    return NextStep("close", _("Close the incident"))


def step_while_not_running(incident: Incident, open_measures: list[Measure]) -> NextStep | None:
    level = incident.grade or Level.IV
    respond = NextStep("respond", _("Start a level %(level)s response") % {"level": Level(level).label}, level=level)
    if incident.state == S.REPORTED:
        if incident.verified_at is None:
            return NextStep("verify", _("Verify the report and grade it"))
        return NextStep("grade", _("Grade the incident"))
    if incident.state == S.GRADED:
        return respond
    if incident.state == S.WARNED:
        for measure in open_measures:
            if found := waiting_for_people(measure):
                return found
        by_hand = [m for m in open_measures if m.state != Measure.State.RUNNING or m.kind == MeasureKind.CHECKLIST]
        first = min(by_hand, key=lambda m: (m.due_at, m.order), default=None)
        return NextStep("complete", first.label, "measures", first.pk) if first else respond
    if incident.state == S.SUSPENDED:
        return NextStep("resume", _("Go on with the response"))
    if incident.state == S.CLOSED:
        return NextStep("review", _("Finish the review"))
    return None


def waiting_for_people(measure: Measure) -> NextStep | None:
    """Whether a measure of the system stands still until somebody decides."""
    of = measure.progress.get("of") or 0
    figures = {"name": measure.label, "count": number_format(of, force_grouping=True)}
    if measure.state == Measure.State.FAILED:
        return NextStep("retry", _("Failed: %(name)s") % figures, "measures", measure.pk)
    if measure.waits_for_approval:
        return NextStep("start", _("Approve: %(name)s") % figures, "measures", measure.pk)
    waits = measure.progress.get("waits_for")
    if measure.state == Measure.State.RUNNING and waits == "reroute_approval":
        asked = ngettext("Approve the reroute (%(count)s order)", "Approve the reroute (%(count)s orders)", of)
        return NextStep("approve_reroute", asked % figures, "orders", measure.pk)
    if measure.state == Measure.State.RUNNING and waits == "notice_approval":
        asked = ngettext("Send notices (%(count)s customer)", "Send notices (%(count)s customers)", of)
        return NextStep("launch_notice", asked % figures, "notices", measure.pk)
    return None
