"""Limits of gateways: the arithmetic of sliding windows, and what really leaves under it."""

from __future__ import annotations

import bisect
import os
import time
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from accounts.actors import user_actor
from accounts.roles import Role
from journal.clock import now
from notifications import due, engine, limits
from notifications.models import Attempt, Chunk, Message, NumberUse
from notifications.operations import pause_batch, send_due_staff, try_gateway
from tests.notifications.test_sending import states
from tests.racing import all_done

START = datetime(2026, 8, 10, tzinfo=UTC)
QUICK = settings(max_examples=200, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])


@QUICK
@given(
    st.integers(1, 5),
    st.integers(1, 25),
    st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 4_000), st.integers(0, 4_000), st.integers(1, 9))),
)
def test_no_window_ever_holds_more_than_the_limit(per_second, per_minute, asked):
    """Calls of any size begin at any time, last any time, and the provider counts them at any moment between."""
    limit = limits.windows(per_second, per_minute)
    moment, uses, arrivals = START, [], []
    for wait, lasts, arrives, count in asked:
        moment += timedelta(milliseconds=wait)
        # While a call is under way, it is reckoned with the latest end that it can have.
        known = [limits.Use(end if end <= moment else moment + timedelta(seconds=25), n) for end, n in uses]
        free = limits.room(known, limit, moment)
        if not free:
            later = limits.room_at(known, limit, moment)
            assert later > moment
            assert limits.room(known, limit, later) >= 1
            assert limits.room(known, limit, later - timedelta(microseconds=1)) == 0
            continue
        size = min(count, free)
        uses.append((moment + timedelta(milliseconds=lasts), size))
        arrivals += [moment + timedelta(milliseconds=min(arrives, lasts))] * size
    arrivals.sort()
    for window in limit:
        for index, at in enumerate(arrivals):
            assert bisect.bisect_left(arrivals, at + window.length) - index <= window.most


def test_quiet_hours_end_when_they_say():
    zone = ZoneInfo("Asia/Shanghai")
    evening, night, morning = (datetime(2026, 8, 10, hour, 30, tzinfo=zone) for hour in (22, 3, 9))
    assert limits.quiet_until(evening, clock(22), clock(8)) == datetime(2026, 8, 11, 8, tzinfo=zone)
    assert limits.quiet_until(night, clock(22), clock(8)) == datetime(2026, 8, 10, 8, tzinfo=zone)
    assert limits.quiet_until(morning, clock(22), clock(8)) is None
    assert limits.quiet_until(night, clock(1), clock(5)) == datetime(2026, 8, 10, 5, tzinfo=zone)


def drain() -> None:
    while engine.send_due(urgent=False, limit=1):
        pass


@pytest.mark.django_db
def test_it_sends_what_fits_and_is_due_when_there_is_room(limited, simulator, launched, fast_forward):
    gateway = limited(per_minute=20)
    launched(50)
    drain()
    assert states() == {"sent": 20, "queued": 30}
    ended = min(Attempt.objects.values_list("counts_until", flat=True))
    gateway.refresh_from_db()
    assert gateway.bulk_room_at == ended + timedelta(minutes=1)
    assert due.notices.next_due() == gateway.bulk_room_at
    fast_forward(seconds=(gateway.bulk_room_at - now()).total_seconds() - 0.5)
    drain()
    assert states()["sent"] == 20
    fast_forward(seconds=0.6)
    drain()
    assert states() == {"sent": 40, "queued": 10}
    fast_forward(seconds=61)
    drain()
    assert states() == {"sent": 50}
    assert simulator.ledger()["repeated"] == {"keys": [], "numbers": []}


@pytest.mark.django_db
def test_urgent_messages_go_ahead(limited, launched, texts, fast_forward):
    gateway = limited(per_minute=5)
    launched(30)
    drain()
    texts(3)
    assert send_due_staff(9) == 0
    gateway.refresh_from_db()
    fast_forward(seconds=(gateway.room_at - now()).total_seconds() + 0.01)
    drain()
    assert send_due_staff(9) == 3
    assert Message.objects.filter(batch=None, state="sent").count() == 3
    assert Message.objects.filter(state="sent").count() == 10


@pytest.mark.django_db
def test_a_test_waits_for_its_own_gateway_only(limited, texts, make_user):
    from accounts.models import ContactPoint

    full, free = limited(per_minute=1), limited(name="备用", priority=2)
    boss = make_user("boss", Role.ADMINISTRATOR)
    ContactPoint.objects.create(user=boss, channel="sms", address="+8613800000009")
    texts(1)
    send_due_staff(9)
    tests = [try_gateway(gateway_id=row.pk, by=user_actor(boss)) for row in (full, free)]
    for _time in range(3):
        send_due_staff(9)
    assert [Message.objects.get(pk=one.pk).state for one in tests] == ["queued", "sent"]
    waiting = Chunk.objects.get(through=full)
    assert waiting.due_at == Attempt.objects.get(gateway=full).counts_until + timedelta(minutes=1)
    assert send_due_staff(9) == 0


@pytest.mark.django_db
def test_without_limits_nothing_is_counted(limited, launched):
    gateway = limited()
    launched(150)
    drain()
    assert states() == {"sent": 150}
    assert set(Attempt.objects.values_list("gateway", "counts_until")) == {(gateway.pk, None)}
    gateway.refresh_from_db()
    assert (gateway.room_at, gateway.bulk_room_at, NumberUse.objects.count()) == (None, None, 0)


@pytest.mark.django_db
def test_a_number_gets_so_many_a_day(limited, simulator, texts, fast_forward):
    limited(per_number_day=2)
    texts(4, destination="13800000001")
    send_due_staff(9)
    assert states() == {"sent": 2, "queued": 2}
    assert set(Message.objects.filter(state="queued").values_list("code", flat=True)) == {"number_limit"}
    assert "13800000001" not in str(list(NumberUse.objects.values()))
    first = Attempt.objects.order_by("id")[0].started_at
    assert set(Chunk.objects.filter(state="due").values_list("due_at", flat=True)) == {first + timedelta(days=1)}
    fast_forward(seconds=86_400)
    send_due_staff(9)
    assert states() == {"sent": 4}


@pytest.mark.django_db
def test_a_refused_call_takes_nothing_off_the_day(limited, simulator, texts, fast_forward):
    limited(per_number_day=1)
    texts(1)
    simulator.control(throttle=1)
    send_due_staff(9)
    simulator.control(throttle=0)
    fast_forward(seconds=30)
    send_due_staff(9)
    assert states() == {"sent": 1}


def be_quiet(limited) -> datetime:
    """A gateway in whose quiet hours we are; when they end."""
    local = now().astimezone(ZoneInfo("Asia/Shanghai"))
    end = (local + timedelta(hours=2)).replace(second=0, microsecond=0)
    limited(quiet_from=(local - timedelta(hours=1)).time(), quiet_until=end.time())
    return end


@pytest.mark.django_db
def test_an_urgent_batch_passes_quiet_hours(limited, launched):
    be_quiet(limited)
    launched(20, urgent=True)
    drain()
    assert states() == {"sent": 20}


@pytest.mark.django_db
def test_quiet_hours_keep_bulk_but_not_what_is_urgent(limited, launched, texts, commander, fast_forward):
    end = be_quiet(limited)
    batch = launched(20)
    texts(1)
    drain()
    send_due_staff(9)
    assert states() == {"queued": 20, "sent": 1}
    assert set(Chunk.objects.filter(state="due").values_list("due_at", flat=True)) == {end}
    pause_batch(batch_id=batch.pk, by=commander)
    fast_forward(hours=2)
    drain()
    assert states()["queued"] == 20


@pytest.mark.django_db(transaction=True)
def test_many_workers_never_exceed_the_limit(limited, simulator, launched):
    """Real connections against the ledger's own clock: four workers, seven a second."""
    limited(per_second=7)
    launched(22)
    simulator.control(latency=0.03)

    def work() -> None:
        end = time.monotonic() + 30
        while Message.objects.filter(state="queued").exists() and time.monotonic() < end:
            if not engine.send_due(urgent=False, limit=1):
                time.sleep(0.02)

    # A chunk for each message, so that there is something to do for every worker.
    batch_id, moment = Chunk.objects.values_list("batch", "due_at")[0]
    Chunk.objects.all().delete()
    Chunk.objects.bulk_create(
        Chunk(
            batch_id=batch_id,
            template_id=words,
            channel="sms",
            state="due",
            due_at=moment,
            first=pk,
            last=pk,
            size=1,
        )
        for pk, words in Message.objects.values_list("pk", "template")
    )
    all_done(*[work] * int(os.environ.get("FENGHUO_LIMIT_WORKERS") or 4))
    times = sorted(simulator.get("/ledger?all=1")["times"])
    assert len(times) == 22
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[7:], strict=False))
