"""The measures of a draft: the list, one in the side sheet, and moving or removing one."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from incidents import operations
from incidents.models import Phase, Plan, PlanMeasure
from incidents.refusals import ChangedMeanwhile
from incidents.views.plans.measureform import MeasureForm
from incidents.views.plans.saving import based_on, revised
from incidents.views.plans.sections import measures_context
from journal.refusal import Refusal

FIELD_OF = {"params": "kind", "measures": "kind", "item": "kind", "quantity": "kind", "due_minutes": "due"}


def plan_with_measures(pk: int) -> Plan:
    return get_object_or_404(Plan.objects.prefetch_related("measures"), pk=pk)


@needs(Permission.MANAGE_PLANS)
@require_GET
def plan_measures(request: StaffRequest, pk: int) -> HttpResponse:
    """The list by phases."""
    return render(request, "incidents/plan_measures.html", measures_context(plan_with_measures(pk)))


@needs(Permission.MANAGE_PLANS)
@require_http_methods(["GET", "POST"])
def plan_measure(request: StaffRequest, pk: int, code: str = "") -> HttpResponse:
    """One measure in the side sheet, or a new one of ?phase=; saved by a post, which closes the sheet."""
    plan = get_object_or_404(Plan, pk=pk)
    measure = get_object_or_404(PlanMeasure, plan=plan, code=code) if code else None
    phase = request.GET.get("phase", "")
    form = MeasureForm(
        request.POST if request.method == "POST" else None,
        plan=plan,
        measure=measure,
        phase=phase if phase in Phase.values else Phase.RESPONSE,
    )
    if request.method != "POST":
        return measure_sheet(request, plan, form)
    base = based_on(request)
    if not form.is_valid():
        return measure_sheet(request, plan, form, status=422, base=base)
    try:
        operations.write_measure(
            plan_id=pk, code=code or None, values=form.values(), by=request.actor, expected_version=base
        )
    except ChangedMeanwhile as refusal:
        return measure_sheet(request, plan, form, status=412, refusal=str(refusal))
    except Refusal as refusal:
        field = str(refusal.extra.get("field", ""))
        field = FIELD_OF.get(field, field)
        form.add_error(field if field in form.fields else None, str(refusal))
        return measure_sheet(request, plan, form, status=refusal.status, base=base)
    plan.refresh_from_db()
    return revised(HttpResponse(status=204), request, plan, done={"message": ""})


def measure_sheet(
    request: StaffRequest,
    plan: Plan,
    form: MeasureForm,
    *,
    status: int = 200,
    base: int | None = None,
    refusal: str = "",
) -> HttpResponse:
    """`base` stays what the form was drawn from; after a conflict it is the newest, so that saving again succeeds."""
    context = {
        "plan": plan,
        "form": form,
        "title": form.measure.label if form.measure else _("New measure"),
        "base": base or plan.revision,
        "refusal": refusal,
        **form.lists(),
    }
    return render(request, "incidents/plan_measure.html", context, status=status)


@needs(Permission.MANAGE_PLANS)
@require_POST
def plan_measure_act(request: StaffRequest, pk: int, code: str, action: str) -> HttpResponse:
    """Move a measure up or down, or remove it; the list comes back, also when it was changed meanwhile."""
    base = based_on(request)
    status, refusal = 200, ""
    try:
        if action in {"up", "down"}:
            operations.move_measure(plan_id=pk, code=code, up=action == "up", by=request.actor, expected_version=base)
        elif action == "remove":
            operations.remove_measure(plan_id=pk, code=code, by=request.actor, expected_version=base)
        else:
            raise Http404
    except ChangedMeanwhile as error:
        status, refusal = error.status, str(error)
    plan = plan_with_measures(pk)
    response = render(
        request, "incidents/plan_measures.html", {**measures_context(plan), "refusal": refusal}, status=status
    )
    return response if refusal else revised(response, request, plan)
