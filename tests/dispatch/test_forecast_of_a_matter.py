"""The forecast as it is read from the tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from accounts.actors import SYSTEM
from dispatch.models import HourlyThroughput, LaneClosure, Promotion, Warehouse, WarehouseClosure
from dispatch.operations import apply_waves, approve_run
from dispatch.queries.forecast import forecast, promoted
from journal.clock import now
from tests.dispatch.rerouting import solved_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def weeks(db):
    """weeks(4): as many of 100 delivered orders an hour, up to the hour under way."""

    def make(count: float, orders: int = 100) -> None:
        end = now().replace(minute=0, second=0, microsecond=0)
        hours = range(round(count * 168), 0, -1)
        HourlyThroughput.objects.bulk_create(
            HourlyThroughput(hour=end - timedelta(hours=number), orders=orders) for number in hours
        )

    Promotion.objects.all().delete()
    return make


def test_nothing_broke_nothing_is_forecast(db):
    assert forecast("incident:1") is None


def test_too_little_history_says_what_it_has(make_orders, weeks):
    weeks(3 / 7)
    make_orders(2)
    solved_run()
    found = forecast("incident:1")
    assert (found.lacking, found.points, found.recovers_at) == (3.0, [], None)


def test_a_reroute_brings_the_recovery_forward(make_orders, weeks):
    weeks(5)
    Warehouse.objects.update(daily_capacity=3_000)
    make_orders(3)
    make_orders(1, prefix="B", warehouse="W02", region="310100")
    run = solved_run()
    found = forecast("incident:1")
    assert found.planned_lost == 0.75
    assert found.run_id == run.pk
    assert found.recovers_without is None
    assert found.in_time
    # 100 an hour are normal, and the back-test knows it exactly, as does "same as last week".
    assert (found.back_test.error, found.back_test.naive) == (0, 0)
    ahead = [point for point in found.points if point.expected is not None]
    assert ahead[0].normal == 100
    assert ahead[0].without == pytest.approx(25)
    assert found.peak.backlog > 75
    assert len(ahead) >= 24
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    assert forecast("incident:1").in_time


def test_what_was_delivered_since_corrects_it(make_orders, weeks):
    weeks(5)
    Warehouse.objects.update(daily_capacity=3_000)
    make_orders(3)
    make_orders(1, prefix="B", warehouse="W02", region="310100")
    solved_run()
    LaneClosure.objects.update(closed_at=now() - timedelta(hours=8))
    since = now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=8)
    HourlyThroughput.objects.filter(hour__gte=since).update(orders=60)
    found = forecast("incident:1")
    assert found.lost == pytest.approx(0.4)
    over = [point for point in found.points if point.delivered is not None and point.hour >= since]
    assert over[-1].backlog == pytest.approx(8 * 40)


def test_a_promotion_ahead_brings_its_factor(db):
    Promotion.objects.all().delete()
    Promotion.objects.create(name="双11", first_month=11, first_day=10, last_month=11, last_day=11, factor=3.5)
    begin = datetime(2026, 11, 9, 12, tzinfo=ZoneInfo("Asia/Shanghai"))
    factors = promoted(begin, 72)
    assert list(factors[:12]) == [1] * 12
    assert list(factors[12:60]) == [3.5] * 48
    assert list(factors[60:]) == [1] * 12


def test_an_expected_end_brings_it_back_by_itself(make_orders, weeks):
    weeks(5)
    Warehouse.objects.update(daily_capacity=3_000)
    make_orders(3)
    solved_run()
    end = now() + timedelta(hours=10)
    for model in (LaneClosure, WarehouseClosure):
        model.objects.update(expected_until=end)
    found = forecast("incident:1")
    assert found.recovers_without is not None
    assert abs((found.recovers_without - end).total_seconds()) < 7200
