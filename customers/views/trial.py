"""A panel of a template's page: its words as real customers would read them."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from customers import trial
from dispatch.models import AffectedSet
from journal.kinds import names_in
from notifications.models import Template

SETS = 20


@needs(Permission.VIEW)
@require_GET
def template_people(request: StaffRequest, pk: int) -> HttpResponse:
    """Three of a frozen set, the newest unless another is chosen, or the customer of the order that is asked for."""
    template = get_object_or_404(Template, pk=pk)
    number, chosen = request.GET.get("order", "").strip()[:64], request.GET.get("set", "")
    newest: dict[str, AffectedSet] = {}
    for row in AffectedSet.objects.filter(orders__gt=0).order_by("-id")[: SETS * 2]:
        newest.setdefault(row.reference, row)
    sets = list(newest.values())[:SETS]
    frozen = next((row for row in sets if str(row.pk) == chosen), sets[0] if sets else None)
    by = request.actor
    orders = trial.order_of(number, by) if number else trial.orders_of(frozen, by) if frozen else []
    names = names_in([row.reference for row in sets])
    context = {
        "template": template,
        "number": number,
        "frozen": frozen,
        "sets": [(row.pk, names.get(row.reference, row.reference)) for row in sets],
        "samples": trial.tried(template, orders),
    }
    return render(request, "customers/people_of_words.html", context)
