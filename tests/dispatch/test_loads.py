"""What pages show of many orders is what counting them now would show, as of when they were counted."""

from collections import Counter
from datetime import timedelta

import pytest

from dispatch import due
from dispatch.models import LoadCount, NetworkLoad, Order
from dispatch.operations import count_loads
from dispatch.operations.loads import claim_count, next_count
from dispatch.queries import impact, loads
from dispatch.queries.network_use import use_today
from dispatch.scope import Scope
from journal import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def many(make_orders, monkeypatch):
    """A network whose orders are too many to be counted by a page."""
    make_orders(4)
    make_orders(3, prefix="N", region="330200", warehouse="W02", carrier="JD")
    make_orders(2, prefix="D", state="dispatched")
    make_orders(1, prefix="L")
    make_orders(1, prefix="H", state="held")
    make_orders(1, prefix="U", warehouse=None, carrier=None)
    Order.objects.filter(external_id__startswith="L").update(planned_on=clock.now().date() + timedelta(days=2))
    Order.objects.filter(external_id="D1").update(dispatched_at=clock.now() - timedelta(days=3))
    monkeypatch.setattr(
        "dispatch.queries.loads.HOW_MANY", "SELECT 5000000, (SELECT counted_at FROM dispatch_loadcount)"
    )


def figures():
    load = loads.loads()
    return Counter(load.ways), use_today(clock.now(), load), impact(Scope(warehouses=("W02",))).by_region


def test_it_shows_what_counting_now_would_show(many):
    live = figures()
    assert impact(Scope()).open_orders == 9
    assert count_loads(attempt=claim_count())
    kept = loads.loads()
    assert kept.counted_at == LoadCount.objects.get().counted_at
    assert figures() == live
    assert kept.sums("warehouse", "leaving") == {"W01": 5, "W02": 3, None: 1}
    assert kept.sums("carrier", "open")["SF"] == 5


def test_it_says_of_when_the_figures_are(many, make_orders):
    count_loads(attempt=claim_count())
    make_orders(5, prefix="X", warehouse="W02", carrier="JD", region="330200")
    hit = impact(Scope(warehouses=("W02",)))
    assert (hit.orders, hit.counted_at) == (3, LoadCount.objects.get().counted_at)


def test_it_counts_anew_when_due_and_only_then(many):
    assert next_count() <= clock.now()
    count_loads(attempt=claim_count())
    assert next_count() > clock.now()
    assert claim_count() is None
    LoadCount.objects.update(due_at=clock.now())
    assert count_loads(attempt=claim_count())


def test_it_counts_more_rarely_the_longer_it_takes(many, monkeypatch):
    watch = iter([0.0, 6.0])
    monkeypatch.setattr("dispatch.operations.loads.time.perf_counter", lambda: next(watch))
    count_loads(attempt=claim_count())
    assert next_count() - clock.now() > timedelta(seconds=110)


def test_it_keeps_no_count_that_was_overtaken(many):
    first = claim_count()
    LoadCount.objects.update(lease_until=clock.now())
    second = claim_count()
    assert not count_loads(attempt=first)
    assert not NetworkLoad.objects.exists()
    assert count_loads(attempt=second)


def test_it_counts_few_orders_whenever_somebody_asks(make_orders):
    make_orders(2)
    assert next_count() is None
    assert loads.loads().counted_at is None


def test_it_hands_the_counting_to_a_worker(many, monkeypatch):
    hinted = []
    monkeypatch.setattr(due.hints, "publish", lambda task, **ids: hinted.append((task.name, ids)))
    assert (due.have_loads_counted(), due.have_loads_counted()) == (1, 0)
    assert hinted == [("dispatch.count_loads", {"attempt": 1})]
