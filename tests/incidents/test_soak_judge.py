"""The judge of the soak must be able to find something."""

import pytest
from django.db import connection

from tests.soak import checker

pytestmark = pytest.mark.django_db


def test_the_judge_sees_what_is_lost(running, fast_forward, run_clock):
    """A judge who never finds anything proves nothing: here nobody looks at the clock for a while."""
    running(level=3)
    fast_forward(minutes=20)
    with connection.cursor() as cursor:
        wrong = checker.judge(cursor)
        assert wrong["lost"] > 0
        assert wrong["calls unaccounted for"] > 0
        run_clock()
        assert not any(checker.judge(cursor).values())
        cursor.execute("UPDATE incidents_deadline SET due_at = due_at + interval '1 hour' WHERE state = 'missed'")
        assert checker.judge(cursor)["early"] > 0
