"""Each message tells its whole life, hides its address, and forgets it in time."""

from datetime import timedelta

import pytest

from accounts.actors import NotAllowed, user_actor
from accounts.roles import Role
from journal.models import Entry
from notifications import operations
from notifications.history import history
from notifications.models import Attempt, Chunk, Message, Retention
from notifications.moves import move
from notifications.operations.privacy import BadRetention, BadViewReason, next_purge

pytestmark = pytest.mark.django_db


@pytest.fixture
def message(texts):
    return texts(1)[0]


@pytest.fixture
def desk(make_user):
    return user_actor(make_user("kefu", Role.CUSTOMER_SERVICE))


def travel(message, *states, code=""):
    chunk = Chunk.objects.get(first=message.pk)
    for state in states:
        move(chunk.pk, [message.pk], state, code=code if state == states[-1] else "")
    message.refresh_from_db()


def test_it_tells_every_move_with_its_cause(message):
    travel(message, "ambiguous", "sent", "failed", code="MK:0001")
    Attempt.objects.create(
        key="k",
        chunk=Chunk.objects.get(first=message.pk),
        channel="sms",
        message_ids=[message.pk],
        started_at=message.queued_at + timedelta(milliseconds=1),
        due_at=message.queued_at,
        outcome="accepted",
        code="OK",
    )
    found = [(event.what, event.state, event.code) for event in history(message)]
    assert [row for row in found if row[0] == "state"] == [
        ("state", "queued", ""),
        ("state", "ambiguous", ""),
        ("state", "sent", ""),
        ("state", "failed", "MK:0001"),
    ]
    assert ("call", "accepted", "OK") in found


def test_it_shows_the_address_only_for_a_reason(message, desk, commander, make_user):
    assert operations.unmask_message(message_id=message.pk, reason="complaint", by=desk) == message.destination
    entry = Entry.objects.get(kind="message.unmasked")
    assert (entry.payload["reason"], message.destination in str(entry.payload)) == ("view_reason:complaint", False)
    with pytest.raises(BadViewReason):
        operations.unmask_message(message_id=message.pk, reason="curious", by=desk)
    guest = user_actor(make_user("cang", Role.WAREHOUSE))
    with pytest.raises(NotAllowed):
        operations.unmask_message(message_id=message.pk, reason="complaint", by=guest)


def test_it_masks_on_page_and_in_rest(message, client, make_user, api):
    client.force_login(make_user("kefu", Role.CUSTOMER_SERVICE))
    page = client.get(f"/notifications/messages/{message.pk}/").content.decode()
    assert message.destination not in page
    shown = client.post(f"/notifications/messages/{message.pk}/unmask/", {"reason": "receipt"})
    assert message.destination in shown.content.decode()
    assert shown["Cache-Control"] == "no-store"
    rest = api("customer_service")
    found = rest.get(f"/api/v1/messages/{message.pk}").json()
    assert (found["state"], found["history"][0]["state"]) == ("queued", "queued")
    assert message.destination not in str(found)
    told = rest.post(f"/api/v1/messages/{message.pk}/unmask", {"reason": "receipt"})
    assert told.json() == {"destination": message.destination}


def test_it_forgets_after_its_days_and_keeps_the_journal_whole(message, texts, administrator, fast_forward):
    travel(message, "sent", "delivered")
    Chunk.objects.filter(first=message.pk).update(state="done")
    entries = Entry.objects.count()
    assert operations.purge_messages() == 0
    operations.set_retention(days=30, by=administrator)
    assert operations.purge_messages() == 0
    fast_forward(days=31)
    waiting = texts(2)[1]
    assert next_purge() <= Retention.objects.get().purge_at
    assert operations.purge_messages() == 1
    assert operations.purge_messages() == 0
    message.refresh_from_db()
    assert (message.destination, message.variables, message.body, message.state) == ("", {}, "", "delivered")
    assert Message.objects.get(pk=waiting.pk).destination
    assert history(message)[-1].state == "delivered"
    kinds = Entry.objects.order_by("-id").values_list("kind", flat=True)[: Entry.objects.count() - entries]
    assert "retention.purged" in kinds


@pytest.mark.parametrize("days", [0, -1, 3651])
def test_it_refuses_a_senseless_retention(administrator, days):
    with pytest.raises(BadRetention):
        operations.set_retention(days=days, by=administrator)
