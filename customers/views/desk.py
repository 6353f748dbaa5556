"""The support desk: find the customer, see all they were told, and do the next thing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from customers.assessment import Assessed, Verdict, assess_orders
from customers.models import ChoiceKind, ChoiceState, Complaint, ComplaintState
from customers.operations import desk
from customers.operations.policies import policy_in_force
from customers.queries.customer import choices_of, complaints_of, grants_of, matters_of, told, without_link
from customers.text import mask
from dispatch.models import Order
from dispatch.queries import visible_orders
from journal import clock
from journal.kinds import names_in
from journal.refusal import Refusal
from notifications.models import Template
from notifications.rendering import render as render_words

NO_KEY = 2**63 - 1
SHOWN = 50


@dataclass(frozen=True)
class Next:
    """The one thing to do now; `anchor` is where on the page."""

    label: str
    anchor: str = ""
    address: str = ""


@needs(Permission.SERVE_CUSTOMERS)
@require_GET
def desk_page(request: StaffRequest) -> HttpResponse:
    """The search, and the complaints that wait for an answer, the most urgent at the top."""
    waiting = list(Complaint.objects.filter(state=ComplaintState.OPEN).order_by("due_at")[:SHOWN])
    numbers = dict(
        visible_orders(request.actor).filter(pk__in=[row.order_id for row in waiting]).values_list("pk", "external_id")
    )
    rows = [(row, numbers[row.order_id]) for row in waiting if row.order_id in numbers]
    return render(request, "customers/desk.html", {"complaints": rows})


@needs(Permission.SERVE_CUSTOMERS)
@never_cache
@require_POST
def desk_search(request: StaffRequest) -> HttpResponse:
    """What exactly this number finds, masked. A POST: no phone number stands in an address or a log."""
    text = request.POST.get("text", "")[:64]
    found = desk.search(text=text, by=request.actor)
    if len(found) == 1:
        address = reverse("desk_order", args=[found[0].pk])
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    rows = [{"order": order, "phone": mask(order.phone) if order.phone else "—"} for order in found]
    return render(request, "customers/desk_found.html", {"rows": rows, "asked": bool(text.strip())})


@needs(Permission.SERVE_CUSTOMERS)
@never_cache
@require_GET
def desk_order(request: StaffRequest, pk: int) -> HttpResponse:
    return render(request, "customers/desk_order.html", order_context(request, find(request, pk)))


def find(request: StaffRequest, pk: int) -> Order:
    orders = visible_orders(request.actor).select_related("region", "warehouse", "carrier")
    return get_object_or_404(orders, pk=min(pk, NO_KEY))


def order_context(request: StaffRequest, order: Order) -> dict[str, Any]:
    matters = matters_of(order)
    names = names_in(matters)
    complaints = complaints_of(order)
    choices, grants = choices_of([order.pk]), grants_of([order.pk])
    assessed = assessment(order, matters)
    open_complaint = next((row for row in complaints if row.state == ComplaintState.OPEN), None)
    messages = told(order, matters)
    return {
        "order": order,
        "phone": mask(order.phone) if order.phone else "",
        "email": mask(order.email) if order.email else "",
        "name": f"{order.customer_name[:1]}**" if order.customer_name else "",
        "matters": [(reference, names.get(reference, reference)) for reference in matters],
        "told": messages,
        "choices": choices,
        "grants": grants,
        "assessed": assessed,
        "verdict": Verdict(assessed.verdict).label if assessed else "",
        "band": band_label(assessed.band) if assessed else "",
        "complaints": complaints,
        "open_complaint": open_complaint,
        "reasons": desk.UnmaskReason.choices,
        "replies": replies(order, matters),
        "next": next_step(
            matters,
            complaint=open_complaint,
            assessed=assessed,
            claimed=any(row.kind == ChoiceKind.CLAIM and row.state == ChoiceState.ASKED for row in choices),
            told_something=bool(messages),
        ),
        "now": clock.now(),
    }


def assessment(order: Order, matters: list[str]) -> Assessed | None:
    if not matters:
        return None
    try:
        return assess_orders(policy_in_force(), matters[0], [order.pk], clock.now()).get(order.pk)
    except Refusal:
        return None


def band_label(code: str) -> str:
    bands = policy_in_force().content["bands"]
    return next((in_language(band["name"], band["name_en"]) for band in bands if band["code"] == code), code)


def next_step(
    matters: list[str], *, complaint: Complaint | None, assessed: Assessed | None, claimed: bool, told_something: bool
) -> Next:
    if complaint is not None:
        return Next(_("Answer the complaint"), anchor="complaint")
    if claimed and assessed and assessed.verdict == Verdict.PAYABLE:
        address = reverse("compensation_matter", args=[matters[0]])
        return Next(_("Decide the claim: CNY %(amount)s is due") % {"amount": assessed.amount}, address=address)
    if matters and not told_something:
        return Next(_("Nobody told this customer yet: send a reply"), anchor="replies")
    return Next(_("Nothing waits: ask what the customer needs"), anchor="replies")


def replies(order: Order, matters: Sequence[str]) -> list[tuple[str, str, str]]:
    """(code, label, text as this customer would read it or why it cannot be sent) of every approved reply."""
    rows = Template.objects.filter(code__startswith=desk.REPLIES, state="approved", channel="sms").order_by(
        "code", "id"
    )
    names = {row.code: row.label.removeprefix("回复：").removeprefix("Reply: ") for row in rows}
    return [(code, name, text_of(order, matters, code)) for code, name in names.items()]


def text_of(order: Order, matters: Sequence[str], reply: str) -> str:
    try:
        words, known = desk.reply_words(order, matters, reply, "sms" if order.phone else "email")
    except Refusal as refusal:
        return str(refusal)
    return without_link(render_words(words.body, words.variables, known))


@needs(Permission.SERVE_CUSTOMERS)
@never_cache
@require_POST
def desk_unmask(request: StaffRequest, pk: int) -> HttpResponse:
    """Name, phone and e-mail in clear, for a reason that the journal keeps."""
    find(request, pk)
    shown = desk.unmask_customer(order_id=pk, reason=request.POST.get("reason", ""), by=request.actor)
    return render(request, "customers/desk_unmasked.html", shown)


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def desk_reply(request: StaffRequest, pk: int) -> HttpResponse:
    find(request, pk)
    given = request.POST
    desk.reply_to_customer(
        order_id=pk, template=given.get("template", ""), channel=given.get("channel", "sms"), by=request.actor
    )
    return back(request, pk)


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def desk_complain(request: StaffRequest, pk: int) -> HttpResponse:
    find(request, pk)
    desk.open_complaint(order_id=pk, words_of_customer=request.POST.get("words", ""), by=request.actor)
    return back(request, pk)


@needs(Permission.SERVE_CUSTOMERS)
@require_POST
def complaint_answer(request: StaffRequest, pk: int) -> HttpResponse:
    complaint = get_object_or_404(Complaint, pk=min(pk, NO_KEY))
    given = request.POST
    desk.answer_complaint(
        complaint_id=complaint.pk,
        answer=given.get("answer", ""),
        template=given.get("template", ""),
        channel=given.get("channel", "sms"),
        by=request.actor,
    )
    return back(request, complaint.order_id)


def back(request: StaffRequest, pk: int) -> HttpResponse:
    address = reverse("desk_order", args=[pk])
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
