"""Every endpoint asks who it is. Which role it is for: test_authorisation_matrix.py."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from accounts.roles import Role
from notifications import gateways
from tests.test_api_garbage import OPERATIONS, body_schema, example, filled

pytestmark = pytest.mark.django_db
# Providers prove themselves by the token in the address they were given.
BY_TOKEN = "receipts"


def call(client, method, path, operation, **extra):
    body = json.dumps(example(body_schema(operation))).encode()
    return client.generic(method.upper(), filled(path), body, "application/json", **extra)


def test_every_endpoint_asks_for_a_key_that_it_knows(client):
    for method, path, operation in OPERATIONS:
        for key in (None, "fh_unknown", "", "a b", "🔥"):
            headers = {} if key is None else {"authorization": f"Bearer {key}".encode().decode("latin-1")}
            answer = call(client, method, path, operation, headers=headers)
            assert (answer.status_code, "WWW-Authenticate" in answer) == (401, True), (method, path, key)


def test_it_refuses_a_revoked_key(client, administrator):
    from accounts.operations import create_api_key, revoke_api_key

    key, secret = create_api_key(name="x", role=Role.AUDITOR, by=administrator)
    headers = {"authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/orders", headers=headers).status_code == 200
    revoke_api_key(key_id=key.pk, by=administrator)
    assert client.get("/api/v1/orders", headers=headers).status_code == 401


def test_a_browser_s_session_needs_the_csrf_token_everywhere(make_user):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("someone", Role.ADMINISTRATOR))
    for method, path, operation in OPERATIONS:
        if method != "get" and BY_TOKEN not in path:
            assert call(client, method, path, operation).status_code == 403, (method, path)


def test_the_receipt_token_is_compared_whole(client):
    (path, *_) = [path for _, path, _ in OPERATIONS if BY_TOKEN in path]
    for token in ("", gateways.receipt_token()[:-1], gateways.receipt_token() + "x"):
        assert client.post(f"{path}?token={token}", b"[]", "application/json").status_code == 401
