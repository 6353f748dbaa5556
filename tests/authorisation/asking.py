"""Asking a route as somebody, and reading what the answer says about being allowed."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse

from accounts.roles import Role
from tests.authorisation.routes import Route
from tests.test_api_garbage import SCHEMA, body_schema, example

VISITOR = "visitor"
WHO = (*Role.values, VISITOR)
LOGIN = "/accounts/login/"
OPERATIONS = {
    (path, method.upper()): operation
    for path, methods in SCHEMA["paths"].items()
    for method, operation in methods.items()
}
BODIES: dict[tuple[str, str], Any] = {
    ("api_incidents", "POST"): {"title": "x", "category": "traffic"},
    ("api_incident_respond", "POST"): {"level": 3},
    ("api_take_seat", "POST"): {},
    ("api_plans", "POST"): {"code": "x", "name": "x", "category": "traffic", "level": 3},
}


class House:
    """ask(route, method, who) → status; whatever it changed is rolled back."""

    def __init__(self, world: SimpleNamespace, arguments: dict[str, dict[str, Any]]) -> None:
        self.world, self.arguments = world, arguments
        self.clients = {who: Client(raise_request_exception=False) for who in WHO}
        for role in Role.values:
            self.clients[role].force_login(world.people[role], backend="accounts.backends.StaffBackend")
        self.machine = Client(raise_request_exception=False)
        self.bodies: dict[tuple[str, str], Any] = {}
        self.statuses: dict[tuple[str, str, str], int] = {}

    def ask(self, route: Route, method: str, who: str) -> int:
        """The status; 401 also for a page that sends to the log-in. Asked once, remembered afterwards."""
        cell = (route.name, method, who)
        if cell not in self.statuses:
            self.statuses[cell] = self.status(route, method, who)
        return self.statuses[cell]

    def address(self, route: Route) -> str:
        return reverse(route.name, kwargs={name: self.argument(route.name, name) for name in route.arguments})

    def room(self, route: Route) -> str:
        return str(resolve(self.address(route)).func.__module__).partition(".")[0]

    def status(self, route: Route, method: str, who: str) -> int:
        address = self.address(route)
        with transaction.atomic():
            answer = (
                self.machine_asks(route, address, method, who) if route.api else self.browser_asks(address, method, who)
            )
            transaction.set_rollback(True)
        if answer.status_code == 302 and answer.url.startswith(LOGIN):
            return 401
        return int(answer.status_code)

    def argument(self, route: str, name: str) -> Any:
        """The route's own argument, else that of routes whose names begin alike (the longest), else of all."""
        if name in self.arguments.get(route, {}):
            return self.arguments[route][name]
        alike = [prefix for prefix in self.arguments["prefix"] if route.startswith(prefix)]
        if name == "pk" and alike:
            return self.arguments["prefix"][max(alike, key=len)]
        return self.arguments["*"].get(name, 1)

    def browser_asks(self, address: str, method: str, who: str) -> Any:
        return self.clients[who].generic(method, address, b"", "application/x-www-form-urlencoded")

    def body_for(self, route: Route, address: str, method: str) -> Any:
        """A body that gets past the parser, so that a faulty one does not hide who was refused: the plausible one of
        the API's own description, or as little as possible."""
        key = (route.name, method)
        if key not in self.bodies:
            plausible = example(body_schema(operation_of(address, method)))
            tried = [BODIES.get(key), plausible, {}]
            known = [body for body in tried if body is not None]
            statuses = [self.sent(address, method, Role.ADMINISTRATOR, body).status_code for body in known]
            self.bodies[key] = next((b for b, status in zip(known, statuses, strict=True) if status != 400), known[0])
        return self.bodies[key]

    def sent(self, address: str, method: str, who: str, body: Any) -> Any:
        headers = {} if who == VISITOR else {"authorization": f"Bearer {self.world.keys[who]}"}
        raw = b"" if body is None else json.dumps(body).encode()
        with transaction.atomic():
            answer = self.machine.generic(method, address, raw, "application/json", headers=headers)
            transaction.set_rollback(True)
        return answer

    def machine_asks(self, route: Route, address: str, method: str, who: str) -> Any:
        body = None if method in {"GET", "DELETE"} else self.body_for(route, address, method)
        return self.sent(address, method, who, body)


def operation_of(address: str, method: str) -> dict[str, Any]:
    parts = address.strip("/").split("/")
    for (path, known), operation in OPERATIONS.items():
        pattern = path.strip("/").split("/")
        same = len(pattern) == len(parts) and all(
            a == b or a.startswith("{") for a, b in zip(pattern, parts, strict=True)
        )
        if known == method and same:
            return operation
    return {}
