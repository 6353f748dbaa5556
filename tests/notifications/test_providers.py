"""Every provider's protocol against a simulator that checks it: taken, refused, unclear, and its receipts."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from journal.models import Entry
from notifications import engine, gateways
from notifications.models import Attempt, Consent, Message
from notifications.operations import record_consents, send_due_staff
from notifications.operations.consents import Given
from notifications.transports import Ambiguous, Answer, Askable, Call, Item, TransportError, transport_for
from notifications.transports.tencent import authorization
from tests.notifications.providers import ALIYUN, ALL, FOLLOWERS, PUSH, TENCENT, WECHAT, Provider, secret_of
from tests.notifications.test_limits import drain
from tests.notifications.test_sending import states

WORDS = {"lv": "Ⅱ", "event": "台风", "role": "指挥", "time": "03:25", "url": "https://example.test/c/1"}


every = pytest.mark.parametrize("provider", ALL, ids=[provider.kind for provider in ALL])


def call(provider: Provider, *addresses: str) -> Call:
    items = [
        Item(number, f"k{number}", address, WORDS, "主题", "内容")
        for number, address in enumerate(addresses or [provider.address], 1)
    ]
    return Call("key1", "SMS_CALL_OUT_ZH", items)


def transport(provider: Provider, simulator, **fields: object):
    return transport_for(provider.account(simulator.url, **{"secret": secret_of(provider), **fields}))


@every
def test_it_takes_a_message(simulator, provider):
    transport(provider, simulator).deliver(call(provider))
    assert simulator.ledger()["by_number"] == {provider.address: 1}


@every
def test_a_wrong_key_is_a_reason_to_switch(simulator, provider):
    with pytest.raises(TransportError) as refusal:
        transport(provider, simulator, secret="wrong").deliver(call(provider))
    assert (refusal.value.code, refusal.value.switch) == (provider.wrong_key, True)
    assert simulator.ledger()["accepted"] == 0


@every
def test_too_many_and_faults_leave_nobody_in_doubt_without_need(simulator, provider):
    simulator.control(throttle=1)
    with pytest.raises(TransportError) as refusal:
        transport(provider, simulator).deliver(call(provider))
    assert (refusal.value.code, refusal.value.permanent) == (provider.too_many, False)
    simulator.control(throttle=0, error=1)
    with pytest.raises(TransportError if provider.broken else Ambiguous) as fault:
        transport(provider, simulator).deliver(call(provider))
    assert fault.value.code == (provider.broken or "http_500")
    assert simulator.ledger()["accepted"] == 0


@every
def test_no_answer_is_unclear(simulator, provider, monkeypatch):
    monkeypatch.setattr("notifications.transports.wire.ANSWER_SECONDS", 0.3)
    simulator.control(hang=1)
    account = provider.account(simulator.url, secret=secret_of(provider), sender="another connection")
    with pytest.raises(Ambiguous):
        transport_for(account).deliver(call(provider))
    assert simulator.ledger()["accepted"] == 1


@every
def test_nobody_there_is_no_sending(simulator, provider):
    account = provider.account("http://127.0.0.1:9", secret=secret_of(provider))
    with pytest.raises(TransportError) as refusal:
        transport_for(account).deliver(call(provider))
    assert (refusal.value.code, refusal.value.permanent) == ("unreachable", False)


@pytest.mark.parametrize("provider", [ALIYUN, TENCENT], ids=["aliyun", "tencent"])
def test_it_can_be_asked_what_became_of_a_call(simulator, provider):
    speaker = transport(provider, simulator)
    assert isinstance(speaker, Askable)
    from django.utils import timezone

    since = timezone.now()
    simulator.control(receipts=True, receipts_lost=1)
    speaker.deliver(call(provider))
    assert speaker.ask(key="key1", destination=provider.address, since=since) == Answer("delivered", "DELIVERED")
    if provider is ALIYUN:
        assert speaker.ask(key="other", destination=provider.address, since=since) is None
    else:  # its list holds receipts only: silence is no denial
        with pytest.raises(Ambiguous):
            speaker.ask(key="other", destination=provider.address, since=since)


HEAD = {"Code": "OK", "Response": {"RequestId": "1"}}
GARBAGE = [
    b"",
    b"[]",
    b'{"Code": "\xff"}',
    b'{"Code": "\\u0000"}',
    b'{"Code": ' + b"[" * 5_000,
    json.dumps(HEAD).encode(),
    json.dumps({"Response": {"Error": "no"}}).encode(),
    json.dumps(HEAD | {"SmsSendDetailDTOs": "no", "TemplateStatus": "7", "AuditInfo": []}).encode(),
    json.dumps({"Response": {"DescribeTemplateStatusSet": [{"TemplateId": 42}], "PullSmsSendStatusSet": [1]}}).encode(),
    json.dumps({"Response": {"DescribeTemplateStatusSet": {"TemplateId": 42}, "PullSmsSendStatusSet": "no"}}).encode(),
]


@pytest.mark.parametrize("provider", [ALIYUN, TENCENT], ids=["aliyun", "tencent"])
def test_an_answer_that_says_nothing_is_unclear(provider, monkeypatch):
    speaker = transport_for(provider.account("http://127.0.0.1:9"))
    for garbage in GARBAGE:
        monkeypatch.setattr("notifications.transports.wire.Wire.post", lambda *_, raw=garbage: (200, raw))
        with pytest.raises(Ambiguous):
            speaker.verdict("42")
        with pytest.raises(Ambiguous):
            speaker.ask(key="key1", destination=provider.address, since=datetime.now(UTC))
    if provider is TENCENT:  # longer than any number that can be asked about
        assert speaker.verdict("9" * 64).state == "rejected"


def test_the_signature_is_that_of_the_documentation():
    """Worked out apart, step by step of the provider's page, with openssl."""
    account = gateways.Account(kind="tencent_sms", url="", key_id="AKID", secret="k")
    header = authorization(account, host="sms.tencentcloudapi.com", action="SendSms", body=b"{}", stamp=1_551_113_065)
    assert header == (
        "TC3-HMAC-SHA256 Credential=AKID/2019-02-25/sms/tc3_request, SignedHeaders=content-type;host;x-tc-action, "
        "Signature=6e1d50420379f23dfb4528c4a4db6b481571cb593416ee24e4378e39c817122c"
    )


def test_tencent_takes_some_numbers_of_a_call_and_refuses_others(simulator):
    simulator.control(limited=["13800000002"])
    numbers = ["13800000001", "13800000002", "not a number"]
    taken = transport(TENCENT, simulator).deliver(call(TENCENT, *numbers))
    assert taken.serials
    assert [bool(serial) for serial in taken.serials] == [True, False, False]
    assert {pk: (error.code, error.permanent) for pk, error in taken.refused.items()} == {
        2: ("LimitExceeded.PhoneNumberDailyLimit", False),
        3: ("InvalidParameterValue.IncorrectPhoneNumber", True),
    }


def test_wechat_gets_a_new_token_when_the_old_one_is_refused(simulator):
    speaker = transport(FOLLOWERS, simulator, sender="a token of its own")
    speaker.deliver(call(FOLLOWERS))
    speaker.token = "stale"
    speaker.deliver(call(FOLLOWERS))
    assert simulator.ledger()["accepted"] == 2
    assert simulator.ledger()["refused"] == {"wechat_42001": 1}


def report_of(provider: Provider, attempt: Attempt, message: Message) -> tuple[str, str, dict]:
    """Where the provider pushes a receipt, its body and query."""
    token = {"token": gateways.receipt_token()}
    if provider is ALIYUN:
        row = {"phone_number": message.destination, "success": True, "err_code": "DELIVERED", "out_id": attempt.key}
        return "/api/v1/receipts/aliyun/sms", json.dumps([row]), token
    (serial,) = attempt.serials or [""]
    if provider is TENCENT:
        row = {"report_status": "SUCCESS", "mobile": message.destination, "errmsg": "DELIVRD", "sid": serial}
        return "/api/v1/receipts/tencent/sms", json.dumps([row]), token
    if provider is PUSH:
        return "/api/v1/receipts/push", json.dumps([{"id": serial, "status": "delivered"}]), token
    body = f"<xml><Event>subscribe_msg_sent_event</Event><SubscribeMsgSentEvent><List><MsgID>{serial}</MsgID>"
    body += "<ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus></List></SubscribeMsgSentEvent></xml>"
    return "/api/v1/receipts/wechat", body, signed("1", "2")


def signed(stamp: str, nonce: str) -> dict[str, str]:
    text = "".join(sorted([gateways.wechat_token(), stamp, nonce]))
    return {"signature": hashlib.sha1(text.encode()).hexdigest(), "timestamp": stamp, "nonce": nonce}


@every
def test_from_the_queue_to_the_receipt(gateway, simulator, texts, client, provider):
    row = gateway(provider)
    Consent.objects.create(openid=provider.address, code="SMS_CALL_OUT_ZH", source="1", given_at=row.created_at)
    (message,) = texts(1, channel=provider.channel, destination=provider.address)
    send_due_staff(5)
    attempt = Attempt.objects.get()
    assert (states(), attempt.gateway_id) == ({"sent": 1}, row.pk)
    url, body, query = report_of(provider, attempt, message)
    kind = "text/xml" if body.startswith("<") else "application/json"
    path = f"{url}?{'&'.join(f'{name}={value}' for name, value in query.items())}"
    for _time in range(2):
        assert client.post(path, body, content_type=kind).status_code == 200
    assert states() == {"delivered": 1}
    assert Entry.objects.filter(kind="notice.delivered").count() == 1
    forged = path.replace("token=", "token=x").replace("signature=", "signature=x")
    assert client.post(forged, body, content_type=kind).status_code == 401


@pytest.mark.django_db
def test_a_receipt_that_overtakes_the_answer_comes_again(gateway, client, texts):
    gateway(TENCENT)
    texts(1)
    send_due_staff(5)
    Attempt.objects.update(outcome="open")
    row = json.dumps([{"sid": "not known yet", "report_status": "SUCCESS"}])
    path = f"/api/v1/receipts/tencent/sms?token={gateways.receipt_token()}"
    assert client.post(path, row, content_type="application/json").status_code == 503
    Attempt.objects.update(outcome="accepted")
    assert client.post(path, row, content_type="application/json").status_code == 200


@pytest.mark.django_db
def test_tencent_carries_alike_messages_together(gateway, simulator, launched):
    gateway(TENCENT)
    launched(30)
    Message.objects.filter(language="zh-hans").update(variables={"no": "1", "cause": "风", "eta": "明天", "url": "u"})
    Message.objects.filter(key="notice:2").update(destination="not a number")
    drain()
    assert states() == {"sent": 29, "failed": 1}
    assert simulator.ledger()["calls"]["Tencent SendSms"] == 1 + 10  # one for all alike, one each for the others
    assert Message.objects.get(key="notice:2").code == "InvalidParameterValue.IncorrectPhoneNumber"


@pytest.mark.django_db
def test_one_consent_is_one_message(gateway, simulator, texts, fast_forward):
    row = gateway(WECHAT)
    Consent.objects.create(openid=WECHAT.address, code="SMS_CALL_OUT_ZH", source="1", given_at=row.created_at)
    texts(2, channel="wechat", destination=WECHAT.address)
    simulator.control(error=1)
    send_due_staff(1)
    # Surely not sent: the consent can be used again.
    assert Consent.objects.get().used_at is None
    simulator.control(error=0)
    fast_forward(seconds=30)
    send_due_staff(9)
    assert states() == {"sent": 1, "failed": 1}
    assert Message.objects.get(state="failed").code == "no_consent"
    assert Consent.objects.get().attempt_id == Attempt.objects.get(outcome="accepted").pk
    assert simulator.ledger()["accepted"] == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("knobs", "state"), [({"limited": [WECHAT.address]}, "failed"), ({"late_error": 1}, "ambiguous")]
)
def test_a_consent_that_is_denied_or_in_doubt_is_gone(gateway, simulator, texts, knobs, state):
    row = gateway(WECHAT)
    Consent.objects.create(openid=WECHAT.address, code="SMS_CALL_OUT_ZH", source="1", given_at=row.created_at)
    texts(1, channel="wechat", destination=WECHAT.address)
    simulator.control(**knobs)
    send_due_staff(9)
    assert states() == {state: 1}
    assert Consent.objects.get().used_at is not None


@pytest.mark.django_db(transaction=True)
def test_two_workers_never_share_a_consent(gateway, simulator, texts):
    from tests.racing import all_done

    row = gateway(WECHAT)
    for number in range(3):
        Consent.objects.create(
            openid=WECHAT.address, code="SMS_CALL_OUT_ZH", source=str(number), given_at=row.created_at
        )
    texts(8, channel="wechat", destination=WECHAT.address)
    all_done(*[lambda: engine.send_due(urgent=True, limit=2)] * 4)
    send_due_staff(9)
    assert states() == {"sent": 3, "failed": 5}
    assert simulator.ledger()["accepted"] == 3


@pytest.mark.django_db
def test_consents_come_in_once(client, api_key):
    body = {"consents": [{"openid": WECHAT.address, "code": "T1", "source": "h5:1"}]}
    headers = {"authorization": f"Bearer {api_key('order_system')}"}
    added = [client.post("/api/v1/consents", body, "application/json", headers=headers).json() for _time in range(2)]
    assert added == [{"added": 1}, {"added": 0}]
    event = f"""<xml><FromUserName>{WECHAT.address}</FromUserName><CreateTime>1610969440</CreateTime>
    <Event>subscribe_msg_popup_event</Event><SubscribeMsgPopupEvent>
    <List><TemplateId>T1</TemplateId><SubscribeStatusString>accept</SubscribeStatusString></List>
    <List><TemplateId>T2</TemplateId><SubscribeStatusString>reject</SubscribeStatusString></List>
    </SubscribeMsgPopupEvent></xml>"""
    query = "&".join(f"{name}={value}" for name, value in signed("7", "8").items())
    for _time in range(2):
        assert client.post(f"/api/v1/receipts/wechat?{query}", event, content_type="text/xml").content == b"success"
    assert list(Consent.objects.values_list("code", flat=True)) == ["T1", "T1"]
    assert WECHAT.address not in str(list(Entry.objects.values()))
    assert client.get(f"/api/v1/receipts/wechat?{query}&echostr=hello").content == b"hello"
    bomb = '<!DOCTYPE x [<!ENTITY a "b">]><xml><FromUserName>&a;</FromUserName></xml>'
    assert client.post(f"/api/v1/receipts/wechat?{query}", bomb, content_type="text/xml").status_code == 400


@pytest.mark.django_db
def test_app_push_is_repeated_without_harm(gateway, simulator, texts, fast_forward):
    gateway(PUSH, idempotent=True)
    texts(1, channel="push", destination=PUSH.address)
    simulator.control(late_error=1)
    send_due_staff(1)
    assert states() == {"queued": 1}
    simulator.control(late_error=0)
    fast_forward(seconds=30)
    send_due_staff(1)
    assert states() == {"sent": 1}
    assert simulator.ledger()["accepted"] == 1


def test_consents_need_the_order_system(commander):
    from accounts.actors import NotAllowed

    with pytest.raises(NotAllowed):
        record_consents(given=[Given("o", "c", "s")], by=commander)
