"""Events reach systems outside: signed, retried, never twice as two."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from accounts.actors import NotAllowed
from journal.models import Entry, Installation
from notifications import events, signing
from notifications.engine import webhooks as engine
from notifications.models import Message, WebhookDelivery, WebhookEndpoint
from notifications.operations import (
    WebhookFacts,
    create_webhook,
    disable_webhook,
    enable_webhook,
    replay_delivery,
    replay_webhook,
    rotate_webhook_secret,
    send_event,
    try_webhook,
)
from notifications.operations.events import EventOutsideTransaction
from notifications.operations.webhooks import BadWebhook
from notifications.transports.webhook import Answered
from tests.notifications.listening import Listener

pytestmark = pytest.mark.django_db
real = pytest.mark.django_db(transaction=True)  # for what several connections see
HELLO, OTHER = "test.hello", "test.other"


@pytest.fixture(autouse=True)
def kinds(monkeypatch):
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    monkeypatch.setattr(events, "KINDS", {**events.KINDS, HELLO: "hello", OTHER: "other"})
    # The operation looked its dictionary up by name.
    monkeypatch.setattr("notifications.operations.events.KINDS", events.KINDS)


@pytest.fixture
def listen():
    listeners: list[Listener] = []

    def make(**how) -> Listener:
        listeners.append(Listener(**how))
        return listeners[-1]

    yield make
    for listener in listeners:
        listener.stop()


@pytest.fixture
def hook(administrator):
    def make(listener: Listener, **facts) -> tuple[WebhookEndpoint, str]:
        fields = {"url": listener.url, "description": "Order system", **facts}
        return create_webhook(facts=WebhookFacts(**fields), by=administrator)

    return make


def tell(key: str = "a", kind: str = HELLO, **extra) -> int:
    with transaction.atomic():
        return send_event(kind=kind, payload={"orders": 3}, key=key, **extra)


def only() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


def test_an_event_arrives_once_and_signed(listen, hook):
    listener = listen()
    _endpoint, secret = hook(listener)
    assert tell() == 1
    assert tell() == 0, "the same key tells nobody twice"
    assert engine.send_due() == 1
    headers, body = listener.heard[0]
    signing.verify(secret, headers, body, now=int(headers["webhook-timestamp"]))
    assert listener.told() == [{"type": HELLO, "timestamp": only().happened_at.isoformat(), "data": {"orders": 3}}]
    assert (only().state, only().status, only().response, only().tries) == ("delivered", 200, "thanks", 1)
    assert engine.send_due() == 0
    assert len(listener.heard) == 1


def test_only_wanted_events_are_told_and_none_of_an_exercise(listen, hook):
    hook(listen(), kinds=[OTHER])
    assert tell() == 0
    assert tell(kind=OTHER, exercise=7) == 0
    assert tell(kind=OTHER) == 1


@real
def test_an_event_vanishes_with_its_transaction(listen, hook):
    hook(listen())
    with pytest.raises(EventOutsideTransaction):
        send_event(kind=HELLO, payload={}, key="a")
    with transaction.atomic():
        send_event(kind=HELLO, payload={}, key="a")
        transaction.set_rollback(True)
    assert not WebhookDelivery.objects.exists()


def test_both_secrets_sign_while_a_rotation_lasts(listen, hook, administrator, fast_forward):
    listener = listen()
    endpoint, old = hook(listener)
    endpoint, new = rotate_webhook_secret(endpoint_id=endpoint.pk, by=administrator, overlap_hours=2)
    tell("a")
    engine.send_due()
    fast_forward(hours=3)
    tell("b")
    engine.send_due()
    (first, body), (second, later) = listener.heard
    for secret in (old, new):
        signing.verify(secret, first, body, now=int(first["webhook-timestamp"]))
    signing.verify(new, second, later, now=int(second["webhook-timestamp"]))
    with pytest.raises(signing.BadSignature):
        signing.verify(old, second, later, now=int(second["webhook-timestamp"]))
    assert old not in connection_dump(), "secrets are sealed"


def connection_dump() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(e::text, '') FROM notifications_webhookendpoint e")
        return cursor.fetchone()[0]


def test_a_failure_is_tried_again_with_the_same_id_until_the_waits_are_used_up(listen, hook, fast_forward):
    listener = listen(status=500, body=b"x" * 10_000)
    hook(listener, retries=[60, 600])
    tell()
    engine.send_due()
    assert (only().state, only().status, len(only().response)) == ("due", 500, 500)
    assert engine.send_due() == 0, "not before its time"
    fast_forward(seconds=75)
    engine.send_due()
    fast_forward(seconds=600)
    assert engine.send_due() == 0, "the second wait is longer, with some chance in it"
    fast_forward(seconds=150)
    engine.send_due()
    assert (only().state, only().tries) == ("failed", 3)
    assert len({headers["webhook-id"] for headers, _body in listener.heard}) == 1


def test_a_receiver_that_asks_for_time_gets_it(listen, hook, fast_forward):
    listener = listen(answer=lambda number: 503 if number == 1 else 204, headers={"Retry-After": "900"})
    hook(listener, retries=[5])
    tell()
    engine.send_due()
    fast_forward(seconds=890)
    assert engine.send_due() == 0
    fast_forward(seconds=300)
    engine.send_due()
    assert only().state == "delivered"


def test_redirects_are_not_followed(listen, hook):
    target = listen()
    hook(listen(status=302, headers={"Location": target.url}))
    tell()
    engine.send_due()
    assert (only().status, only().problem, target.heard) == (302, "redirect", [])


def test_who_says_gone_is_disabled_and_the_administrator_told(listen, hook, administrator):
    endpoint, _secret = hook(listen(status=410))
    tell()
    engine.send_due()
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_for) == ("disabled", "gone")
    letter = Message.objects.get(template__code="webhook_disabled", channel="in_app")
    assert letter.user_id == administrator.user_id
    assert "Order system" in letter.body
    assert Entry.objects.filter(kind="webhook.disabled", subject=f"webhook:{endpoint.pk}").count() == 1
    tell("b")
    assert engine.send_due() == 0
    assert WebhookDelivery.objects.filter(state="held").count() == 2


def test_who_fails_for_too_long_is_disabled_and_gets_what_was_held_when_mended(
    listen, hook, administrator, fast_forward
):
    listener = listen(status=500)
    endpoint, _secret = hook(listener, retries=[60] * 20, patience_hours=1)
    tell()
    for _round in range(engine.FEWEST_FAILURES):
        engine.send_due()
        fast_forward(minutes=20)
    endpoint.refresh_from_db()
    assert (endpoint.state, endpoint.disabled_for) == ("disabled", "failing")
    listener.status = 200
    tell("b")
    enable_webhook(endpoint_id=endpoint.pk, by=administrator, with_held=True)
    engine.send_due()
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since) == (0, None)
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_a_success_forgives(listen, hook, fast_forward):
    listener = listen(answer=lambda number: 500 if number < 3 else 200)
    endpoint, _secret = hook(listener, retries=[1] * 5)
    tell()
    for _round in range(3):
        engine.send_due()
        fast_forward(seconds=5)
    endpoint.refresh_from_db()
    assert (only().state, endpoint.failures, endpoint.failing_since) == ("delivered", 0, None)


@real
def test_a_slow_endpoint_does_not_delay_another(listen, hook):
    slow = listen(release=threading.Event())
    fast = listen()
    hook(slow, kinds=[HELLO])
    hook(fast, kinds=[OTHER])
    for number in range(20):
        tell(f"h{number}")
        tell(f"o{number}", kind=OTHER)
    sender = threading.Thread(target=send_and_close)
    sender.start()
    fast.until(20)
    assert len(slow.heard) == engine.AT_ONCE, "its other calls wait for those that are under way"
    slow.release.set()
    sender.join(30)
    assert WebhookDelivery.objects.filter(state="delivered").count() == 40


def send_and_close() -> None:
    try:
        engine.send_due()
    finally:
        connection.close()


def test_a_killed_worker_is_repeated_with_the_same_id(listen, hook, fast_forward):
    listener = listen()
    hook(listener)
    tell()
    turn = engine.Turn(5)
    (claimed,) = turn.claim()
    assert engine.send_due() == 0, "a living lease is respected"
    answered = engine.perform(claimed.endpoint.url, engine.body_of(claimed), {"webhook-id": claimed.event_id})
    # Here it dies, before it could write anything down.
    fast_forward(seconds=engine.LEASE.total_seconds() + 1)
    engine.send_due()
    assert [headers["webhook-id"] for headers, _body in listener.heard] == [claimed.event_id] * 2
    assert (only().state, only().attempts) == ("delivered", 2)
    engine.record(claimed, Answered(500))
    assert only().state == "delivered", "the one whose lease ran out changes nothing"
    assert answered.taken


@real
def test_two_senders_at_once_send_once(listen, hook):
    listener = listen()
    hook(listener)
    for number in range(30):
        tell(str(number))
    threads = [threading.Thread(target=send_and_close) for _number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(listener.heard) == len({headers["webhook-id"] for headers, _body in listener.heard}) == 30


def test_nothing_leaves_a_restored_copy(listen, hook):
    listener = listen()
    hook(listener)
    tell()
    Installation.objects.update_or_create(id=1, defaults={"send_hold": True, "time_offset": timedelta()})
    assert engine.send_due() == 0
    assert not listener.heard
    Installation.objects.update(send_hold=False)
    assert engine.send_due() == 1


def test_a_replay_sends_what_did_not_arrive_or_all_under_its_first_id(listen, hook, administrator):
    listener = listen(status=500)
    endpoint, _secret = hook(listener, retries=[])
    tell("a")
    engine.send_due()
    listener.status = 200
    tell("b")
    engine.send_due()
    moment = only_of("b").happened_at
    span = {"since": moment - timedelta(hours=1), "until": moment + timedelta(hours=1)}
    assert replay_webhook(endpoint_id=endpoint.pk, by=administrator, **span) == 1
    engine.send_due()
    assert replay_webhook(endpoint_id=endpoint.pk, by=administrator, **span) == 0
    assert replay_webhook(endpoint_id=endpoint.pk, by=administrator, everything=True, **span) == 2
    engine.send_due()
    replay_delivery(delivery_id=only_of("a").pk, by=administrator)
    engine.send_due()
    ids = [headers["webhook-id"] for headers, _body in listener.heard]
    assert len(ids) == 6
    assert len(set(ids)) == 2


def only_of(key: str) -> WebhookDelivery:
    from notifications.operations.events import event_id

    return WebhookDelivery.objects.get(event_id=event_id(key))


def test_a_test_event_arrives_whatever_is_wanted(listen, hook, administrator):
    listener = listen()
    endpoint, _secret = hook(listener, kinds=[OTHER])
    try_webhook(endpoint_id=endpoint.pk, by=administrator)
    engine.send_due()
    assert listener.told()[0]["type"] == events.TEST


def test_only_administrators_manage_them(listen, hook, commander):
    endpoint, _secret = hook(listen())
    for act in (disable_webhook, enable_webhook, rotate_webhook_secret, try_webhook):
        with pytest.raises(NotAllowed):
            act(endpoint_id=endpoint.pk, by=commander)


@pytest.mark.parametrize(
    "url",
    [
        "https://10.1.2.3/x",
        "http://169.254.169.254/latest",
        "https://[::1]/",
        "https://[::ffff:10.0.0.1]/",
        "https://user:pass@example.com/",
        "ftp://example.com/",
        "https:///x",
        "http://93.184.216.34/plain",
    ],
)
def test_addresses_inside_are_refused(url, administrator):
    with pytest.raises(BadWebhook):
        create_webhook(facts=WebhookFacts(url=url, description="x"), by=administrator)


def test_a_name_that_leads_inside_is_not_called(hook, listen, monkeypatch):
    """The check is made on the address that is connected to, whenever the name is resolved."""
    listener = listen()
    hook(listener)
    WebhookEndpoint.objects.update(url=listener.url.replace("127.0.0.1", "localhost"))
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "")
    tell()
    engine.send_due()
    assert (only().problem, only().state, listener.heard) == ("private_address", "due", [])


def test_a_secret_of_another_installation_is_said_to_be_lost(hook, listen, settings):
    hook(listen())
    tell()
    settings.SECRET_KEY = "another"
    engine.send_due()
    assert only().problem == "secret_lost"


@real
def test_the_clock_sends_while_the_broker_is_away(listen, hook, fast_forward, monkeypatch):
    from notifications import due

    listener = listen()
    hook(listener)
    tell()
    fast_forward(seconds=2)

    def away(_task):
        raise OSError

    monkeypatch.setattr(due, "hints_waiting", away)
    due.webhooks.run()
    assert due.webhooks.thread is not None
    due.webhooks.thread.join(20)
    assert len(listener.heard) == 1
