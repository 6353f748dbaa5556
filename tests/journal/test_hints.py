"""A hint is only a hint: a broker that is away never turns a committed write into an error."""

import pytest
from celery import Celery
from django.db import transaction

from journal import hints

GONE = "redis://127.0.0.1:1/0"


@pytest.fixture
def task():
    """A task of an application whose broker cannot be reached."""
    app = Celery("lonely", broker=GONE, set_as_current=False)
    app.conf.broker_transport_options = {"socket_connect_timeout": 0.5}
    app.conf.task_publish_retry_policy = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}

    @app.task(name="test.look")
    def look(row_id: int) -> None: ...

    return look


def test_publishing_tells_that_the_broker_is_away(task):
    assert hints.publish(task, row_id=1) is False


@pytest.mark.django_db(transaction=True)
def test_a_nudge_without_a_broker_leaves_the_write_committed(task):
    from journal.models import ReaderCursor

    with transaction.atomic():
        ReaderCursor.objects.create(name="kept")
        hints.nudge(task, row_id=1)
    assert ReaderCursor.objects.filter(name="kept").exists()


@pytest.mark.django_db
def test_a_nudge_waits_for_the_commit(task, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        hints.nudge(task, row_id=1)
    assert len(callbacks) == 1
