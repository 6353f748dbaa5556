"""The judge of the long fault story sees what is wrong."""

import json

import pytest
from django.db import connection

from notifications import engine
from notifications.models import Attempt, Message
from tests.soak.judge import judge

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_judge_sees_what_was_taken_twice_or_not_at_all(simulator, launched, tmp_path):
    launched(30)
    while engine.send_due(urgent=False, limit=1):
        pass
    numbers = dict(Message.objects.values_list("pk", "destination"))
    calls = Attempt.objects.values_list("key", "message_ids")
    lines = [{"channel": "sms", "number": numbers[pk], "out_id": key} for key, ids in calls for pk in ids]
    foreign = {"channel": "sms", "number": "13700000000", "out_id": "x"}

    def judged(rows: list[dict[str, str]]) -> dict[str, int]:
        ledger = tmp_path / "ledger.jsonl"
        ledger.write_text("".join(json.dumps(row) + "\n" for row in rows))
        with connection.cursor() as cursor:
            return {name: count for name, count in judge(cursor, ledger).items() if count}

    try:
        assert judged(lines) == {}
        assert judged([*lines[1:], lines[5], foreign]) == {
            "taken more than once": 1,
            "sent without having been taken": 1,
            "taken for nobody": 1,
        }
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS ledger CASCADE; DROP INDEX IF EXISTS calls_by_message")
