"""/healthz and /health/engine tell the truth: red without a clock, red when something due is left lying."""

from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from journal import clock
from journal.clock import Clock, Source

pytestmark = pytest.mark.django_db


@pytest.fixture
def engine(client, monkeypatch):
    """engine(source, …) → what /health/engine answers with these sources."""

    def ask(*sources):
        monkeypatch.setattr("config.watchdog.all_sources", lambda: list(sources))
        answer = client.get(reverse("health_engine"))
        return answer.status_code, answer.json()

    return ask


def due(seconds_ago, **extra):
    at = clock.now() - timedelta(seconds=seconds_ago)
    return Source("deadlines", lambda: 0, lambda: at, **extra)


def test_the_web_process_is_healthy_with_its_database(client):
    answer = client.get(reverse("healthz"))
    assert (answer.status_code, answer.json()["status"]) == (200, "ok")


def test_it_is_red_without_a_clock(engine):
    status, figures = engine()
    assert (status, figures["status"], figures["clocks"]) == (503, "sick", 0)


def test_it_is_green_with_a_beating_clock(engine):
    Clock("test", []).beat()
    status, figures = engine(due(1), due(-60))
    assert (status, figures["late"]) == (200, {})
    assert figures["newest_beat_seconds"] < 15


def test_it_is_red_when_the_only_clock_stopped(engine):
    Clock("test", []).beat()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_clockbeat SET beat_at = beat_at - interval '16 seconds'")
    assert engine()[0] == 503


def test_it_is_red_when_a_due_row_is_left_lying(engine):
    Clock("test", []).beat()
    status, figures = engine(due(11))
    assert status == 503
    assert 10 < figures["late"]["deadlines"] < 60


def test_work_that_may_wait_is_never_red(engine):
    Clock("test", []).beat()
    assert engine(due(3600, red_after=None))[0] == 200
    assert engine(due(30, red_after=60))[0] == 200


def test_every_source_of_the_house_can_be_asked(client):
    """The real list: each source's next due time is a query that runs."""
    Clock("test", []).beat()
    answer = client.get(reverse("health_engine"))
    assert answer.status_code == 200, answer.json()
