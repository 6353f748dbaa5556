"""Compensation for the browser: a matter with what it would cost, a run with its decision, and finance's files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from customers.assessment import Line, Verdict, simulate
from customers.models import (
    Choice,
    ChoiceKind,
    ChoiceState,
    CompensationPolicy,
    CompensationRun,
    ExemptSpan,
    Grant,
    GrantState,
    RunScope,
)
from customers.operations import choices, compensation, compensation_out, exemptions
from customers.operations.policies import policy_in_force
from customers.policy import needs_second
from customers.queries.notices import exercise_of
from customers.refusals import BadSpan
from customers.views.files import file_of
from dispatch.excel import Column
from dispatch.models import AffectedSet, Order
from journal import clock
from journal.kinds import actor_name, names_in
from notifications.queries import batch_progress

SHOWN, LARGEST_GRANTS, CHUNK = 30, 50, 2_000
DONE = {GrantState.GRANTED, GrantState.EXPORTED}


def labels(content: dict[str, Any], part: str) -> dict[str, str]:
    return {row["code"]: in_language(row["name"], row["name_en"]) for row in content[part]}


def named(lines: list[Line], names: Mapping[str, str | Promise], blank: str = "") -> list[dict[str, Any]]:
    return [
        {"label": names.get(line.code, line.code) or blank, "orders": line.orders, "amount": line.amount}
        for line in lines
    ]


@needs(Permission.VIEW)
@require_GET
def compensation_list(request: StaffRequest) -> HttpResponse:
    """The newest runs, and the matters one may be made for."""
    runs = list(CompensationRun.objects.select_related("policy")[:SHOWN])
    matters = list(dict.fromkeys(AffectedSet.objects.order_by("-id").values_list("reference", flat=True)[: SHOWN * 3]))[
        :SHOWN
    ]
    names = names_in([*matters, *(run.reference for run in runs)])
    return render(
        request,
        "customers/compensation_list.html",
        {
            "runs": [(run, names.get(run.reference, run.reference)) for run in runs],
            "matters": [(reference, names.get(reference, reference)) for reference in matters],
            "policy": CompensationPolicy.objects.filter(state="in_force").first(),
        },
    )


@needs(Permission.VIEW)
@require_GET
def compensation_matter(request: StaffRequest, reference: str) -> HttpResponse:
    """What compensating a matter would cost now, and why the others get nothing; simulated, nothing is changed."""
    return render(request, "customers/compensation_matter.html", matter_context(request, reference))


def matter_context(request: StaffRequest, reference: str, **more: Any) -> dict[str, Any]:
    sets = AffectedSet.objects.filter(reference=reference)
    if not sets.exists():
        raise Http404
    scope = request.GET.get("scope", RunScope.DELIVERED)
    scope = scope if scope in RunScope.values else RunScope.DELIVERED
    policy, moment = policy_in_force(), clock.now()
    found = simulate(policy, reference, scope, moment)
    spans = list(ExemptSpan.objects.filter(reference=reference))
    titles = {span.pk: span.title for span in spans}
    claims = Choice.objects.filter(reference=reference, kind=ChoiceKind.CLAIM, state=ChoiceState.ASKED).count()
    actor = request.actor
    people = names_in([*(span.added_by for span in spans), *(span.decided_by for span in spans)])
    return {
        "reference": reference,
        "matter": names_in([reference]).get(reference, reference),
        "scope": scope,
        "scopes": RunScope.choices,
        "found": found,
        "bands": named(found.bands, labels(policy.content, "bands")),
        "tiers": named(found.tiers, labels(policy.content, "tiers"), _("everybody else")),
        "others": named(found.others, dict[str, str | Promise](Verdict.choices)),
        "excused": [(", ".join(titles.get(pk, str(pk)) for pk in ids), number) for ids, number in found.excused],
        "spans": [
            {
                "span": span,
                "by": actor_name(span.added_by, people),
                "decider": span.decided_by and actor_name(span.decided_by, people),
                "mine": span.added_by == str(actor),
            }
            for span in spans
        ],
        "claims": claims,
        "runs": list(CompensationRun.objects.filter(reference=reference)),
        "policy": policy,
        "second": needs_second(policy.content, largest=found.largest, amount=found.amount),
        "may_serve": actor.may(Permission.SERVE_CUSTOMERS),
        "may_approve": actor.may(Permission.APPROVE_COMPENSATION),
        **more,
    }


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def compensation_propose(request: StaffRequest, reference: str) -> HttpResponse:
    run = compensation.propose_compensation(
        reference=reference, scope=request.POST.get("scope", RunScope.DELIVERED), by=request.actor
    )
    return there(request, "compensation", run.pk)


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def claims_refuse(request: StaffRequest, reference: str) -> HttpResponse:
    choices.refuse_claims(reference=reference, by=request.actor)
    return there(request, "compensation_matter", reference)


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def span_add(request: StaffRequest, reference: str) -> HttpResponse:
    given = request.POST
    try:
        exemptions.add_exempt_span(
            reference=reference,
            starts_at=moment_of(given.get("starts_at", "")) or clock.now(),
            ends_at=moment_of(given.get("ends_at", "")),
            title=given.get("title", ""),
            issuer=given.get("issuer", ""),
            document=given.get("document", ""),
            address=given.get("address", "").strip(),
            regions=given.get("regions", "").replace("，", ",").replace(",", " ").split(),
            warehouses=given.get("warehouses", "").replace("，", ",").replace(",", " ").split(),
            exercise=exercise_of(reference),
            by=request.actor,
        )
    except BadSpan as refusal:
        context = matter_context(request, reference, refusal=str(refusal), typed=given)
        return render(request, "customers/compensation_matter.html", context, status=422)
    return there(request, "compensation_matter", reference)


def moment_of(text: str) -> datetime | None:
    """What a datetime-local field holds, in the reader's zone. Raises BadSpan."""
    if not text.strip():
        return None
    try:
        return timezone.make_aware(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError) as error:
        raise BadSpan(_("Give the time as a date and an hour.")) from error


@needs(Permission.VIEW)
@require_POST
def span_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """confirm or withdraw."""
    if step not in exemptions.STEPS:
        raise Http404
    compensation.require_say(request.actor)
    span = get_object_or_404(ExemptSpan, pk=pk)
    exemptions.STEPS[step](span_id=pk, by=request.actor)
    return there(request, "compensation_matter", span.reference)


@needs(Permission.VIEW)
@require_GET
def compensation_page(request: StaffRequest, pk: int) -> HttpResponse:
    """A run: what it comes to, who decided, its largest grants, and the one step that comes next."""
    run = get_object_or_404(CompensationRun.objects.select_related("policy"), pk=pk)
    content = run.policy.content
    grants = list(Grant.objects.filter(run=run).order_by("-amount", "id")[:LARGEST_GRANTS])
    numbers = dict(Order.objects.filter(pk__in=[row.order_id for row in grants]).values_list("pk", "external_id"))
    bands, tiers = labels(content, "bands"), labels(content, "tiers")
    people = names_in([run.reference, run.proposed_by, run.decided_by, run.granted_by])
    second = needs_second(content, largest=run.largest, amount=run.amount)
    actor = request.actor
    own = run.proposed_by == str(actor)
    may_approve = actor.may(Permission.APPROVE_COMPENSATION if second else Permission.SERVE_CUSTOMERS)
    return render(
        request,
        "customers/compensation.html",
        {
            "run": run,
            "matter": people.get(run.reference, run.reference),
            "people": {name: actor_name(getattr(run, name), people) for name in WHO},
            "grants": [
                {
                    "grant": row,
                    "number": numbers.get(row.order_id, "…"),
                    "band": bands.get(row.band, row.band),
                    "tier": tiers.get(row.tier, row.tier),
                }
                for row in grants
            ],
            "more": max(run.orders - len(grants), 0),
            "second": second,
            "limits": (Decimal(content["order_limit"]), Decimal(content["batch_limit"])),
            "own": own,
            "may_approve": may_approve and not (second and own),
            "may_serve": actor.may(Permission.SERVE_CUSTOMERS),
            "may_reject": actor.may(Permission.SERVE_CUSTOMERS if own else Permission.APPROVE_COMPENSATION),
            "told": batch_progress(run.batch) if run.batch else None,
            "done": run.state in DONE,
        },
    )


WHO = ("proposed_by", "decided_by", "granted_by")


@needs(Permission.VIEW)
@require_POST
def compensation_step(request: StaffRequest, pk: int, step: str) -> HttpResponse:
    """approve, grant, export, reject, or reject-order."""
    compensation.require_say(request.actor)
    get_object_or_404(CompensationRun, pk=pk)
    given = request.POST
    if step == "reject":
        compensation.reject_compensation(run_id=pk, by=request.actor, reason=given.get("reason", ""))
    elif step == "reject-order":
        number = given.get("order", "")[:64]
        orders = list(Order.objects.filter(external_id=number).values_list("pk", flat=True))
        compensation.reject_grants(run_id=pk, order_ids=orders, by=request.actor, reason=given.get("reason", ""))
    elif step in compensation_out.STEPS:
        compensation_out.STEPS[step](run_id=pk, by=request.actor)
    else:
        raise Http404
    return there(request, "compensation", pk)


def there(request: StaffRequest, name: str, key: object) -> HttpResponse:
    address = reverse(name, args=[key])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def cells(run: CompensationRun) -> Iterator[tuple[Any, ...]]:
    """A row per living grant, in the order of the grants, read in chunks."""
    content, after = run.policy.content, 0
    bands, tiers = labels(content, "bands"), labels(content, "tiers")
    while True:
        rows = list(
            Grant.objects.filter(run=run, pk__gt=after).exclude(state=GrantState.REJECTED).order_by("pk")[:CHUNK]
        )
        if not rows:
            return
        orders = Order.objects.in_bulk([row.order_id for row in rows])
        for row in rows:
            order = orders.get(row.order_id)
            yield (
                *(order.external_id if order else "", order.customer_ref if order else "", row.amount),
                *(bands.get(row.band, row.band), tiers.get(row.tier, row.tier), row.late_hours, row.exempt_hours),
                str(GrantState(row.state).label),
            )
        after = rows[-1].pk


def columns() -> list[Column]:
    return [
        Column(_("Order"), width=22),
        Column(_("Customer's number"), width=18),
        Column(_("Amount, yuan"), "number", 14),
        Column(_("Band"), width=26),
        Column(_("Tier"), width=14),
        Column(_("Hours late"), "number", 12),
        Column(_("Hours exempt"), "number", 12),
        Column(_("State"), width=12),
    ]


@needs(Permission.SERVE_CUSTOMERS)
@require_GET
def compensation_file(request: StaffRequest, pk: int, kind: str) -> FileResponse | HttpResponse:
    """The grants for finance, as Excel or CSV."""
    run = get_object_or_404(CompensationRun.objects.select_related("policy"), pk=pk)
    title = _("Compensation %(number)s") % {"number": run.pk}
    return file_of(request, kind, columns(), cells(run), title=title, name=f"compensation-{run.pk}")
