"""Every call that creates something honours Idempotency-Key: found in the URL configuration, not in a list."""

from __future__ import annotations

import pytest
from django.urls import reverse
from rest_framework.request import Request

from accounts.idempotency import digest_of
from accounts.models import ApiKey, IdempotentCall
from accounts.roles import Role
from journal.clock import now
from tests.authorisation.asking import operation_of
from tests.authorisation.routes import routes

pytestmark = pytest.mark.django_db

# POSTs that take one step with what is there already: the same step again is refused or changes nothing.
STEPS = set(
    """
    ack acknowledge answer apply approve arrive ask_approval cancel choose close complete confirm decline disable
    discard dismiss drop enable estimate export fulfil grade grant hand_over launch lower merge pack paid parent pause
    polish raise ready recover refuse reject reject_orders reopen respond restore resume retire retry revert_start
    review roll_back rotate send_back sign_out skip start submit suspend take_over time_factor undo verify warn
    withdraw
    """.split()  # noqa: SIM905
)
NOT_CREATING = {
    "api_desk_search": "only looks",
    "api_incident_changes": "corrects facts of an incident",
    "api_message_unmask": "only looks",
    "api_notice_count": "only calculates",
    "api_notice_wave": "lets a province go, once",
    "api_rotation_preview": "only calculates",
    "api_take_seat": "sits down on a post",
    "api_template_provider_ask": "has a provider asked",
    "api_tick_legal_clock": "ticks a box",
    "api_tick_readiness": "ticks a box",
}
BY_PROVIDERS = "receipts_"  # deduplicated by the provider's own number
OWN_KEYS = {"api_movements", "api_supplies"}  # kept with the movement itself: tests/inventory


def creating():
    found = []
    for route in routes():
        if not route.api or "POST" not in route.methods or route.name.startswith(BY_PROVIDERS):
            continue
        address = reverse(route.name, kwargs=dict.fromkeys(route.arguments, 1))
        last = address.rstrip("/").rsplit("/", 1)[1].replace("-", "_")
        if last not in STEPS and route.name not in NOT_CREATING:
            found.append((route.name, address))
    return found


CREATING = creating()


@pytest.mark.parametrize(("name", "address"), CREATING, ids=[name for name, _address in CREATING])
def test_a_creating_call_says_that_it_honours_the_key(name, address):
    known = operation_of(address, "POST").get("parameters", [])
    assert "Idempotency-Key" in {parameter["name"] for parameter in known}, address


@pytest.mark.parametrize(
    ("name", "address"),
    [one for one in CREATING if one[0] not in OWN_KEYS],
    ids=[name for name, _address in CREATING if name not in OWN_KEYS],
)
def test_a_creating_call_is_answered_as_the_first_time(name, address, api, rf):
    """What was answered under the key before is answered again, whatever the body would do; another body is refused."""
    machine = api(Role.ADMINISTRATOR)
    body = {"one": 1}
    sent = rf.post(address, body, content_type="application/json")
    IdempotentCall.objects.create(
        actor=f"key:{ApiKey.objects.get().pk}",
        key="twice",
        operation=f"POST {address}",
        digest=digest_of(Request(sent)),
        status=201,
        answer={"made": "before"},
        made_at=now(),
    )
    headers = {**machine.headers, "idempotency-key": "twice"}
    machine.headers = headers
    again = machine.post(address, body)
    assert (again.status_code, again.json()) == (201, {"made": "before"})
    assert again["Idempotent-Replayed"] == "true"
    other = machine.post(address, {"one": 2})
    assert (other.status_code, other.json()["code"]) == (422, "KeyReused")


def test_a_secret_is_shown_once_and_never_kept(api):
    machine = api(Role.ADMINISTRATOR)
    machine.headers = {**machine.headers, "idempotency-key": "hook"}
    body = {"url": "https://oms.example.com/hook", "description": "OMS"}
    first, again = (machine.post("/api/v1/webhooks", body).json() for _ in range(2))
    assert first["secret"]
    assert again == {**first, "secret": ""}
    assert IdempotentCall.objects.get().answer["secret"] == ""
