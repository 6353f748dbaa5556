"""Plans (预案): the list, one plan to be read and approved, and the plan as it was frozen on an incident."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from accounts.actors import Actor
from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from dispatch.models import Region
from incidents import operations
from incidents.models import Category, Decision, Incident, LegalClock, Plan
from incidents.views.answers import Sheet, gone_to
from inventory.models import Item
from journal.kinds import names_in

STEPS = {
    Plan.State.DRAFT: ("submit",),
    Plan.State.IN_REVIEW: ("approve",),
    Plan.State.APPROVED: ("draft", "retire"),
}


@needs(Permission.VIEW)
@require_GET
def plan_list(request: StaffRequest) -> HttpResponse:
    """Plans by category; of each the approved version, and whatever is being written."""
    rows = Plan.objects.exclude(state=Plan.State.RETIRED).prefetch_related("measures")
    order = list(Category.values)
    plans = sorted(rows, key=lambda plan: (order.index(plan.category), plan.level, plan.region_code, -plan.version))
    regions = {row.code: row.label for row in Region.objects.filter(code__in={plan.region_code for plan in plans})}
    groups = [
        (
            str(Category(category).label),
            [(plan, regions.get(plan.region_code, plan.region_code)) for plan in members],
        )
        for category, members in groupby(plans, key=lambda plan: plan.category)
    ]
    return render(request, "incidents/plans.html", {"groups": groups})


@needs(Permission.VIEW)
@require_GET
def plan_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One plan, to be read whole."""
    plan = get_object_or_404(Plan.objects.prefetch_related("measures"), pk=pk)
    context = plan_context(plan) | {
        "steps": step_buttons(plan) if request.actor.may(Permission.MANAGE_PLANS) else [],
        "versions": Plan.objects.filter(
            category=plan.category, level=plan.level, region_code=plan.region_code
        ).order_by("-version"),
    }
    return render(request, "incidents/plan.html", context)


def plan_context(plan: Plan) -> dict[str, Any]:
    region = Region.objects.filter(code=plan.region_code).first() if plan.region_code else None
    phases = [
        (rows[0].get_phase_display(), rows)
        for rows in (list(members) for _phase, members in groupby(plan.measures.all(), key=lambda row: row.phase))
    ]
    return {
        "plan": plan,
        "region": region.label if region else "",
        "phases": phases,
        "texts": [
            (_("Starts when"), plan.text("trigger")),
            (_("Objectives"), plan.text("objectives")),
            (_("May be closed when"), plan.text("exit_condition")),
            (_("Review"), plan.text("review")),
        ],
        "contacts": named_contacts(plan.contacts),
        "supplies": named_supplies(plan.supplies),
        "clocks": [row.label for row in LegalClock.objects.filter(code__in=plan.legal_clocks)],
        "approver": names_in([plan.approved_by]).get(plan.approved_by, plan.approved_by),
    }


def named_contacts(rows: list[dict[str, str]]) -> list[tuple[str, str]]:
    return [(in_language(row.get("name", ""), row.get("name_en", "")), row.get("phone", "")) for row in rows]


def named_supplies(rows: list[dict[str, Any]]) -> list[tuple[str, str]]:
    items = {item.code: item for item in Item.objects.filter(code__in=[row.get("item", "") for row in rows])}
    found = []
    for row in rows:
        item = items.get(row.get("item", ""))
        unit = item.unit_label if item else ""
        found.append((item.label if item else row.get("item", ""), f"{row.get('quantity', '')} {unit}".strip()))
    return found


def step_buttons(plan: Plan) -> list[tuple[str, str]]:
    labels = {
        "submit": _("Hand in for review"),
        "approve": _("Approve the plan"),
        "draft": _("Begin the next version"),
        "retire": _("Retire the plan"),
    }
    return [(step, labels[step]) for step in STEPS.get(plan.state, ())]


def draft_next(*, plan_id: int, by: Actor) -> Plan:
    return operations.draft_plan(source_id=plan_id, by=by)


@login_required
@require_http_methods(["GET", "POST"])
def plan_step(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Hand in, approve, send back or retire a plan, after its consequences were shown."""
    plan = get_object_or_404(Plan, pk=pk)
    acts: dict[str, Callable[..., Plan]] = {
        "submit": operations.submit_plan,
        "approve": operations.approve_plan,
        "draft": draft_next,
        "retire": operations.retire_plan,
    }
    labels = dict(step_buttons(plan))
    if action not in acts:
        raise Http404
    lines = {
        "approve": [
            _("Responses that start from now on use this version"),
            _("The version approved before is retired; running responses keep their own copy"),
        ],
        "draft": [_("A copy to be edited; the approved version stays in force until the copy is approved")],
        "retire": [_("Without an approved plan, a response runs a general minimum")],
    }
    sheet = Sheet(
        f"{plan.label} v{plan.version}",
        labels.get(action, _("Confirm")),
        lines.get(action, []),
        danger=action == "retire",
    )
    touched: list[Plan] = []
    response = sheet.answer(request, lambda values: touched.append(acts[action](plan_id=plan.pk, by=request.actor)))
    return gone_to(reverse("plan_detail", args=[touched[0].pk])) if touched else response


@login_required
@require_GET
def incident_plan(request: StaffRequest, pk: int) -> HttpResponse:
    """The facts of an incident, the plan as it was frozen when the response began, and what people wrote down."""
    incident = get_object_or_404(Incident.objects.select_related("plan"), pk=pk)
    frozen = incident.plan_snapshot

    def text(name: str) -> str:
        return in_language(frozen.get(name, ""), frozen.get(f"{name}_en", ""))

    decisions = list(incident.decisions.all())
    names = names_in(
        [incident.reported_by, incident.declared_by, incident.confirmed_by, *(row.made_by for row in decisions)]
    )
    context = {
        "incident": incident,
        "plan_name": text("name"),
        "version": frozen.get("version"),
        "texts": [
            (_("Objectives"), text("objectives")),
            (_("May be closed when"), text("exit_condition")),
            (_("Review"), text("review")),
        ],
        "contacts": named_contacts(frozen.get("contacts", [])),
        "people": [
            (_("Reported by"), names.get(incident.reported_by, incident.reported_by), incident.reported_at),
            (_("Declared by"), names.get(incident.declared_by, incident.declared_by), incident.declared_at),
            (_("Confirmed by"), names.get(incident.confirmed_by, incident.confirmed_by), incident.confirmed_at),
        ],
        "decisions": [(row, names.get(row.made_by, row.made_by)) for row in decisions],
        "kinds": dict(Decision.Kind.choices),
    }
    return render(request, "incidents/facts.html", context)
