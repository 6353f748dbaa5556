"""The list of plans, and one plan to be read whole."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.naming import in_language
from accounts.roles import Permission
from dispatch.models import Region
from incidents import queries
from incidents.models import Category, LegalClock, Phase, Plan, PlanMeasure, SeverityIndicator
from incidents.views.plans.steps import step_buttons
from incidents.views.rows import shown
from inventory.models import Item
from journal.kinds import names_in
from journal.models import Entry

ORDER = {phase: place for place, phase in enumerate(Phase.values)}


@needs(Permission.VIEW)
@require_GET
def plan_list(request: StaffRequest) -> HttpResponse:
    """Plans by category; of each the approved version, and whatever is being written."""
    rows = Plan.objects.exclude(state=Plan.State.RETIRED).prefetch_related("measures")
    order = list(Category.values)
    plans = sorted(rows, key=lambda plan: (order.index(plan.category), plan.level, plan.region_code, -plan.version))
    regions = region_names({plan.region_code for plan in plans})
    groups = [
        (
            str(Category(category).label),
            [(plan, regions.get(plan.region_code, plan.region_code)) for plan in members],
        )
        for category, members in groupby(plans, key=lambda plan: plan.category)
    ]
    (everywhere,) = queries.coverage([""])
    return render(request, "incidents/plans.html", {"groups": groups, "gaps": everywhere.gaps, "tab": "plans"})


def region_names(codes: set[str]) -> dict[str, str]:
    return {row.code: row.label for row in Region.objects.filter(code__in=codes)}


@needs(Permission.VIEW)
@require_GET
def plan_detail(request: StaffRequest, pk: int) -> HttpResponse:
    """One plan, to be read whole."""
    plan = get_object_or_404(Plan.objects.prefetch_related("measures"), pk=pk)
    versions = Plan.objects.filter(category=plan.category, level=plan.level, region_code=plan.region_code)
    may = request.actor.may(Permission.MANAGE_PLANS)
    context = plan_context(plan) | {
        "steps": step_buttons(plan) if may else [],
        "may_edit": may and plan.state == Plan.State.DRAFT,
        "versions": versions.order_by("-version"),
        "people": people_of(plan),
        "tab": "plans",
    }
    return render(request, "incidents/plan.html", context)


def people_of(plan: Plan) -> list[tuple[str, str, Any]]:
    """Who drafted, handed in and approved it, and when."""
    drafted = Entry.objects.filter(subject=f"plan:{plan.pk}", kind="plan.drafted").first()
    rows = [
        (_("Drafted by"), plan.drafted_by, drafted.occurred_at if drafted else None),
        (_("Handed in by"), plan.submitted_by, plan.submitted_at),
        (_("Approved by"), plan.approved_by, plan.approved_at),
    ]
    names = names_in([who for _label, who, _at in rows])
    fixed = {"system": _("shipped with Fenghuo")}
    return [(label, names.get(who) or fixed.get(who) or who, at) for label, who, at in rows if who]


def plan_context(plan: Plan) -> dict[str, Any]:
    region = Region.objects.filter(code=plan.region_code).first() if plan.region_code else None
    return {
        "plan": plan,
        "topic": f"plan:{plan.pk}",
        "region": region.label if region else plan.region_code,
        "phases": [(str(Phase(phase).label), rows) for phase, rows in by_phase(plan) if rows],
        "texts": [
            (_("Starts when"), plan.text("trigger")),
            (_("Objectives"), plan.text("objectives")),
            (_("May be closed when"), plan.text("exit_condition")),
            (_("Review"), plan.text("review")),
        ],
        "contacts": named_contacts(plan.contacts),
        "supplies": named_supplies(plan.supplies),
        "clocks": LegalClock.objects.filter(code__in=plan.legal_clocks),
        "conditions": named_conditions(plan.auto_conditions),
    }


def by_phase(plan: Plan) -> list[tuple[str, list[PlanMeasure]]]:
    """Every phase with its measures in order; each measure with its instructions and the names it waits for."""
    rows = sorted(plan.measures.all(), key=lambda row: (ORDER[row.phase], row.order, row.pk))
    names = {row.code: row.label for row in rows}
    for row in rows:
        row.instructions = in_language(row.instruction, row.instruction_en)  # type: ignore[attr-defined]
        row.waits_for = [names.get(code, code) for code in row.after]  # type: ignore[attr-defined]
    return [(phase, [row for row in rows if row.phase == phase]) for phase in Phase.values]


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


def named_conditions(rows: list[dict[str, Any]]) -> list[str]:
    """ "受阻线路占比 ≥ 15 %"."""
    known = {row.code: row for row in SeverityIndicator.objects.filter(code__in=[row["indicator"] for row in rows])}
    found = []
    for row in rows:
        indicator = known.get(row["indicator"])
        share = indicator is not None and indicator.unit == SeverityIndicator.Unit.SHARE
        figure = f"{shown(row['at_least'], 100)} %" if share else shown(row["at_least"])
        found.append(f"{indicator.label if indicator else row['indicator']} ≥ {figure}")
    return found
