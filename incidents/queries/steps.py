"""What may be done next, and the one thing that should be."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from incidents.models import Incident, Level, Measure, MeasureKind

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


def legal_steps(incident: Incident) -> list[Step]:
    """The transitions that the incident's state allows; who may take them is another matter (permissions)."""
    state, level = incident.state, incident.response_level
    everything = tuple(Level.values)
    steps: list[Step] = []
    if state in {S.REPORTED, S.GRADED}:
        steps.append(Step("respond", _("Start a response"), everything))
        steps.append(Step("grade", _("Grade") if state == S.REPORTED else _("Grade again")))
    if incident.running and level is not None:
        if incident.provisional:
            steps.append(Step("confirm", _("Confirm level %(level)s") % {"level": Level(level).label}))
        if level > Level.I:
            steps.append(Step("raise", _("Raise the level"), tuple(v for v in everything if v < level)))
        if level < Level.IV:
            steps.append(Step("lower", _("Lower the level"), tuple(v for v in everything if v > level)))
    if state == S.RESPONDING:
        steps.append(Step("recover", _("Move to recovery")))
    if state == S.RECOVERING:
        steps.append(Step("close", _("Close the incident")))
    if state == S.CLOSED:
        steps.append(Step("review", _("Finish the review")))
    if incident.running:
        steps.append(Step("grade", _("Grade again")))
    if state in {S.REPORTED, S.GRADED, S.RESPONDING}:
        steps.append(Step("dismiss", _("Dismiss as a false alarm")))
    return steps


def legal_actions(incident: Incident) -> list[str]:
    """The same as codes, for an API's answer."""
    return [step.action for step in legal_steps(incident)]


def next_step(incident: Incident, measures: Iterable[Measure], *, post_state: str = "") -> NextStep | None:
    """What the person in charge should do now, by urgency; None when there is nothing but to wait."""
    if incident.state == S.REPORTED:
        return NextStep("grade", _("Grade the incident"))
    if incident.state == S.GRADED:
        level = incident.grade or Level.IV
        return NextStep("respond", _("Start a level %(level)s response") % {"level": Level(level).label}, level=level)
    if incident.state == S.CLOSED:
        return NextStep("review", _("Finish the review"))
    if not incident.running:
        return None
    open_measures = [m for m in measures if not m.settled and m.due_at is not None]
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


def waiting_for_people(measure: Measure) -> NextStep | None:
    """Whether a measure of the system stands still until somebody decides."""
    count = number_format(measure.progress.get("of") or 0, force_grouping=True)
    figures = {"name": measure.label, "count": count}
    if measure.state == Measure.State.FAILED:
        return NextStep("retry", _("Failed: %(name)s") % figures, "measures", measure.pk)
    if measure.waits_for_approval:
        return NextStep("start", _("Approve: %(name)s") % figures, "measures", measure.pk)
    waits = measure.progress.get("waits_for")
    if measure.state == Measure.State.RUNNING and waits == "reroute_approval":
        return NextStep("approve_reroute", _("Approve the reroute (%(count)s orders)") % figures, "orders", measure.pk)
    if measure.state == Measure.State.RUNNING and waits == "notice_approval":
        return NextStep("launch_notice", _("Send notices (%(count)s customers)") % figures, "notices", measure.pk)
    return None
