"""Any acts in any order: no illegal state, an entry for every transition, no deadline of the past, chains that hold.

Hypothesis draws what people, machines and the clock do; every step either changes something lawful or is refused.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts.actors import NotAllowed, link_actor, user_actor
from config.clockwork import all_sources
from incidents import operations
from incidents.models import (
    CallOut,
    CommandPost,
    Deadline,
    DeadlineKind,
    DeadlineState,
    Incident,
    Measure,
    PostSeat,
    ReadinessCheck,
)
from incidents.queries import legal_actions
from journal import queries as journal
from journal.clock import Clock
from journal.models import Entry
from journal.refusal import Refusal

pytestmark = pytest.mark.django_db

S = Incident.State
ACTS = {
    "verify": {},
    "grade": {},
    "warn": {},
    "respond": {"level": st.sampled_from([None, 1, 2, 3, 4])},
    "raise_level": {"level": st.integers(1, 4)},
    "lower_level": {"level": st.integers(1, 4), "reason": st.just("风力减弱")},
    "confirm_level": {},
    "suspend": {"reason": st.just("等待封路解除")},
    "resume": {},
    "recover": {},
    "close": {"reason": st.just("已恢复"), "skip_open": st.just(True)},
    "review": {"text": st.just("下次提前备货"), "skip_open": st.just(True)},
    "reopen": {"reason": st.just("再次进水")},
    "dismiss": {"reason": st.just("误报")},
}
# What each act writes once, however it is told otherwise; and the one state it leads to, where there is one.
TELLS = {
    "verify": ["incident.verified"],
    "warn": ["incident.warned"],
    "respond": ["incident.responded"],
    "raise_level": ["incident.level_raised"],
    "lower_level": ["incident.level_lowered"],
    "confirm_level": ["incident.level_confirmed"],
    "suspend": ["incident.suspended"],
    "resume": ["incident.resumed"],
    "recover": ["incident.recovering"],
    "close": ["incident.closed"],
    "review": ["incident.reviewed"],
    "reopen": ["incident.reopened"],
    "dismiss": ["incident.dismissed"],
    "acknowledge": ["callout.acknowledged", "callout.eta"],
    "arrive": ["callout.arrived"],
    "decline": ["callout.declined"],
    "start": ["measure.started", "measure.approved"],
    "complete": ["measure.done"],
    "skip": ["measure.skipped"],
    "ready": ["post.ready"],
}
# The short names of `legal_actions`, where they differ from the operation's.
LAWFUL = {**{name: name for name in ACTS}, "raise": "raise_level", "lower": "lower_level", "confirm": "confirm_level"}
OPERATIONS = {"grade": operations.grade_incident}
LIMITED = {DeadlineKind.ARRIVAL, DeadlineKind.MEASURE, DeadlineKind.READY, DeadlineKind.QUORUM}


def edges(model) -> set[tuple[str, str]]:
    """Every (from, to) that a model's transitions allow."""
    moves = model().get_all_state_transitions()
    return {(str(move.source), str(move.target)) for move in moves}


def snapshot(model, incident: Incident) -> dict[int, str]:
    return dict(model.objects.filter(incident=incident).values_list("pk", "state"))


class Emergency(RuleBasedStateMachine):
    """One incident in a transaction of its own, taken back at the end."""

    officer = chief = None

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        fields = {"title": "分拣中心进水", "category": "natural_disaster", "indicators": {"cities": 1}}
        self.incident = operations.report_incident(by=self.officer, **fields)
        self.before = {model: {} for model in (Measure, CallOut, CommandPost)}
        self.state, self.version = str(self.incident.state), self.incident.version
        self.done: dict[str, int] = {}

    @initialize(level=st.sampled_from([None, 4, 3, 2]))
    def begin(self, level) -> None:
        """Most stories begin with a response under way."""
        if level:
            self.act("respond", operations.respond, incident_id=self.incident.pk, by=self.officer, level=level)

    def teardown(self) -> None:
        try:
            assert journal.verify() == []
        finally:
            transaction.set_rollback(True)
            self.transaction.__exit__(None, None, None)

    def act(self, name: str, operation, **given) -> None:
        """Do it, or be refused; anything else is a fault. A refusal leaves nothing behind."""
        kinds = TELLS.get(name, ())
        count = self.told(kinds)
        try:
            operation(**given)
        except (Refusal, NotAllowed):
            assert self.told(kinds) == count, f"{name} was refused and told all the same"
        else:
            assert not kinds or self.told(kinds) > count, f"{name} was done and not told"

    def told(self, kinds) -> int:
        return Entry.objects.filter(subject=self.incident.reference, kind__in=kinds).count()

    def actor(self, number: int):
        return (self.officer, self.chief)[number]

    @rule(pick=st.integers(0, 99), data=st.data())
    def the_chief_does_what_is_lawful(self, pick, data) -> None:
        """Most of what people do is on offer; dismissing is rare, or every story would end there."""
        offered = [LAWFUL[action] for action in legal_actions(self.incident) if action in LAWFUL]
        offered = [name for name in offered if name != "dismiss" or pick > 95]
        if offered:
            self.somebody(offered[pick % len(offered)], 1, data)

    @rule(name=st.sampled_from(sorted(ACTS)), who=st.integers(0, 1), data=st.data())
    def somebody_does_anything(self, name, who, data) -> None:
        self.somebody(name, who, data)

    def somebody(self, name: str, who: int, data) -> None:
        given = {field: data.draw(values, label=field) for field, values in ACTS[name].items()}
        operation = OPERATIONS.get(name) or getattr(operations, name)
        self.act(name, operation, incident_id=self.incident.pk, by=self.actor(who), **given)

    @precondition(lambda self: self.before[CallOut])
    @rule(answer=st.sampled_from(["acknowledge", "arrive", "decline"]), pick=st.integers(0, 99))
    def somebody_called_answers(self, answer, pick) -> None:
        calls = list(CallOut.objects.filter(incident=self.incident).order_by("pk"))
        call = calls[pick % len(calls)]
        operation = getattr(operations, f"{answer}_callout")
        self.act(answer, operation, call_out_id=call.pk, by=link_actor("link", call.pk))

    @precondition(lambda self: self.before[CallOut])
    @rule()
    def everybody_arrives(self) -> None:
        for call in CallOut.objects.filter(incident=self.incident, state="called").order_by("pk"):
            self.act("arrive", operations.arrive_callout, call_out_id=call.pk, by=link_actor("link", call.pk))

    @precondition(lambda self: self.before[Measure])
    @rule(what=st.sampled_from(["start", "complete", "skip"]), pick=st.integers(0, 99), who=st.integers(0, 1))
    def somebody_does_a_measure(self, what, pick, who) -> None:
        measures = list(Measure.objects.filter(incident=self.incident).order_by("pk"))
        measure = measures[pick % len(measures)]
        given = {"start": {}, "complete": {"note": "已完成"}, "skip": {"reason": "不需要"}}[what]
        operation = getattr(operations, f"{what}_measure")
        self.act(what, operation, measure_id=measure.pk, by=self.actor(who), **given)

    @precondition(lambda self: self.before[CommandPost])
    @rule()
    def the_post_is_made_ready(self) -> None:
        for code in ReadinessCheck.objects.filter(command_post__incident=self.incident).values_list("code", flat=True):
            self.act("", operations.tick_readiness, incident_id=self.incident.pk, code=code, by=self.chief)
        self.act("ready", operations.confirm_post_ready, incident_id=self.incident.pk, by=self.chief)

    @rule(minutes=st.sampled_from([1, 4, 9, 16, 31, 61, 600]))
    def time_passes(self, minutes) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE journal_installation SET time_offset = time_offset + %s", [timedelta(minutes=minutes)]
            )
        clock = Clock("test", [source for source in all_sources() if source.name.startswith("incidents")])
        clock.beat_due = float("inf")
        for _ in range(60):
            if clock.step() > 0:
                return

    @invariant()
    def every_move_is_lawful(self) -> None:
        self.incident = Incident.objects.get(pk=self.incident.pk)
        state = str(self.incident.state)
        if state != self.state:
            # An act may make several moves; each is an edge, so the new state can be reached from the old one.
            assert state in reachable(self.state, INCIDENT_EDGES), (self.state, state)
            assert self.incident.version > self.version
        self.state, self.version = state, self.incident.version
        for model, known in self.before.items():
            now = snapshot(model, self.incident)
            assert set(known) <= set(now), f"{model.__name__} vanished"
            for pk, former in known.items():
                assert now[pk] == former or now[pk] in reachable(former, EDGES[model]), (model, former, now[pk])
            self.before[model] = now

    @invariant()
    def no_deadline_is_of_the_past(self) -> None:
        """Open limits belong to the generation that runs, and to things that are not settled."""
        incident = self.incident
        opened = Deadline.objects.filter(incident=incident, state=DeadlineState.OPEN)
        limited = [deadline for deadline in opened if deadline.kind in LIMITED]
        if not incident.open and incident.state != S.CLOSED:
            assert [row.kind for row in opened if row.kind != DeadlineKind.LEGAL] == []
        assert {row.generation for row in limited} <= {incident.generation}
        settled = Measure.objects.filter(incident=incident, state__in=["done", "skipped"]).values_list("pk", flat=True)
        assert not {f"measure:{pk}" for pk in settled} & {row.subject for row in limited}
        if incident.running:
            waiting = CallOut.objects.filter(incident=incident, state__in=["called", "acknowledged"])
            watched = set(
                Deadline.objects.filter(incident=incident, kind=DeadlineKind.ARRIVAL)
                .exclude(state=DeadlineState.CANCELLED)
                .values_list("subject", flat=True)
            )
            assert {f"callout:{call.pk}" for call in waiting} <= watched

    @invariant()
    def the_post_is_what_its_seats_say(self) -> None:
        post = CommandPost.objects.filter(incident=self.incident).first()
        if post is None:
            assert not self.incident.under_way
            return
        assert (post.ready_at is not None) == (post.state == "ready") or post.state == "closed"
        if self.incident.state in {S.CLOSED, S.REVIEWED, S.DISMISSED}:
            assert post.state == "closed"
            assert not PostSeat.objects.filter(command_post=post, attendances__left_at=None, attendances__isnull=False)


def reachable(start: str, moves: set[tuple[str, str]]) -> set[str]:
    found, edge = {start}, [start]
    while edge:
        here = edge.pop()
        for source, target in moves:
            if source == here and target not in found:
                found.add(target)
                edge.append(target)
    return found


INCIDENT_EDGES = edges(Incident)
EDGES = {model: edges(model) for model in (Measure, CallOut, CommandPost)}


def run(commander, duty_officer, roster, *, examples: int, steps: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO journal_installation (id, epoch, send_hold, time_offset) VALUES (1, 0, false, '0')"
            " ON CONFLICT DO NOTHING"
        )
    # The commander of the roster holds the seat that confirms readiness.
    machine = type("Case", (Emergency,), {"officer": duty_officer, "chief": user_actor(roster["commander"][0])})
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            phases=[Phase.generate],  # a long story told once is worth more here than minutes of shortening it
            deadline=None,
            suppress_health_check=checks,
            database=None,
        ),
    )


def test_no_order_of_acts_breaks_the_rules(commander, duty_officer, roster):
    run(commander, duty_officer, roster, examples=12, steps=25)


@pytest.mark.soak
def test_no_long_order_of_acts_breaks_the_rules(commander, duty_officer, roster):
    run(commander, duty_officer, roster, examples=300, steps=80)
