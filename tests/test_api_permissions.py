"""Every endpoint asks who it is, and refuses a role that it is not for."""

from __future__ import annotations

import json

import pytest

from accounts.roles import Role
from journal.models import Entry
from notifications import gateways
from tests.test_api_garbage import IDS, OPERATIONS, body_schema, example, filled

pytestmark = pytest.mark.django_db
# Providers prove themselves by the token in the address they were given.
BY_TOKEN = "receipts"


def call(client, method, path, operation, **extra):
    body = json.dumps(example(body_schema(operation))).encode()
    return client.generic(method.upper(), filled(path), body, "application/json", **extra)


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_it_asks_for_a_key(client, method, path, operation):
    answer = call(client, method, path, operation)
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"]


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_it_refuses_an_unknown_key(client, method, path, operation):
    for key in ("fh_unknown", "", "a b", "🔥"):
        headers = {"authorization": f"Bearer {key}".encode().decode("latin-1")}
        assert call(client, method, path, operation, headers=headers).status_code == 401, key


def test_it_refuses_a_revoked_key(client, administrator):
    from accounts.operations import create_api_key, revoke_api_key

    key, secret = create_api_key(name="x", role=Role.AUDITOR, by=administrator)
    headers = {"authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/orders", headers=headers).status_code == 200
    revoke_api_key(key_id=key.pk, by=administrator)
    assert client.get("/api/v1/orders", headers=headers).status_code == 401


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_it_refuses_a_role_that_it_is_not_for(client, api_key, method, path, operation):
    """Reading is refused to a source of warnings, changing to an auditor, who may only look."""
    if BY_TOKEN in path:
        pytest.skip("not for keys")
    role = Role.ALERT_SOURCE if method == "get" else Role.AUDITOR
    answer = call(client, method, path, operation, headers={"authorization": f"Bearer {api_key(role)}"})
    # A body that says nothing sensible, or a thing that is not there, may be refused for that first.
    assert answer.status_code in ({403} if method == "get" else {400, 403, 404, 422}), answer.content[:300]
    if answer.status_code == 403:
        assert answer.json()["code"] == "NotAllowed"
    assert not Entry.objects.filter(actor__startswith="key:").exists()


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=IDS)
def test_a_browser_s_session_needs_the_csrf_token(make_user, method, path, operation):
    from django.test import Client

    if method == "get" or BY_TOKEN in path:
        pytest.skip("changes nothing, or takes no session")
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("someone", Role.ADMINISTRATOR))
    assert call(client, method, path, operation).status_code == 403


def test_the_receipt_token_is_compared_whole(client):
    (path, *_) = [path for _, path, _ in OPERATIONS if BY_TOKEN in path]
    for token in ("", gateways.receipt_token()[:-1], gateways.receipt_token() + "x"):
        assert client.post(f"{path}?token={token}", b"[]", "application/json").status_code == 401
