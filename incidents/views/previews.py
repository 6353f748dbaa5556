"""What starting a response would bring about, said before it is started."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.queries import on_duty
from incidents.models import Incident, LevelRule
from incidents.operations.crews import crews_of
from incidents.operations.drawing import choose_plan, specs_of
from incidents.queries.rows import post_label
from journal import clock


@dataclass(frozen=True)
class Preview:
    """What starting a response would bring about. `people` are (post, name), a crew's one after the other."""

    plan: str
    measures: int
    people: list[tuple[str, str]]
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
    specs = specs_of(plan, level)
    crew = crews_of(rule, specs)
    people: list[tuple[str, str]] = []
    unfilled = []
    now = clock.now()
    for post in dict.fromkeys([*rule.required_posts, *rule.called_posts, *crew]):
        wanted, need = crew.get(post, (1, 1))
        duty = on_duty(post=post, at=now, region_code=incident.region_code, limit=max(wanted, 3))[:wanted]
        people += [(post_label(post), person.label) for person in duty]
        if len(duty) < need:
            unfilled.append(post_label(post))
    return Preview(
        plan=plan.label if plan else "",
        measures=len(specs),
        people=people,
        unfilled=unfilled,
        ready_minutes=rule.ready_minutes,
        on_post_minutes=rule.on_post_minutes,
        decider=post_label(rule.decider_post),
    )


def called(preview: Preview | None) -> dict[str, object]:
    """What `incidents/called.html` shows: everybody who would be called, by name."""
    return {"called": preview.people, "unfilled": preview.unfilled} if preview else {}


def response_lines(incident: Incident, preview: Preview | None) -> list[str]:
    """The consequences of a response in words, for its confirmation; who is called stands below them."""
    if preview is None:
        return []
    lines = [
        _("Whoever is called must be on post within %(minutes)s min of their call")
        % {"minutes": preview.on_post_minutes},
        _("The command post must be ready within %(minutes)s min") % {"minutes": preview.ready_minutes},
    ]
    if preview.plan:
        lines.append(
            ngettext("Plan: %(plan)s, %(count)s measure", "Plan: %(plan)s, %(count)s measures", preview.measures)
            % {"plan": preview.plan, "count": preview.measures}
        )
    else:
        lines.append(
            ngettext(
                "No approved plan fits: a general minimum of %(count)s measure runs",
                "No approved plan fits: a general minimum of %(count)s measures runs",
                preview.measures,
            )
            % {"count": preview.measures}
        )
    if preview.unfilled:
        lines.append(_("Nobody on duty, falls to the commander: %(posts)s") % {"posts": "、".join(preview.unfilled)})
    if incident.exercise is None:
        lines.append(_("Messages go out at once and cannot be called back"))
    else:
        lines.append(_("Drill: nothing real is moved, and customers are not told"))
    return lines


def raise_line(incident: Incident, level: int) -> str:
    """Whom a more severe level would call besides those who are called already."""
    preview = preview_of_response(incident, level)
    rule = LevelRule.objects.filter(level=incident.response_level or 0).first()
    known = {post_label(post) for post in [*rule.required_posts, *rule.called_posts]} if rule else set()
    new = [f"{post} {name}" for post, name in preview.people if post not in known] if preview else []
    if not new:
        return _("Nobody further is called")
    return _("Called besides: %(people)s") % {"people": "、".join(new)}
