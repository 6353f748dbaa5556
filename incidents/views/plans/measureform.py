"""One measure as a form: proper fields for the parameters of every kind; those of the chosen kind are read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.roles import Post
from dispatch.models import Warehouse
from incidents.forms import CHOICE, TEXT
from incidents.models import MeasureKind, Phase, Plan, PlanMeasure
from incidents.params import MOST_DAYS
from incidents.plancheck import LONGEST_MINUTES
from incidents.views.rows import TypedRow, shown, typed_rows
from inventory.models import Item
from notifications.models import Template

UNITS = {1440: gettext_lazy("days"), 60: gettext_lazy("hours"), 1: gettext_lazy("minutes")}
# Words to people of our own, not to customers.
STAFF_TEMPLATES = ("call_out", "mention", "escalation", "reminder")


def area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={**TEXT, "rows": rows})


def boxes() -> forms.CheckboxSelectMultiple:
    return forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"})


class MeasureForm(forms.Form):
    """`measure` is the one being changed, None for a new one of `plan`."""

    name = forms.CharField(
        label=gettext_lazy("Name (Chinese)"),
        max_length=120,
        widget=forms.TextInput(attrs={**TEXT, "autofocus": True, "autocomplete": "off"}),
    )
    name_en = forms.CharField(
        label=gettext_lazy("Name (English)"), max_length=120, required=False, widget=forms.TextInput(attrs=TEXT)
    )
    instruction = forms.CharField(
        label=gettext_lazy("What to do (Chinese)"), max_length=4000, required=False, widget=area(3)
    )
    instruction_en = forms.CharField(
        label=gettext_lazy("What to do (English)"), max_length=4000, required=False, widget=area(3)
    )
    phase = forms.ChoiceField(label=gettext_lazy("Phase"), choices=Phase.choices, widget=forms.Select(attrs=CHOICE))
    post = forms.ChoiceField(label=gettext_lazy("Done by"), choices=Post.choices, widget=forms.Select(attrs=CHOICE))
    due = forms.IntegerField(
        label=gettext_lazy("Done within"),
        min_value=1,
        max_value=LONGEST_MINUTES,
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "numeric"}),
    )
    due_unit = forms.TypedChoiceField(
        label=gettext_lazy("Unit"), coerce=int, choices=list(UNITS.items())[::-1], widget=forms.Select(attrs=CHOICE)
    )
    code = forms.RegexField(
        r"^[a-z0-9][a-z0-9_-]{0,39}$",
        label=gettext_lazy("Code"),
        required=False,
        help_text=gettext_lazy("Left empty, it is made from the English name. It stays the same in every version."),
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "spellcheck": "false"}),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=MeasureKind.choices,
        widget=forms.Select(attrs={**CHOICE, "data-kind-switch": ""}),
    )
    posts = forms.MultipleChoiceField(
        label=gettext_lazy("Posts to be called"), required=False, choices=Post.choices, widget=boxes()
    )
    action = forms.ChoiceField(
        label=gettext_lazy("What the system does"),
        required=False,
        choices=[("close", gettext_lazy("Close the lanes hit")), ("reopen", gettext_lazy("Open them again"))],
        widget=forms.Select(attrs=CHOICE),
    )
    cost_cap = forms.DecimalField(
        label=gettext_lazy("Extra cost at most"),
        required=False,
        min_value=0,
        max_value=1000,
        help_text=gettext_lazy("Left empty, the level's own cap holds."),
        widget=forms.NumberInput(attrs={**TEXT, "step": "any", "inputmode": "decimal"}),
    )
    approve_each_wave = forms.BooleanField(
        label=gettext_lazy("Each wave needs its own approval"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    days = forms.IntegerField(
        label=gettext_lazy("Orders leave over"),
        required=False,
        min_value=1,
        max_value=MOST_DAYS,
        help_text=gettext_lazy("Left empty: three days, until the 48-hour target."),
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "numeric"}),
    )
    open_standby = forms.BooleanField(
        label=gettext_lazy("Standby warehouses may be opened"),
        required=False,
        help_text=gettext_lazy(
            "Those that a proposal uses are opened when it is approved; temporary ones only where the level allows it."
        ),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    template = forms.ChoiceField(
        label=gettext_lazy("Notice template"), required=False, widget=forms.Select(attrs=CHOICE)
    )
    warehouse = forms.ChoiceField(
        label=gettext_lazy("From the warehouse"), required=False, widget=forms.Select(attrs=CHOICE)
    )
    every_minutes = forms.IntegerField(
        label=gettext_lazy("Repeated every"),
        required=False,
        min_value=5,
        max_value=10_080,
        help_text=gettext_lazy("Left empty, the level's own interval holds."),
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "numeric"}),
    )
    after = forms.MultipleChoiceField(label=gettext_lazy("Begins after"), required=False, widget=boxes())
    needs_approval = forms.BooleanField(
        label=gettext_lazy("A person must approve it before it starts"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, data: QueryDict | None, *, plan: Plan, measure: PlanMeasure | None, phase: str = "") -> None:
        self.typed = data
        self.measure = measure
        super().__init__(data, initial=initial_of(measure) if measure else {"phase": phase, "due": 30, "due_unit": 1})
        others = plan.measures.exclude(code=measure.code if measure else "").order_by("order", "id")
        templates: dict[str, str] = {}
        for row in (
            Template.objects.filter(state="approved").exclude(code__in=STAFF_TEMPLATES).order_by("code", "-version")
        ):
            templates.setdefault(row.code, row.label)
        current = (measure.params.get("template") if measure else "") or ""
        if current:
            templates.setdefault(current, current)
        houses = [(row.pk, row.label) for row in Warehouse.objects.order_by("code")[:500]]
        choices: dict[str, list[Any]] = {
            "after": [(row.code, row.label) for row in others],
            "template": [("", "—"), *templates.items()],
            "warehouse": [("", _("the nearest to the incident")), *houses],
        }
        for name, found in choices.items():
            self.fields[name].choices = found  # type: ignore[attr-defined]

    @property
    def crews(self) -> list[dict[str, Any]]:
        """Rows of post, people to call, people to have on post."""
        if self.typed is not None:
            return [
                {"id": row.id, **{name: row.text(name) for name in ("post", "call", "need")}}
                for row in typed_rows(self.typed, "crews")
            ]
        stored = self.measure.params.get("crews", []) if self.measure else []
        return [{"id": f"r{number}", **row} for number, row in enumerate(stored)]

    @property
    def lines(self) -> list[dict[str, Any]]:
        if self.typed is not None:
            return [
                {"id": row.id, "item": row.text("item"), "quantity": row.text("quantity")}
                for row in typed_rows(self.typed, "lines")
            ]
        stored = self.measure.params.get("lines", []) if self.measure else []
        return [
            {"id": f"r{number}", "item": row["item"], "quantity": shown(row["quantity"])}
            for number, row in enumerate(stored)
        ]

    def lists(self) -> dict[str, Any]:
        """What the rows' selects offer."""
        return {"posts": Post.choices, "items": Item.objects.order_by("rank", "code")}

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("due") and values["due"] * values.get("due_unit", 1) > LONGEST_MINUTES:
            self.add_error("due", _("A year at most."))
        if values.get("kind") == MeasureKind.NOTIFY_CUSTOMERS and not values.get("template"):
            self.add_error("template", _("Choose what customers are told."))
        return values

    def values(self) -> dict[str, Any]:
        """The measure as `write_measure` takes it."""
        given = self.cleaned_data
        plain = ("code", "name", "name_en", "instruction", "instruction_en", "phase", "post", "kind", "needs_approval")
        return {
            **{name: given[name] for name in plain},
            "due_minutes": given["due"] * given["due_unit"],
            "after": given["after"],
            "params": self.params(),
        }

    def params(self) -> dict[str, Any]:
        given, kind = self.cleaned_data, self.cleaned_data["kind"]
        rows: dict[str, list[TypedRow]] = {
            name: typed_rows(self.typed or QueryDict(), name) for name in ("crews", "lines")
        }
        found: dict[str, Any] = {}
        if kind == MeasureKind.CALL_OUT:
            crews = [
                {"post": row.text("post"), "call": row.whole("call"), "need": row.whole("need")}
                for row in rows["crews"]
                if row.text("post")
            ]
            found = {"posts": given["posts"], "crews": crews}
        elif kind == MeasureKind.CLOSE_SCOPE:
            found = {"action": given["action"] or "close"}
        elif kind == MeasureKind.REROUTE:
            cap = given["cost_cap"]
            found = {
                "cost_cap": None if cap is None else float(cap) / 100,
                "approve_each_wave": given["approve_each_wave"] or None,
                "days": given["days"],
                "open_standby": given["open_standby"] or None,
            }
        elif kind == MeasureKind.NOTIFY_CUSTOMERS:
            found = {"template": given["template"]}
        elif kind == MeasureKind.ISSUE_SUPPLIES:
            lines = [
                {"item": row.text("item"), "quantity": row.figure("quantity")}
                for row in rows["lines"]
                if row.text("item") or row.text("quantity")
            ]
            found = {"lines": lines, "warehouse": given["warehouse"]}
        elif kind == MeasureKind.INTERNAL_REPORT:
            found = {"every_minutes": given["every_minutes"]}
        return {name: value for name, value in found.items() if value not in ("", None, [])}


def initial_of(measure: PlanMeasure) -> dict[str, Any]:
    unit = next(unit for unit in UNITS if measure.due_minutes % unit == 0)
    plain = ("code", "name", "name_en", "instruction", "instruction_en", "phase", "post", "kind", "needs_approval")
    params = measure.params
    cap = params.get("cost_cap")
    return {
        **{name: getattr(measure, name) for name in plain},
        "due": measure.due_minutes // unit,
        "due_unit": unit,
        "after": measure.after,
        "posts": params.get("posts", []),
        "action": params.get("action", "close"),
        "cost_cap": shown(cap, 100) if cap is not None else "",
        "approve_each_wave": params.get("approve_each_wave", False),
        "days": shown(params.get("days")) if params.get("days") else "",
        "open_standby": params.get("open_standby", False),
        "template": params.get("template", ""),
        "warehouse": params.get("warehouse", ""),
        "every_minutes": params.get("every_minutes"),
    }
