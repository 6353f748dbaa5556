"""What the routes of care need to be there; part of tests.authorisation.world."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from accounts.actors import Actor
from customers.models import Choice
from customers.operations import compensation, desk, exemptions, policies
from customers.policy import DEFAULT
from dispatch.models import Order
from incidents.models import Incident
from journal.clock import now


def build_care(boss: Actor, incident: Incident, order: Order) -> SimpleNamespace:
    """A late order with a proposed grant, an exempt span and a draft of the policy."""
    Order.objects.filter(pk=order.pk).update(first_promise_at=now() - timedelta(hours=30))
    run = compensation.propose_compensation(reference=incident.reference, scope="all", by=boss)
    span = exemptions.add_exempt_span(
        reference=incident.reference, starts_at=now(), title="封路", issuer="交通厅", document="7号", by=boss
    )
    draft = policies.write_policy(content={**DEFAULT, "pay_days": 5}, note="x", by=boss)
    complaint = desk.open_complaint(order_id=order.pk, words_of_customer="太慢", by=boss)
    choice = Choice.objects.create(
        order_id=order.pk,
        reference=incident.reference,
        recipient_id=1,
        kind="refund",
        state="asked",
        asked_at=now(),
        changed_at=now(),
    )
    return SimpleNamespace(run=run, span=span, draft=draft, complaint=complaint, choice=choice, order=order)


def care_prefixes(care: SimpleNamespace) -> dict[str, Any]:
    return {
        "api_compensation": care.run.pk,
        "compensation": care.run.pk,
        "api_span": care.span.pk,
        "span": care.span.pk,
        "api_complaint": care.complaint.pk,
        "complaint": care.complaint.pk,
        "api_customer_request": care.choice.pk,
        "desk": care.order.pk,
    }


def care_arguments(care: SimpleNamespace) -> dict[str, dict[str, Any]]:
    number = {"number": care.draft.number}
    found: dict[str, dict[str, Any]] = dict.fromkeys(("api_policy_approve", "api_policy_discard"), number)
    return found | {
        "policy_step": {**number, "step": "approve"},
        "notice_people_file": {"kind": "csv"},
        "care_rules": {"area": "care"},
        "span_step": {"step": "confirm"},
        "compensation_step": {"step": "grant"},
        "compensation_file": {"kind": "csv"},
    }
