"""A number that appears nowhere it should not: logs, Redis, journal, task arguments, the gateway's errors."""

import pytest
from django.conf import settings
from redis import Redis

from journal.models import Entry
from notifications import tasks
from notifications.models import Attempt, Message, NumberUse
from notifications.operations import send_due_staff
from tests.notifications.providers import ALIYUN, TENCENT

CANARY = "13877665544"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("provider", [None, ALIYUN, TENCENT], ids=["environment", "aliyun", "tencent"])
def test_a_canary_number_stays_in_its_table(gateway, texts, launched, caplog, provider, simulator):  # noqa: PLR0917
    """Whoever sends, whatever goes wrong, with limits that count numbers."""
    if provider is not None:
        gateway(provider, per_number_day=3, per_minute=60)
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
    for rows in (Entry, Attempt, NumberUse):
        assert CANARY not in str(list(rows.objects.values()))
