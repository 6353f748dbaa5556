"""What starting a response would bring about, said before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.queries import on_duty
from incidents.models import Incident, LevelRule, PlanMeasure
from incidents.operations.drawing import choose_plan, specs_of
from incidents.queries.rows import post_label
from journal import clock


@dataclass(frozen=True)
class Preview:
    """What starting a response would bring about."""

    plan: str
    measures: int
    people: list[str]
    unfilled: list[str]
    ready_minutes: int
    on_post_minutes: int
    decider: str


def preview_of_response(incident: Incident, level: int) -> Preview | None:
    """Who would be called and what would begin if `incident` were answered at `level`; None for an unknown level."""
    rule = LevelRule.objects.filter(level=level).first()
    if rule is None:
        return None
    plan = choose_plan(incident.category, level, incident.region_code)
    people, unfilled = [], []
    now = clock.now()
    for post in dict.fromkeys([*rule.required_posts, *rule.called_posts]):
        duty = on_duty(post=post, at=now, region_code=incident.region_code)
        if duty:
            people.append(f"{post_label(post)} {duty[0].label}")
        else:
            unfilled.append(post_label(post))
    return Preview(
        plan=plan.label if plan else "",
        measures=PlanMeasure.objects.filter(plan=plan).count() if plan else len(specs_of(None, level)),
        people=people,
        unfilled=unfilled,
        ready_minutes=rule.ready_minutes,
        on_post_minutes=rule.on_post_minutes,
        decider=rule.label and post_label(rule.decider_post),
    )


def response_lines(incident: Incident, level: int) -> list[str]:
    """The consequences of a response in words, for its confirmation."""
    preview = preview_of_response(incident, level)
    if preview is None:
        return []
    count = len(preview.people)
    lines = [
        ngettext(
            "%(count)s person is called now, on post within %(minutes)s min: %(people)s",
            "%(count)s people are called now, on post within %(minutes)s min: %(people)s",
            count,
        )
        % {"count": count, "minutes": preview.on_post_minutes, "people": "、".join(preview.people) or "—"},
        _("The command post must be ready within %(minutes)s min") % {"minutes": preview.ready_minutes},
    ]
    if preview.plan:
        lines.append(_("Plan: %(plan)s, %(count)s measures") % {"plan": preview.plan, "count": preview.measures})
    else:
        lines.append(
            _("No approved plan fits: a general minimum of %(count)s measures runs") % {"count": preview.measures}
        )
    if preview.unfilled:
        lines.append(_("Nobody on duty, falls to the commander: %(posts)s") % {"posts": "、".join(preview.unfilled)})
    if incident.exercise is None:
        lines.append(_("Messages go out at once and cannot be called back"))
    else:
        lines.append(_("Drill: nothing real is moved, and customers are not told"))
    return lines
