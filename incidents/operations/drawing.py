"""What a response is drawn from: the plan that fits, its measures, seats and level-wide deadlines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from accounts.actors import Actor
from accounts.queries import on_duty
from accounts.roles import Permission, Post
from incidents.models import (
    CommandPost,
    DeadlineKind,
    Incident,
    LevelRule,
    Measure,
    MeasureKind,
    Phase,
    Plan,
    PlanMeasure,
    PostSeat,
    ReadinessCheck,
    ReadinessItem,
)
from incidents.operations import attendance, callouts, crews, deadlines, relief, seats
from incidents.operations.change import Change
from incidents.planfields import narrowest

BEGUN_BY_RESPONSE = (Phase.WARNING, Phase.ACTIVATION, Phase.RESPONSE)


@dataclass(frozen=True)
class Spec:
    """A measure as a plan, or the generic minimum, asks for it."""

    code: str
    phase: str
    order: int
    name: str
    name_en: str
    post: str
    due_minutes: int
    kind: str = MeasureKind.CHECKLIST
    instruction: str = ""
    instruction_en: str = ""
    params: dict[str, Any] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    needs_approval: bool = False

    @classmethod
    def of(cls, row: PlanMeasure) -> Spec:
        return cls(
            code=row.code,
            phase=row.phase,
            order=row.order,
            name=row.name,
            name_en=row.name_en,
            post=row.post,
            due_minutes=row.due_minutes,
            kind=row.kind,
            instruction=row.instruction,
            instruction_en=row.instruction_en,
            params=dict(row.params),
            after=tuple(row.after),
            needs_approval=row.needs_approval,
        )


def choose_plan(category: str, level: int, region: str) -> Plan | None:
    """The approved plan for a category and level: the narrowest region that covers the incident's, else everywhere."""
    return narrowest(Plan.objects.filter(category=category, level=level, state=Plan.State.APPROVED), region)


def specs_of(plan: Plan | None, level: int) -> list[Spec]:
    """The plan's measures, or the generic minimum of the level when there is no plan."""
    if plan is None:
        from incidents.defaults import generic

        return generic(level)
    return [Spec.of(row) for row in plan.measures.order_by("order", "id")]


def snapshot(plan: Plan | None) -> dict[str, Any]:
    """The plan's texts and lists as they stand now, frozen on the incident."""
    if plan is None:
        return {}
    fields = ["name", "trigger", "objectives", "exit_condition", "review"]
    texts = {name: getattr(plan, name) for field_ in fields for name in (field_, f"{field_}_en")}
    return {"plan": plan.pk, "version": plan.version, "contacts": plan.contacts, "supplies": plan.supplies, **texts}


def new_measure(incident: Incident, spec: Spec, round_: int = 1) -> Measure:
    return Measure(
        incident=incident,
        code=spec.code,
        round=round_,
        phase=spec.phase,
        order=spec.order,
        name=spec.name,
        name_en=spec.name_en,
        instruction=spec.instruction,
        instruction_en=spec.instruction_en,
        post=spec.post,
        kind=spec.kind,
        params=spec.params,
        after=list(spec.after),
        needs_approval=spec.needs_approval,
        due_minutes=spec.due_minutes,
        exercise=incident.exercise,
    )


def next_round(measure: Measure) -> Measure:
    """The same measure once more, as its incident froze it, not begun."""
    copied = ("code", "phase", "order", "name", "name_en", "instruction", "instruction_en", "post", "kind", "params")
    more = ("after", "needs_approval", "due_minutes", "exercise")
    values = {name: getattr(measure, name) for name in (*copied, *more)}
    return Measure(incident_id=measure.incident_id, round=measure.round + 1, **values)


def draw_measures(change: Change, specs: Sequence[Spec]) -> None:
    """Copy measures onto the incident; they get their due times when their phase begins."""
    known = dict(
        Measure.objects.filter(incident=change.incident, code__in=[spec.code for spec in specs])
        .values_list("code")
        .annotate(newest=Max("round"))
    )
    Measure.objects.bulk_create(new_measure(change.incident, spec, known.get(spec.code, 0) + 1) for spec in specs)


def draw_post(change: Change, rule: LevelRule) -> CommandPost:
    """Open the command post of a level with its checklist."""
    post = CommandPost.objects.create(
        incident=change.incident, name=rule.post_name, name_en=rule.post_name_en, opened_at=change.now
    )
    draw_checks(post, rule.level)
    return post


def draw_checks(post: CommandPost, level: int) -> None:
    known = set(post.checks.values_list("code", flat=True))
    ReadinessCheck.objects.bulk_create(
        ReadinessCheck(command_post=post, code=item.code, order=item.order, name=item.name, name_en=item.name_en)
        for item in ReadinessItem.objects.filter(lightest_level__gte=level).exclude(code__in=known)
    )


def draw_seats(change: Change, post: CommandPost, rule: LevelRule, specs: Sequence[Spec] = ()) -> list[PostSeat]:
    """Make the seats that the level and the plan's crews ask for and call people to those that are new, or that ask
    for more people than before; returns the new ones.

    A seat left vacant needs the commander, who is then called even when the level does not ask for one. The second
    shift is named and told, not called.
    """
    crew = crews.crews_of(rule, specs)
    wanted = list(dict.fromkeys([*rule.required_posts, *rule.called_posts, *crew]))
    order = {code: number for number, code in enumerate(Post.values)}
    existing = {(seat.post, seat.shift): seat for seat in post.seats.all()}
    new: list[PostSeat] = []
    later: list[PostSeat] = []
    rungs = callouts.configured_rungs()

    def seat_for(code: str, shift: int, required: bool) -> None:
        call, need = crew.get(code, (1, 1)) if shift == 1 else (1, 1)
        seat = existing.get((code, shift))
        if seat is None:
            seat = PostSeat.objects.create(
                command_post=post, post=code, shift=shift, required=required, wanted=call, need=need
            )
            existing[code, shift] = seat
            if shift == 1:
                new.append(seat)
                callouts.call_seat(change, seat, rule=rule, rungs=rungs)
        elif (seat.required, seat.wanted, seat.need) != (required, call, need):
            more = shift == 1 and call > seat.wanted
            seat.required, seat.wanted, seat.need = required, call, need
            refill(change, seat)
            if more:
                callouts.call_seat(change, seat, rule=rule, rungs=rungs)
        if shift == 1:
            crews.draw_quorum(change, seat, rule)
        elif seat.starts_at is None:
            later.append(seat)

    for code in sorted(wanted, key=lambda value: order.get(value, 99)):
        for shift in range(1, rule.shifts + 1):
            seat_for(code, shift, required=code in rule.required_posts and shift == 1)
    if any(seat.vacant for seat in new) and (Post.COMMANDER, 1) not in existing:
        seat_for(Post.COMMANDER, 1, required=False)
    relief.plan(change, later)
    if rule.shifts == 1:
        relief.call_off(change, [seat for (_code, shift), seat in existing.items() if shift > 1])
    return new


def refill(change: Change, seat: PostSeat) -> None:
    """Its numbers changed: whether it is filled may have changed with them."""
    here = attendance.present(seat)
    if len(here) < seat.need:
        seat.arrived_at = None
    elif seat.arrived_at is None:
        seats.fill(change, seat, here[seat.need - 1].arrived_at)
    seat.version += 1
    seat.save()


def decides(by: Actor, incident: Incident, rule: LevelRule, change: Change) -> bool:
    """Whether the actor is the level's named decider (or above), so that nothing is left to confirm."""
    if by.may(Permission.LOWER_LEVEL) or (rule.decider_post == Post.DUTY_OFFICER and by.may(Permission.COMMAND)):
        return True
    held = PostSeat.objects.filter(
        command_post__incident=incident, post=rule.decider_post, shift=1, arrived_at__isnull=False
    )
    if by.user_id is not None and held.filter(holder_id=by.user_id).exists():
        return True
    people = on_duty(post=rule.decider_post, at=change.now, region_code=incident.region_code)
    return by.user_id is not None and by.user_id in {user.pk for user in people[:1]}


def draw_confirmation(change: Change, rule: LevelRule, *, decided: bool | None = None) -> None:
    """Who starts a level above their own authority does so provisionally, until the named decider confirms.

    `decided` says so outright; by default it follows from who acts.
    """
    incident = change.incident
    incident.provisional = not (decides(change.by, incident, rule, change) if decided is None else decided)
    incident.confirm_by = None
    if not incident.provisional:
        incident.confirmed_at, incident.confirmed_by = change.now, str(change.by)
        return
    incident.confirmed_at, incident.confirmed_by = None, ""
    incident.confirm_by = change.times.due(change.now, rule.confirm_minutes)
    deadlines.open_deadline(
        change, DeadlineKind.CONFIRM, incident.reference, incident.confirm_by, post=rule.decider_post
    )
