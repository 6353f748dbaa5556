"""A new draft: empty, or as a copy of any plan."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from accounts.views.answers import gone_to
from dispatch.models import Region
from incidents import operations
from incidents.forms import CHOICE
from incidents.models import Category, Level, Plan
from incidents.queries import level_names
from incidents.views.answers import Sheet


def region_choices() -> list[Any]:
    """Provinces, each with its cities, for a select with groups."""
    rows = list(Region.objects.filter(level__in=["province", "city"]).order_by("code"))
    groups: dict[str, list[tuple[str, str]]] = {}
    names: dict[str, str] = {}
    for row in rows:
        province = row.code[:2]
        if row.level == "province":
            names[province] = row.label
        groups.setdefault(province, []).append((row.code, row.label))
    return [(names.get(province, province), members) for province, members in groups.items()]


class NewPlanForm(forms.Form):
    category = forms.ChoiceField(
        label=gettext_lazy("Category"), choices=Category.choices, widget=forms.Select(attrs=CHOICE)
    )
    level = forms.TypedChoiceField(label=gettext_lazy("Level"), coerce=int, widget=forms.Select(attrs=CHOICE))
    region_code = forms.ChoiceField(
        label=gettext_lazy("Where it holds"), required=False, widget=forms.Select(attrs=CHOICE)
    )
    source = forms.TypedChoiceField(
        label=gettext_lazy("Begin with"),
        coerce=int,
        required=False,
        empty_value=None,
        widget=forms.Select(attrs=CHOICE),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = level_names()
        plans = Plan.objects.exclude(state=Plan.State.RETIRED).order_by("category", "level", "region_code", "-version")
        choices = {
            "level": [(level, f"{Level(level).label} {names.get(level, '')}".strip()) for level in Level.values],
            "region_code": [("", _("everywhere")), *region_choices()],
            "source": [("", _("an empty plan")), *((plan.pk, f"{plan.label} v{plan.version}") for plan in plans)],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]


@needs(Permission.MANAGE_PLANS)
@require_http_methods(["GET", "POST"])
def plan_new(request: StaffRequest) -> HttpResponse:
    """Category, level, where it holds, and what to begin with; goes on to the editor."""
    wanted = {name: request.GET.get(name, "") for name in ("category", "level", "region_code", "source")}
    form = NewPlanForm(request.POST if request.method == "POST" else None, initial=wanted)
    sheet = Sheet(_("Begin a plan"), _("Begin the draft"), [_("Nothing is in force before it is approved")], form)
    made: list[Plan] = []

    def act(values: dict[str, Any]) -> None:
        made.append(
            operations.draft_plan(
                source_id=values["source"],
                category=values["category"],
                level=values["level"],
                region_code=values["region_code"],
                by=request.actor,
            )
        )

    response = sheet.answer(request, act)
    return gone_to(reverse("plan_edit", args=[made[0].pk])) if made else response
