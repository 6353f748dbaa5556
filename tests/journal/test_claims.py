"""Rows that are jobs: claimed once at a time, again after a lease ran out, fenced by the attempt."""

from datetime import timedelta

import pytest
from django.db import connection, models

from journal import claims
from journal.clock import now
from journal.models import Leased
from tests.racing import all_done


class Job(Leased):
    """A table of this test's own."""

    done_by = models.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "journal"
        managed = False
        db_table = "test_job"


@pytest.fixture
def jobs(transactional_db):
    with connection.schema_editor() as editor:
        editor.create_model(Job)
    yield Job.objects.all()
    with connection.schema_editor() as editor:
        editor.delete_model(Job)


def add(count=1, **late):
    at = now() - timedelta(**late)
    return Job.objects.bulk_create([Job(due_at=at) for _ in range(count)])


LEASE = timedelta(seconds=30)


def test_it_claims_what_is_due_earliest_first(jobs):
    add(minutes=1)
    add(minutes=2)
    add(minutes=-1)
    claimed = claims.claim(jobs, lease=LEASE, limit=10)
    assert [job.attempts for job in claimed] == [1, 1]
    assert claimed[0].due_at < claimed[1].due_at
    assert claims.claim(jobs, lease=LEASE, limit=10) == []


def test_racing_workers_never_claim_the_same_row(jobs):
    add(200, seconds=1)
    taken = []

    def work():
        while claimed := claims.claim(Job.objects.all(), lease=LEASE, limit=3):
            taken.extend(job.pk for job in claimed)

    all_done(*[work] * 8)
    # A worker that finds only locked rows ends early; nothing may be taken twice, and one more sweep finds the rest.
    rest = claims.claim(jobs, lease=LEASE, limit=200)
    assert len(taken) == len(set(taken))
    assert len(taken) + len(rest) == 200
    assert set(jobs.values_list("attempts", flat=True)) == {1}


def test_a_lease_that_ran_out_is_claimed_again(jobs, fast_forward):
    add(seconds=1)
    (first,) = claims.claim(jobs, lease=LEASE)
    assert claims.next_due(jobs) == first.lease_until
    fast_forward(seconds=31)
    (second,) = claims.claim(jobs, lease=LEASE)
    assert (second.pk, second.attempts) == (first.pk, 2)


def test_the_attempt_fences_out_whoever_came_too_late(jobs, fast_forward):
    add(seconds=1)
    (slow,) = claims.claim(jobs, lease=LEASE)
    fast_forward(seconds=31)
    (quick,) = claims.claim(jobs, lease=LEASE)
    assert jobs.filter(pk=quick.pk, attempts=quick.attempts).update(done_by="quick") == 1
    assert jobs.filter(pk=slow.pk, attempts=slow.attempts).update(done_by="slow") == 0


def test_next_due_is_the_earliest_of_due_times_and_leases(jobs):
    assert claims.next_due(jobs) is None
    add(minutes=-5)
    later = claims.next_due(jobs)
    add(seconds=1)
    assert claims.next_due(jobs) < later
    (claimed,) = claims.claim(jobs, lease=timedelta(hours=1))
    assert claims.next_due(jobs) == later < claimed.lease_until
