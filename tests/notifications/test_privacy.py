"""A number that appears nowhere it should not: logs, Redis, journal, task arguments, the gateway's errors."""

import pytest
from django.conf import settings
from redis import Redis

from journal.models import Entry
from notifications import tasks
from notifications.models import Attempt
from notifications.operations import send_due_staff

CANARY = "13877665544"


@pytest.mark.django_db(transaction=True)
def test_a_canary_number_stays_in_its_table(simulator, texts, launched, caplog):
    from notifications.models import Message

    texts(1, destination=CANARY)
    launched(20)
    Message.objects.filter(key="notice:5").update(destination=CANARY)
    for share in ({"throttle": 1}, {"throttle": 0, "error": 1}, {"error": 0, "late_error": 1}):
        simulator.control(**share)
        tasks.send_staff_messages()
        tasks.send_chunk()
        send_due_staff(1)
    for database in (0, 1):
        redis = Redis.from_url(settings.REDIS_URL, db=database)
        for key in redis.scan_iter():
            kind = redis.type(key)
            value = redis.lrange(key, 0, -1) if kind == b"list" else redis.hgetall(key) if kind == b"hash" else b""
            assert CANARY not in str(key) + str(value)
    assert CANARY not in caplog.text
    assert CANARY not in str(list(Entry.objects.values()))
    assert CANARY not in str(list(Attempt.objects.values()))
