"""Throughput against the same hour of the last four clean weeks."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.models import HourlyThroughput, Lane, LaneClosure, Promotion
from dispatch.queries import throughput

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def delivered(hour, orders, exercise=None):
    HourlyThroughput.objects.create(hour=hour, orders=orders, exercise=exercise)


def point(hour=NOON, **extra):
    (found,) = throughput(hour, hour + timedelta(hours=1), **extra)
    return found


def test_it_takes_the_median_of_four_weeks():
    for weeks, orders in [(1, 100), (2, 300), (3, 120), (4, 110), (5, 9999)]:
        delivered(NOON - weeks * WEEK, orders)
    delivered(NOON, 50)
    assert (point().orders, point().baseline) == (50, 115)


def test_it_skips_disturbed_weeks(network):
    for weeks, orders in [(1, 119), (2, 300), (3, 120), (4, 110), (5, 100)]:
        delivered(NOON - weeks * WEEK, orders)
    for lane in Lane.objects.all():
        LaneClosure.objects.create(
            lane=lane, reference="incident:1", closed_at=NOON - WEEK - timedelta(hours=5), opened_at=NOON - WEEK / 2
        )
    assert point().baseline == 115
    # A drill's closures disturb nothing.
    LaneClosure.objects.update(exercise=7)
    assert point().baseline == 119.5


def test_it_counts_silent_hours_as_none_delivered():
    delivered(NOON - 4 * WEEK, 100)
    delivered(NOON - WEEK, 50)
    assert [p.orders for p in throughput(NOON - timedelta(hours=2), NOON)] == [0, 0]
    assert point().baseline == 25  # of 50, 0, 0 … 100


def test_it_has_no_baseline_without_history():
    delivered(NOON, 5)
    assert point().baseline is None


def test_it_shows_an_exercise_its_own_hours():
    delivered(NOON, 5)
    delivered(NOON, 2, exercise=7)
    delivered(NOON + timedelta(hours=1), 6)
    assert [p.orders for p in throughput(NOON, NOON + timedelta(hours=2), exercise=7)] == [2, 6]
    assert [p.orders for p in throughput(NOON, NOON + timedelta(hours=2))] == [5, 6]


def test_it_leaves_promotions_out_while_other_weeks_are_known():
    """Singles' Day lies one week before 18 November."""
    Promotion.objects.all().delete()
    Promotion.objects.create(name="双11", first_month=11, first_day=10, last_month=11, last_day=11)
    hour = datetime(2026, 11, 18, 12, tzinfo=UTC)
    delivered(hour - WEEK, 900)
    assert point(hour).baseline == 900
    for weeks, orders in [(2, 100), (3, 120), (4, 110), (5, 90)]:
        delivered(hour - weeks * WEEK, orders)
    assert point(hour).baseline == 105
