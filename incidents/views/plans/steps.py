"""The steps of a plan's life, each after its consequences were shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from accounts.views.answers import gone_to
from incidents import operations, queries
from incidents.forms import TEXT
from incidents.models import Plan
from incidents.views.answers import Sheet, seen

STEPS = {
    Plan.State.DRAFT: ("submit", "delete"),
    Plan.State.IN_REVIEW: ("approve", "send_back"),
    Plan.State.APPROVED: ("draft", "retire"),
    Plan.State.RETIRED: ("draft",),
}


class SendBackForm(forms.Form):
    note = forms.CharField(
        label=gettext_lazy("What has to be changed"),
        max_length=4000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 4, "autofocus": True}),
    )


def step_buttons(plan: Plan) -> list[tuple[str, str]]:
    labels = {
        "submit": _("Hand in for review"),
        "approve": _("Approve the plan"),
        "send_back": _("Send back"),
        "draft": _("Begin the next version"),
        "retire": _("Retire the plan"),
        "delete": _("Delete the draft"),
    }
    return [(step, labels[step]) for step in STEPS.get(plan.state, ())]


def consequences(plan: Plan, action: str) -> list[str]:
    if action == "approve":
        current = queries.in_force(plan)
        lines = [_("Responses that start from now on use this version")]
        if current is not None:
            version = {"version": current.version}
            lines.append(
                _("Version %(version)s, in force until now, is retired; running responses keep their own copy")
                % version
            )
            lines.append(
                format_html(
                    '<a href="{}" target="_blank">{}</a>',
                    reverse("plan_diff", args=[current.pk, plan.pk]),
                    _("Compare with version %(version)s, which is in force") % version,
                )
            )
        return lines
    return {
        "submit": [_("It cannot be edited while it is in review"), _("Another person who may approve plans decides")],
        "send_back": [_("It becomes a draft again, with your note at the top")],
        "draft": [_("A copy to be edited; the approved version stays in force until the copy is approved")],
        "retire": [_("Without an approved plan, a response runs a general minimum")],
        "delete": [_("The draft and its measures are gone for good; other versions stay")],
    }.get(action, [])


@needs(Permission.VIEW)
@require_http_methods(["GET", "POST"])
def plan_step(request: StaffRequest, pk: int, action: str) -> HttpResponse:
    """Hand in, approve, send back, retire or delete a plan, or begin its next version."""
    plan = get_object_or_404(Plan, pk=pk)
    acts: dict[str, Callable[..., Any]] = {
        "submit": operations.submit_plan,
        "approve": operations.approve_plan,
        "send_back": operations.send_back_plan,
        "retire": operations.retire_plan,
        "delete": operations.delete_plan,
        "draft": operations.draft_plan,
    }
    if action not in acts:
        raise Http404
    form = SendBackForm(request.POST if request.method == "POST" else None) if action == "send_back" else None
    sheet = Sheet(
        f"{plan.label} v{plan.version}",
        dict(step_buttons(plan)).get(action, _("Confirm")),
        consequences(plan, action),
        form,
        danger=action in {"retire", "delete"},
        version=plan.revision,
    )
    made: list[Plan] = []

    def act(values: dict[str, Any]) -> None:
        if action == "draft":
            made.append(operations.draft_plan(source_id=plan.pk, by=request.actor))
        else:
            acts[action](plan_id=plan.pk, by=request.actor, expected_version=seen(request), **values)

    response = sheet.answer(request, act)
    if response.status_code != 204:
        return response
    if action == "delete":
        return gone_to(reverse("plan_list"))
    return gone_to(reverse("plan_edit", args=[made[0].pk]) if made else reverse("plan_detail", args=[plan.pk]))
