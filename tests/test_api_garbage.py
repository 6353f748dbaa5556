"""Whatever is sent, the API answers with a reason: never with a server error."""

from __future__ import annotations

import functools
import json
import warnings
from typing import Any

import pytest
import schemathesis
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.roles import Role
from notifications import gateways

pytestmark = pytest.mark.django_db

SCHEMA: dict[str, Any] = SchemaGenerator().get_schema(public=True)
OPERATIONS = [
    (method, path, operation) for path, methods in SCHEMA["paths"].items() for method, operation in methods.items()
]
CHANGING = [one for one in OPERATIONS if one[0] != "get"]
COMMON = {"get": {"limit", "offset", "cursor", "format"}}  # what lists and answers of every kind may be asked with
NUL, SURROGATE = "\\u0000", "\\ud800"
BODIES = {
    "nothing": b"",
    "half": b'{"orders": [',
    "null": b"null",
    "text": b'"x"',
    "number": b"1e999",
    "nan": b'{"weight": NaN}',
    "list": b"[]",
    "object": b"{}",
    "list of lists": b"[[], [[]], null, 1]",
    "nul": f'{{"name": "a{NUL}b", "{NUL}": 1}}'.encode(),
    "surrogate": f'{{"name": "{SURROGATE}"}}'.encode(),
    "not utf-8": b'{"name": "\xff\xfe"}',
    "deep": b"[" * 20_000 + b"]" * 20_000,
    "wide": json.dumps([{}] * 2_000).encode(),
    "form": b"a=1&b=2",
}
VALUES: list[Any] = [None, True, -1, 10**30, 1.5, "", "x" * 10_000, "烽火🔥", "' OR 1=1 --", [], {}, [[]], {"x": {}}]
SEGMENTS = ["%00", "%F0%9F%94%A5", "x" * 300, "99999999999999999999999"]


@pytest.fixture
def send(client, api_key):
    """send(method, path, body, …) by a machine that may do it: an administrator's or the order system's key."""
    client.raise_request_exception = False
    headers = [{"authorization": f"Bearer {api_key(role)}"} for role in (Role.ADMINISTRATOR, Role.ORDER_SYSTEM)]

    def call(method: str, path: str, body: bytes | None = None, content_type="application/json", query: str = ""):
        query = f"?token={gateways.receipt_token()}&{query}" if "receipts" in path else f"?{query}"
        for header in headers:
            answer = client.generic(method.upper(), path + query, body or b"", content_type, headers=header)
            if answer.status_code != 403:
                break
        assert answer.status_code < 500, (method, path, query, (body or b"")[:200], answer.content[:500])
        if answer.status_code >= 400 and answer.get("Content-Type", "").startswith("application/json"):
            assert answer.json(), "an error says what is wrong"
        return answer

    return call


def filled(path: str, value: str = "1") -> str:
    for parameter in path.split("{")[1:]:
        path = path.replace("{" + parameter.split("}")[0] + "}", value)
    return path


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        schema = SCHEMA["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    return schema


def body_schema(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    return resolved(content.get("application/json", {}).get("schema", {}))


def example(schema: dict[str, Any], depth: int = 0) -> Any:
    """A plausible value of a schema, so that one wrong part is found behind right ones."""
    schema = resolved(schema)
    if "allOf" in schema:
        return example(schema["allOf"][0], depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object" and depth < 4:
        return {name: example(part, depth + 1) for name, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema.get("items", {}), depth + 1)]
    texts = {"date-time": "2026-03-01T08:00:00+08:00", "date": "2026-03-01", "decimal": "1.5"}
    fixed = {"integer": 1, "number": 1.5, "boolean": True}
    return fixed.get(str(kind), texts.get(schema.get("format", ""), "x"))


def named(operation: tuple[str, str, Any]) -> str:
    return f"{operation[0]} {operation[1]}"


@pytest.mark.parametrize("number", range(len(CHANGING)), ids=map(named, CHANGING))
def test_it_answers_garbage_bodies(send, number):
    """Each operation is sent a third of them, its neighbours the others: most are read by one parser."""
    method, path, _operation = CHANGING[number]
    for body in list(BODIES.values())[number % 3 :: 3]:
        send(method, filled(path), body)
    send(method, filled(path), BODIES["deep"], ("application/xml", "text/plain")[number % 2])


def fields(operation: dict[str, Any]) -> dict[str, Any] | None:
    """What one thing in a right body consists of, if it has fields at all."""
    right = example(body_schema(operation))
    row = right[0] if isinstance(right, list) and right else right
    return row if isinstance(row, dict) else None


WITH_FIELDS = [one for one in OPERATIONS if fields(one[2]) is not None]


@pytest.mark.parametrize(("method", "path", "operation"), WITH_FIELDS, ids=map(named, WITH_FIELDS))
def test_it_answers_wrong_types_in_each_field(send, method, path, operation):
    right, row = example(body_schema(operation)), fields(operation)
    for number, name in enumerate(row):
        for value in VALUES[number % 3 :: 3]:
            wrong = {**row, name: value}
            send(method, filled(path), json.dumps([wrong] if isinstance(right, list) else wrong).encode())
    send(method, filled(path), json.dumps(right).encode())


@pytest.mark.parametrize(("method", "path", "operation"), OPERATIONS, ids=map(named, OPERATIONS))
def test_it_answers_odd_addresses_and_parameters(send, method, path, operation):
    body = json.dumps(example(body_schema(operation))).encode()
    if "{" in path:
        for segment in SEGMENTS:
            send(method, filled(path, segment), body)
    names = [parameter["name"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"]
    for number, name in enumerate(sorted({*names, *COMMON.get(method, {"format"})} - {"token"})):
        for value in ("", "%00", "99999999999999999999", "%ED%A0%80")[number % 2 :: 2]:
            send(method, filled(path), body, query=f"{name}={value}")


def test_a_body_larger_than_allowed_is_refused(send):
    huge = b'["' + b"x" * (10 * 1024 * 1024) + b'"]'
    for path in ("/api/v1/orders/bulk", "/api/v1/alerts/cap"):
        assert send("put" if "bulk" in path else "post", path, huge).status_code in {413, 415, 422}


WITH_BODY = [one for one in OPERATIONS if "requestBody" in one[2]]


@functools.cache
def described() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return schemathesis.openapi.from_dict(SCHEMA)


@pytest.mark.parametrize(("method", "path", "_operation"), WITH_BODY, ids=map(named, WITH_BODY))
def test_it_answers_what_its_own_description_allows(send, method, path, _operation):
    """A few bodies that schemathesis makes up from the published description."""

    @settings(
        max_examples=3,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=described()[path][method.upper()].as_strategy())
    def check(case):
        body = b"" if isinstance(case.body, type(schemathesis.core.NOT_SET)) else as_bytes(case.body)
        path = filled(case.path, "1")
        send(case.method, path, body, case.media_type or "application/json")

    check()


def as_bytes(body: Any) -> bytes:
    return body if isinstance(body, bytes) else json.dumps(body).encode("utf-8", "surrogatepass")


@given(text=st.text(alphabet=st.characters(), max_size=40))
@settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
def test_it_answers_any_key(client, text):
    key = text.encode("utf-8", "replace").decode("latin-1").replace("\n", "").replace("\r", "")
    answer = client.get("/api/v1/orders", headers={"authorization": f"Bearer {key}"})
    assert answer.status_code == 401
