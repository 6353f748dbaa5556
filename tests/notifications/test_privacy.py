"""A number, a mail address and a home that appear nowhere they should not: logs, Redis, task arguments, addresses of
pages and calls, error pages, webhooks, the journal, the list for finance."""

import io
import logging

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis

from accounts.actors import SYSTEM
from accounts.roles import Role
from config.logs import Discreet
from customers import links, operations, public, telling
from customers.models import CompensationRun, NoticeRecipient
from dispatch.models import Order
from journal.clock import now
from journal.models import Entry
from notifications import gateways, tasks
from notifications.engine import webhooks
from notifications.models import Attempt, Message, NumberUse, WebhookDelivery
from notifications.operations import WebhookFacts, create_webhook, send_due_staff
from tests.customers.conftest import REFERENCE, build_network, freeze
from tests.notifications.listening import Listener
from tests.notifications.providers import ALIYUN, TENCENT

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER, MAIL, HOME, OPENID = "13877665544", "canary.bird@example.test", "金丝雀路七号", "oCanaryCanaryCanaryCanary000"
CANARIES = (NUMBER, MAIL, HOME, OPENID)
FAULTS = ({"throttle": 1}, {"throttle": 0, "error": 1}, {"error": 0, "late_error": 1}, {"late_error": 0})


@pytest.fixture
def log():
    """Every line as the log would have it, from the first level up."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(Discreet())
    root = logging.getLogger()
    before, _nothing = root.level, root.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)
    root.setLevel(before)


def nowhere(text: object) -> None:
    found = [canary for canary in CANARIES if canary in str(text)]
    assert not found, found


def in_redis() -> str:
    """All that is in it, task arguments too (Celery's bodies are base64 of JSON)."""
    import base64
    import json

    read = {b"list": lambda redis, key: redis.lrange(key, 0, -1), b"hash": lambda redis, key: redis.hgetall(key)}
    read |= {b"string": lambda redis, key: redis.get(key), b"set": lambda redis, key: redis.smembers(key)}
    read |= {b"zset": lambda redis, key: redis.zrange(key, 0, -1)}
    found = []
    for database in (0, 1):
        redis = Redis.from_url(settings.REDIS_URL, db=database)
        for key in redis.scan_iter():
            value = read[redis.type(key)](redis, key)
            found.append(f"{key!r} {value!r}")
            for item in value if isinstance(value, list) else []:
                body = json.loads(item).get("body", "") if item.startswith(b"{") else ""
                found.append(base64.b64decode(body).decode() if body else "")
    return "\n".join(found)


def send_with_faults(simulator) -> None:
    for knobs in FAULTS:
        simulator.control(**knobs)
        tasks.send_staff_messages()
        tasks.send_chunk()
        send_due_staff(1)


@pytest.mark.parametrize("provider", [ALIYUN, TENCENT], ids=["aliyun", "tencent"])
def test_a_canary_number_stays_in_its_table(gateway, texts, launched, log, provider, simulator):  # noqa: PLR0917
    """Whoever sends, whatever goes wrong, with limits that count numbers."""
    gateway(provider, per_number_day=3, per_minute=60)
    texts(1, destination=NUMBER)
    launched(20)
    Message.objects.filter(key="notice:5").update(destination=NUMBER)
    send_with_faults(simulator)
    nowhere(in_redis())
    nowhere(log.getvalue())
    for rows in (Entry, Attempt, NumberUse):
        nowhere(list(rows.objects.values()))


def test_the_whole_path_tells_nobody(api, client, make_user, simulator, log, monkeypatch):  # noqa: PLR0917
    """From the order to the list for finance, with a gateway that fails and a page that breaks."""
    build_network()
    hook = Listener()
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    create_webhook(facts=WebhookFacts(url=hook.url, description="Order system"), by=SYSTEM)
    client.raise_request_exception = False
    # 1. The order system tells the order and how its customer is reached.
    machine = api(Role.ORDER_SYSTEM)
    row = {"external_id": "A1", "version": 1, "region": "330100", "warehouse": "W01", "carrier": "SF", "weight": 1}
    row |= {"service_level": "standard", "promise_at": "2026-01-01T18:00:00+08:00", "customer_ref": "C1"}
    row |= {"phone": NUMBER, "email": MAIL, "lines": [{"product": "P1", "quantity": 1}], "value": "100"}
    answers = [
        machine.put("/api/v1/orders/bulk", [row]),
        machine.put("/api/v1/orders/bulk", [row | {"phone": [NUMBER]}]),
    ]
    answers.append(machine.put("/api/v1/contacts/bulk", {"rows": [{"customer_ref": "C1", "wechat": OPENID}]}))
    assert [answer.status_code for answer in answers][::2] == [200, 200]
    order = Order.objects.get(external_id="A1")
    assert order.phone.endswith(NUMBER)
    # 2. It is affected, its customer is told, and the gateway fails in every way it can.
    freeze(SYSTEM)
    run = operations.prepare_notice(reference=REFERENCE, template="delay", by=SYSTEM)
    operations.launch_notice(notice_id=run.pk, by=SYSTEM)
    operations.fill_notice(notice_id=run.pk)
    send_with_faults(simulator)
    assert Message.objects.get().destination.endswith(NUMBER)
    # 3. A receipt comes, another is nonsense.
    key = Attempt.objects.order_by("-id")[0].key
    path = f"/api/v1/receipts/aliyun/sms?token={gateways.receipt_token()}"
    report = {"phone_number": NUMBER, "success": True, "err_code": "DELIVERED", "out_id": key}
    for body in ([report], [NUMBER], {"phone_number": [NUMBER]}):
        client.post(path, body, content_type="application/json")
    # 4. The customer asks for another address; then a page breaks over the row.
    page = f"/s/{links.make_token(NoticeRecipient.objects.get().pk, links.link_key(settings.SECRET_KEY))}/"
    choice = {"order": order.pk, "kind": "address", "address": HOME}
    answers += [client.get(page), client.post(page, choice)]
    assert answers[-1].status_code == 302

    def breaks(*args: object, **kwargs: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE dispatch_order SET region_id = NULL WHERE phone LIKE %s", [f"%{NUMBER}"])

    with monkeypatch.context() as broken:
        broken.setattr(public, "render", breaks)
        answers.append(client.get(page))
        assert answers[-1].status_code == 500
    # 5. Those who help: search, pages, compensation and its list.
    client.force_login(make_user("boss", Role.ADMINISTRATOR, Role.COMMANDER))
    answers += [client.get(f"/notices/{run.pk}/body/"), client.get(f"/notices/{run.pk}/people/")]
    answers += [client.get("/notifications/messages/"), client.get(f"/desk/{order.pk}/")]
    Order.objects.update(first_promise_at=order.promise_at, state="delivered", delivered_at=now())
    compensation = operations.compensation
    compensation.propose_compensation(reference=REFERENCE, scope="delivered", by=SYSTEM)
    grant = CompensationRun.objects.get().pk
    compensation.grant_compensation(run_id=grant, by=SYSTEM)
    answers += [client.get(f"/desk/compensation/{grant}/"), client.get(f"/desk/compensation/{grant}/file/csv/")]
    # 6. The webhook hears of it.
    while telling.reader.run():
        pass
    while webhooks.send_due():
        pass
    hook.stop()
    assert hook.heard
    for answer in answers:
        place = [answer.request["PATH_INFO"], answer.request["QUERY_STRING"], answer.headers]
        shown = answer.content.decode()
        # Only the desk shows people their own order's address in full; everywhere else it is masked.
        nowhere(
            [place, shown.replace(HOME, "") if answer.request["PATH_INFO"] in {page, f"/desk/{order.pk}/"} else shown]
        )
    nowhere(in_redis())
    nowhere(log.getvalue())
    assert "Traceback" in log.getvalue()
    nowhere(hook.heard)
    for rows in (Entry, Attempt, NumberUse, WebhookDelivery):
        nowhere(list(rows.objects.values()))
