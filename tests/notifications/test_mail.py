"""Mail against a real SMTP server on loopback."""

import smtplib

import pytest
from aiosmtpd.controller import Controller

from notifications.gateways import default_account
from notifications.models import Attempt, Message
from notifications.operations import send_due_staff
from notifications.transports import Call, Item, TransportError, transport_for
from tests.processes import free_port

pytestmark = pytest.mark.django_db


class Mailbox:
    """Refuses one address for good and one for now; counts connections by their greetings."""

    def __init__(self) -> None:
        self.mails: list = []
        self.greetings = 0

    async def handle_EHLO(self, server, session, envelope, hostname, responses):
        self.greetings += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 no such mailbox"
        if address.startswith("later"):
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        self.mails.append(envelope.content.decode())
        return "250 kept"


@pytest.fixture
def mailbox(monkeypatch):
    handler = Mailbox()
    controller = Controller(handler, hostname="127.0.0.1", port=free_port())
    controller.start()
    monkeypatch.setenv("FENGHUO_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("FENGHUO_SMTP_PORT", str(controller.port))
    monkeypatch.setenv("FENGHUO_SMTP_FROM", "烽火 <fenghuo@example.test>")
    yield handler
    controller.stop()


def test_it_sends_mail_over_one_connection(mailbox, texts):
    texts(3, channel="email", destination="li@example.test")
    assert send_due_staff(1) == send_due_staff(1) == send_due_staff(1) == 1
    assert set(Message.objects.values_list("state", flat=True)) == {"sent"}
    assert len(mailbox.mails) == 3
    assert mailbox.greetings <= 4
    assert all("Auto-Submitted: auto-generated" in mail for mail in mailbox.mails)
    assert len({line for mail in mailbox.mails for line in mail.splitlines() if line.startswith("Message-ID")}) == 3


@pytest.mark.parametrize(("address", "state"), [("nobody@example.test", "failed"), ("later@example.test", "queued")])
def test_it_tells_never_from_later(mailbox, texts, address, state):
    texts(1, channel="email", destination=address)
    send_due_staff(1)
    assert Message.objects.get().state == state
    assert Attempt.objects.get().code in {"smtp_550", "smtp_451"}


def test_it_is_no_doubt_when_nothing_left(texts, monkeypatch):
    monkeypatch.setenv("FENGHUO_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("FENGHUO_SMTP_PORT", "9")
    texts(1, channel="email", destination="li@example.test")
    send_due_staff(1)
    assert Message.objects.get().state == "queued"


@pytest.mark.parametrize(
    "item",
    [
        Item(1, "k", "li@example.test\r\nBcc: all@example.test", {}, "subject", "body"),
        Item(1, "k", "li@example.test", {}, "subject\r\nBcc: all@example.test", "body"),
    ],
)
def test_it_refuses_another_header(mailbox, item):
    with pytest.raises(TransportError) as refusal:
        transport_for(default_account("email")).deliver(Call("key", "", [item]))
    assert refusal.value.permanent
    assert mailbox.mails == []


def test_a_variable_cannot_add_a_header(mailbox, texts):
    words = {"lv": "Ⅱ", "event": "x\r\nBcc: all@example.test", "role": "r", "time": "t", "url": "u"}
    texts(1, channel="email", destination="li@example.test", variables=words)
    send_due_staff(1)
    (mail,) = mailbox.mails
    assert "\nBcc:" not in mail.partition("\r\n\r\n")[0]


def test_the_mail_sink_of_the_simulator_takes_mail(simulator, texts):
    texts(1, channel="email", destination="li@example.test")
    send_due_staff(1)
    assert Message.objects.get().state == "sent"
    assert simulator.ledger()["by_number"] == {"li@example.test": 1}
    with smtplib.SMTP("127.0.0.1", simulator.port + 1) as client:
        assert client.noop()[0] == 250
