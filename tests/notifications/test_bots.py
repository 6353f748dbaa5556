"""Group robots and personal pushes: signed requests, the code in the body, and a simulator that checks likewise."""

from dataclasses import replace

import pytest

from accounts.bots import Service, robot_of
from accounts.imports.contacts import normal_address
from notifications.gateways import default_account
from notifications.masking import mask
from notifications.models import Attempt, Message
from notifications.operations import send_due_staff
from notifications.transports import Ambiguous, Call, Item, TransportError, transport_for
from notifications.transports.bots import request_of

DINGTALK = "https://oapi.dingtalk.com/robot/send?access_token="
FEISHU = "https://open.feishu.cn/open-apis/bot/v2/hook/"
WECOM = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
OPEN = [
    *(DINGTALK + "a" * 64, FEISHU + "1b2c-3d4e-5f60", WECOM + "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"),
    "https://sctapi.ftqq.com/SCT123456TAbCdEfGhIjKlMn.send",
    "https://1234.push.ft07.com/send/sctp1234tAbCdEfGhIj.send",
    "https://www.pushplus.plus/send/" + "0123456789abcdef" * 2,
]
NOBODYS = ["https://sctapi.ftqq.com/SCT0000000000TAbCd.send", "https://www.pushplus.plus/send/" + "0" * 32]
SIGNED = [f"{DINGTALK}{'b' * 20}secret#SEC{'b' * 20}secret", f"{FEISHU}abcsecret#SECabcsecret"]


def call(address, body="二级响应"):
    return Call("k", "", [Item(1, "m", address, {}, body=body)])


@pytest.mark.parametrize("address", [*OPEN, *SIGNED])
def test_each_service_takes_our_text(simulator, address):
    transport_for(default_account("bot")).deliver(call(address))
    assert simulator.ledger()["accepted"] == 1


@pytest.mark.parametrize("address", [address.replace("#SEC", "#SECx") for address in SIGNED])
def test_a_wrong_signature_is_refused_for_good(simulator, address):
    with pytest.raises(TransportError) as refused:
        transport_for(default_account("bot")).deliver(call(address))
    assert refused.value.permanent
    assert simulator.ledger()["accepted"] == 0


@pytest.mark.parametrize("address", NOBODYS)
def test_a_key_that_is_nobodys_is_refused_for_good(simulator, address):
    with pytest.raises(TransportError) as refused:
        transport_for(default_account("bot")).deliver(call(address))
    assert refused.value.permanent
    assert simulator.ledger()["accepted"] == 0


@pytest.mark.parametrize(("address", "most", "wait"), zip(OPEN, (20, 100, 20, 5), (600, 60, 60, 60), strict=False))
def test_a_robot_that_has_had_enough_is_left_in_peace(simulator, address, most, wait):
    for _number in range(most):
        transport_for(default_account("bot")).deliver(call(address))
    with pytest.raises(TransportError) as refused:
        transport_for(default_account("bot")).deliver(call(address))
    assert (refused.value.permanent, refused.value.wait) == (False, wait)


def test_an_answer_that_never_comes_is_unclear(simulator, monkeypatch):
    monkeypatch.setattr("notifications.transports.wire.ANSWER_SECONDS", 0.3)
    simulator.control(hang=1.0)
    account = replace(default_account("bot"), sender="a connection of its own")
    with pytest.raises(Ambiguous):
        transport_for(account).deliver(call(OPEN[0]))


def test_nobody_there_is_no_sending(simulator, monkeypatch):
    monkeypatch.setenv("FENGHUO_BOTS_URL", "http://127.0.0.1:9")
    with pytest.raises(TransportError) as refused:
        transport_for(default_account("bot")).deliver(call(OPEN[0]))
    assert not refused.value.permanent


def test_both_ways_to_sign():
    """Worked out apart, by the sample programs on the services' pages."""
    path, _body = request_of(robot_of(f"{DINGTALK}{'c' * 20}#SEC00000000"), "x", moment=1_700_000_000)
    assert path.endswith("&timestamp=1700000000000&sign=aNdK7e%2FJzJh%2F685N8s2B1yqZ%2FVuxSR6PmybdpfpKqTs%3D")
    _path, body = request_of(robot_of(f"{FEISHU}abcdefgh#SEC00000000"), "x", moment=1_700_000_000)
    assert b'"timestamp":"1700000000","sign":"z6LlLAQtfXIwF29S3BXRuzBWo8FwNVD8PCa4LDNu7U8="' in body


@pytest.mark.django_db
def test_a_call_out_reaches_the_robot(simulator, texts):
    (message,) = texts(1, channel="bot", destination=SIGNED[0])
    assert send_due_staff() == 1
    message.refresh_from_db()
    assert (message.state, Attempt.objects.get().outcome) == ("sent", "accepted")
    assert "请现场指挥于03:25前到岗" in Message.objects.get().body
    assert simulator.ledger()["numbers"] == 1


@pytest.mark.parametrize(
    "address",
    [
        *("http://oapi.dingtalk.com/robot/send?access_token=" + "a" * 64, "https://example.test/robot/send"),
        *(f"{DINGTALK}{'a' * 64}&x=1", f"{DINGTALK}short", f"{FEISHU}../../x", f"{WECOM}693a91f6#SECabcdefgh", ""),
        *(f"{FEISHU}abcdefgh#", f"{FEISHU}abcdefgh#a b", "https://open.feishu.cn@evil.test/open-apis/bot/v2/hook/abc"),
        *(
            NOBODYS[0] + "#SECabcdefgh",
            "https://sctapi.ftqq.com/send/sctp1tabcdefghij.send",
            "https://sctapi.ftqq.com/SCT1",
        ),
        *(
            "https://9.push.ft07.com/send/sctp12tabcdefghij.send",
            "https://1.push.ft07.com.evil.test/send/sctp1tabcdefgh.send",
        ),
    ],
)
def test_only_webhooks_of_these_services_are_taken(address):
    with pytest.raises(ValueError, match=r"webhook|secret"):
        robot_of(address)


def test_addresses_are_kept_as_they_are_and_shown_by_their_end():
    assert list(dict.fromkeys(robot_of(normal_address("bot", address)).service for address in OPEN)) == list(Service)
    assert mask(SIGNED[0]) == "oapi.dingtalk.com ••••cret"
