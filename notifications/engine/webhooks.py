"""Sending events to systems outside: claimed rows, calls side by side, every answer written down by itself."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta

import structlog
from django.db import connection, transaction
from django.db.models import F, QuerySet

from journal import operations as journal
from journal.clock import now, wake
from notifications import queries, signing
from notifications.models import DeliveryState, DisabledFor, EndpointState, WebhookDelivery, WebhookEndpoint
from notifications.operations.disabling import disable
from notifications.sealing import Unreadable, unseal
from notifications.transports.webhook import Answered, post

log = structlog.get_logger()

# A slow or silent endpoint has four calls under way at most, one while it fails; others have their own.
AT_ONCE, AT_ONCE_FAILING, MOST_AT_ONCE = 4, 1, 48
LEASE = timedelta(seconds=40)  # longer than the longest call
TURN_SECONDS = 20.0  # then another task goes on, so that no worker process is kept for ever
LOOK_SECONDS = 0.25  # how often new rows are looked for while calls are under way
FEWEST_FAILURES = 5  # before an endpoint is disabled for failing, however long that took
JITTER = 0.2
SENDER = 72_041_121  # the advisory lock of the one sender

CLAIM = """
UPDATE notifications_webhookdelivery d SET lease_until = (SELECT fenghuo_now()) + %(lease)s::interval,
    attempts = d.attempts + 1
FROM (
    SELECT due.id FROM notifications_webhookendpoint e
    CROSS JOIN LATERAL (
        SELECT count(*) AS calls FROM notifications_webhookdelivery
        WHERE endpoint_id = e.id AND state = 'due' AND lease_until > (SELECT fenghuo_now())
    ) under_way
    CROSS JOIN LATERAL (
        SELECT id FROM notifications_webhookdelivery
        WHERE endpoint_id = e.id AND state = 'due' AND due_at <= (SELECT fenghuo_now())
            AND (lease_until IS NULL OR lease_until <= (SELECT fenghuo_now()))
        ORDER BY due_at, id
        LIMIT greatest(0, CASE WHEN e.failing_since IS NULL THEN %(calls)s ELSE %(failing)s END - under_way.calls)
        FOR NO KEY UPDATE SKIP LOCKED
    ) due
    WHERE e.state = 'active' ORDER BY random() LIMIT %(free)s
) claimed
WHERE d.id = claimed.id AND d.state = 'due'
RETURNING d.id
"""


def due_deliveries() -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(state=DeliveryState.DUE, endpoint__state=EndpointState.ACTIVE)


@contextmanager
def alone() -> Iterator[bool]:
    """Whether this process may send now. The lock is the session's: a killed sender frees it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [SENDER])
        held = bool(cursor.fetchone()[0])
        try:
            yield held
        finally:
            if held:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [SENDER])


def send_due(*, seconds: float = TURN_SECONDS) -> int:
    """Send what is due and what falls due meanwhile, for `seconds` at most; return how many calls were made.

    One process sends at a time, another returns at once. Nothing is sent while sending is held.
    """
    with alone() as held:
        return Turn(seconds).run() if held else 0


def more_due() -> bool:
    from journal import claims

    return not queries.send_held() and claims.due(due_deliveries()).exists()


def body_of(delivery: WebhookDelivery) -> bytes:
    """The same bytes at every attempt."""
    whole = {"type": delivery.kind, "timestamp": delivery.happened_at.isoformat(), "data": delivery.payload}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()


def secrets_of(endpoint: WebhookEndpoint, moment: datetime) -> list[str]:
    """Those to sign with now, the newest first. Raises Unreadable."""
    sealed = [endpoint.sealed]
    if endpoint.sealed_previous and endpoint.previous_until and endpoint.previous_until > moment:
        sealed.append(endpoint.sealed_previous)
    return [unseal(one) for one in sealed]


class Turn:
    """Some seconds of sending by the one sender."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.under_way: dict[Future[Answered], WebhookDelivery] = {}
        self.calls = 0
        self.touched = 0.0

    def run(self) -> int:
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="webhook") as pool:
            while True:
                claimed = self.claim()
                for delivery in claimed:
                    self.start(pool, delivery)
                if not self.under_way:
                    if not claimed:
                        return self.calls
                    continue
                done, _waiting = wait(self.under_way, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED)
                for future in done:
                    record(self.under_way.pop(future), future.result())
                self.tell_browsers()

    def claim(self) -> list[WebhookDelivery]:
        """1. Lease rows, fairly over the endpoints, and commit that before any call."""
        if time.monotonic() > self.until or queries.send_held():
            return []
        with transaction.atomic(), connection.cursor() as cursor:
            limits = {"calls": AT_ONCE, "failing": AT_ONCE_FAILING, "free": MOST_AT_ONCE - len(self.under_way)}
            cursor.execute(CLAIM, {"lease": f"{LEASE.seconds} seconds", **limits})
            ids = [row[0] for row in cursor.fetchall()]
        rows = WebhookDelivery.objects.filter(pk__in=ids).select_related("endpoint")
        return list(rows.order_by("due_at", "pk"))

    def start(self, pool: ThreadPoolExecutor, delivery: WebhookDelivery) -> None:
        """2. Sign, and call in a thread that touches no database."""
        body, moment = body_of(delivery), now()
        try:
            secrets = secrets_of(delivery.endpoint, moment)
        except Unreadable:
            record(delivery, Answered(0, "secret_lost"))
            return
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Fenghuo/1",
            **signing.headers(secrets, delivery.event_id, int(moment.timestamp()), body),
        }
        self.under_way[pool.submit(perform, delivery.endpoint.url, body, headers)] = delivery
        self.calls += 1

    def tell_browsers(self) -> None:
        if time.monotonic() - self.touched >= 1:
            self.touched = time.monotonic()
            with transaction.atomic():
                journal.touch("webhooks")


def perform(url: str, body: bytes, headers: dict[str, str]) -> Answered:
    try:
        return post(url, body, headers)
    except Exception as error:  # noqa: BLE001
        log.error("webhook call failed", error=type(error).__name__)
        return Answered(0, "internal")


@transaction.atomic
def record(delivery: WebhookDelivery, answer: Answered) -> None:
    """3. Write down what came of one call; a worker whose lease ran out changes nothing.

    A success clears the endpoint's failures. A failure is tried again after the endpoint's next wait, until they are
    used up. An endpoint that is gone, or fails for as long as it may, is disabled.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=delivery.endpoint_id).first()
    if endpoint is None:
        return
    moment = now()
    tries = delivery.tries + 1
    fields: dict[str, object] = {
        "lease_until": None,
        "tries": tries,
        "status": answer.status or None,
        "problem": answer.problem,
        "response": answer.excerpt,
        "duration_ms": answer.duration_ms,
        "tried_at": moment,
    }
    last = tries > len(endpoint.retries)
    if answer.taken:
        fields |= {"state": DeliveryState.DELIVERED, "delivered_at": moment}
    elif endpoint.state != EndpointState.ACTIVE:
        fields |= {"state": DeliveryState.HELD}
    elif last:
        fields |= {"state": DeliveryState.FAILED}
    else:
        fields |= {"due_at": moment + pause(endpoint.retries[tries - 1], answer.wait)}
    ours = WebhookDelivery.objects.filter(pk=delivery.pk, attempts=delivery.attempts, state=DeliveryState.DUE)
    if not ours.update(**fields):
        return
    if answer.taken:
        WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=0, failing_since=None, last_delivered_at=moment)
        return
    since = endpoint.failing_since or moment
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(failures=F("failures") + 1, failing_since=since)
    wake()
    if endpoint.state != EndpointState.ACTIVE:
        return
    too_long = moment - since >= timedelta(hours=endpoint.patience_hours)
    if answer.gone or (too_long and endpoint.failures + 1 >= FEWEST_FAILURES):
        endpoint.refresh_from_db()
        disable(endpoint, DisabledFor.GONE if answer.gone else DisabledFor.FAILING)


def pause(seconds: int, asked: int) -> timedelta:
    """The wait, at least what the receiver asked for, with some chance in it: many deliveries failed together."""
    return timedelta(seconds=max(seconds, asked) * (1 + random.uniform(0, JITTER)))
