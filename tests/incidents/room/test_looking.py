"""What changed since a person last looked."""

from __future__ import annotations

import pytest

from accounts.actors import NotAllowed
from incidents import operations
from incidents.models import LastLook
from incidents.queries import changes_since
from journal.models import Entry

pytestmark = pytest.mark.django_db


def newest(incident) -> int:
    return Entry.objects.filter(subject=incident.reference).latest("id").pk


def test_the_first_look_has_nothing_to_compare_with(running, commander):
    assert changes_since(running(), commander) is None


def test_it_counts_what_others_did_since(running, duty_officer, commander):
    incident = running(level=3)
    operations.mark_seen(incident_id=incident.pk, by=commander)
    assert changes_since(incident, commander).count == 0
    operations.raise_level(incident_id=incident.pk, level=2, by=duty_officer)
    operations.log_entry(incident_id=incident.pk, text="mine", by=commander)
    incident.refresh_from_db()
    found = changes_since(incident, commander)
    kinds = [row["entry"].kind for row in found.rows]
    assert "incident.level_raised" in kinds
    assert "decision.logged" not in kinds
    assert found.count == len(found.rows)
    assert found.newest == newest(incident)
    assert any("Ⅱ" in note for note in found.highlights)


def test_it_names_what_was_missed(running, commander, fast_forward, run_clock):
    incident = running(level=3)
    operations.mark_seen(incident_id=incident.pk, by=commander)
    fast_forward(minutes=16)
    run_clock()
    found = changes_since(incident, commander)
    assert found.overdue == Entry.objects.filter(subject=incident.reference, kind="deadline.missed").count() > 0
    assert not any(row["entry"].kind == "notice.queued" for row in found.rows)


def test_the_mark_never_goes_back(running, commander):
    incident = running()
    latest = newest(incident)
    operations.mark_seen(incident_id=incident.pk, entry=latest, by=commander)
    operations.mark_seen(incident_id=incident.pk, entry=latest - 2, by=commander)
    assert LastLook.objects.get().entry == latest


def test_a_mark_beyond_the_end_is_the_end(running, commander):
    incident = running()
    assert operations.mark_seen(incident_id=incident.pk, entry=10**30, by=commander).entry == newest(incident)


def test_a_key_looks_at_nothing(running, api):
    from accounts.actors import SYSTEM

    with pytest.raises(NotAllowed):
        operations.mark_seen(incident_id=running().pk, by=SYSTEM)
