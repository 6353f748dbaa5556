"""An address chosen in the browser leads nowhere inside: whatever the name answers next, wherever a server points."""

import socket

import pytest

from notifications import gateways
from notifications.transports import Ambiguous, Call, Item, TransportError, transport_for
from notifications.transports.webhook import post
from tests.notifications.listening import Listener

OUTSIDE, INSIDE = "93.184.216.34", "127.0.0.1"
CALL = Call("k", "T", [Item(1, "k", "device", {}, "s", "b")])


@pytest.fixture
def listener():
    outside = Listener()
    yield outside
    outside.stop()


@pytest.fixture
def called(monkeypatch, listener):
    """called([…], […]): what the name answers, one list a time → the addresses that were connected to."""
    port = int(listener.url.split(":")[2].partition("/")[0])
    reached: list[str] = []
    real = socket.create_connection

    def connect(address, *args, **kwargs):
        reached.append(address[0])
        if address[0] == OUTSIDE:
            raise ConnectionRefusedError
        return real(address, *args, **kwargs)

    def answer(*answers: list[str]):
        told = iter(answers)

        def resolve(*args, **kwargs):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in next(told, [INSIDE])]

        monkeypatch.setattr(socket, "getaddrinfo", resolve)
        monkeypatch.setattr(socket, "create_connection", connect)
        return reached, f"https://rebind.example.test:{port}/hook"

    return answer


def test_a_name_that_changes_its_answer_is_asked_once(called, listener):
    """DNS rebinding: a public address for the check, one of ours for the call."""
    reached, url = called([OUTSIDE], [INSIDE])
    assert post(url, b"{}", {}).problem == "refused"
    reached, url = called([OUTSIDE], [INSIDE])
    with pytest.raises(TransportError) as refusal:
        transport_for(gateways.Account(kind="push", url=url, guarded=True)).deliver(CALL)
    assert refusal.value.code == "unreachable"
    assert (reached, listener.heard) == ([OUTSIDE, OUTSIDE], [])


@pytest.mark.parametrize("answers", [[OUTSIDE, INSIDE], [OUTSIDE, "10.0.0.8"], [OUTSIDE, "::ffff:169.254.169.254"]])
def test_a_name_with_one_address_inside_is_not_called_at_all(called, listener, answers):
    reached, url = called(answers)
    assert post(url, b"{}", {}).problem == "private_address"
    assert (reached, listener.heard) == ([], [])


def test_a_gateway_that_points_elsewhere_is_not_followed(monkeypatch, listener):
    monkeypatch.setenv("FENGHUO_WEBHOOK_NETWORKS", "127.0.0.0/8")
    other = Listener(status=307, headers={"Location": listener.url})
    with pytest.raises(Ambiguous) as refusal:
        transport_for(gateways.Account(kind="push", url=other.url, guarded=True)).deliver(CALL)
    other.stop()
    assert (refusal.value.code, len(other.heard), listener.heard) == ("http_307", 1, [])
