"""What people fill in on the pages of command."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from incidents.models import Category, Incident, LegalClock, Level, OfficialClass, SeverityIndicator, WarningColor

TEXT = {"class": "form-control"}
CHOICE = {"class": "form-select"}


def to_the_second(**given: Any) -> forms.DateTimeField:
    """A field for when something was really done: local time, seconds and all."""
    attrs = {**TEXT, "type": "datetime-local", "step": "1"}
    return forms.DateTimeField(widget=forms.DateTimeInput(attrs=attrs, format="%Y-%m-%dT%H:%M:%S"), **given)


class ReportForm(forms.Form):
    """What happened, where, and what is known of it. Figures of the matrix come as `figure_<code>`."""

    category = forms.ChoiceField(label=_("Category"), choices=Category.choices, widget=forms.Select(attrs=CHOICE))
    title = forms.CharField(
        label=_("What happened, and where"),
        max_length=120,
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "autofocus": True}),
    )
    site = forms.CharField(
        label=_("Where people are to go"), required=False, max_length=200, widget=forms.TextInput(attrs=TEXT)
    )
    description = forms.CharField(
        label=_("Details"), required=False, max_length=4000, widget=forms.Textarea(attrs={**TEXT, "rows": 2})
    )
    occurred_at = forms.DateTimeField(
        label=_("When it happened"),
        required=False,
        help_text=_("Leave it empty when it happened just now."),
        widget=forms.DateTimeInput(attrs={**TEXT, "type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    official_class = forms.ChoiceField(
        label=_("Class given by the authorities"),
        required=False,
        choices=[("", _("none")), *OfficialClass.choices],
        widget=forms.Select(attrs=CHOICE),
    )
    warning_color = forms.ChoiceField(
        label=_("Warning in force"),
        required=False,
        choices=[("", _("none")), *WarningColor.choices],
        widget=forms.Select(attrs=CHOICE),
    )
    legal_clocks = forms.MultipleChoiceField(
        label=_("Duties by law"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
    )
    key = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        clocks = self.fields["legal_clocks"]
        assert isinstance(clocks, forms.MultipleChoiceField)
        clocks.choices = [(row.code, row.label) for row in LegalClock.objects.all()]
        self.estimated = list(SeverityIndicator.objects.filter(measured=False))
        for indicator in self.estimated:
            self.fields[f"figure_{indicator.code}"] = forms.DecimalField(
                label=indicator.label,
                required=False,
                min_value=0,
                max_value=10**12,
                widget=forms.NumberInput(attrs={**TEXT, "step": "any", "inputmode": "decimal"}),
            )

    def main_fields(self) -> list[dict[str, Any]]:
        """The first part of the form with the width of each field in Tabler's grid."""
        widths = {
            "title": "col-12",
            "category": "col-md-6",
            "occurred_at": "col-md-6",
            "site": "col-12",
            "description": "col-12",
            "official_class": "col-md-6",
            "warning_color": "col-md-6",
        }
        return [{"bound": self[name], "width": width} for name, width in widths.items()]

    def figures(self) -> list[tuple[SeverityIndicator, forms.BoundField]]:
        """The indicators that people estimate, with their fields."""
        return [(indicator, self[f"figure_{indicator.code}"]) for indicator in self.estimated]

    def indicators(self) -> dict[str, float]:
        """What was given, as the matrix wants it: a share of 15 (%) as 0.15."""
        values: dict[str, float] = {}
        for indicator in self.estimated:
            value = self.cleaned_data.get(f"figure_{indicator.code}")
            if value is not None:
                values[indicator.code] = float(value) / (100 if indicator.unit == SeverityIndicator.Unit.SHARE else 1)
        return values


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=1000, widget=forms.Textarea(attrs={**TEXT, "rows": 3, "autofocus": True})
    )


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 3, "autofocus": True}),
    )
    done_at = to_the_second(
        label=_("Done at"),
        required=False,
        help_text=_("Only when it was done earlier than now."),
    )


class LevelForm(forms.Form):
    """Which level, of those that are legal; a reason where the rules want one."""

    level = forms.TypedChoiceField(label=_("Level"), coerce=int, widget=forms.Select(attrs=CHOICE))
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={**TEXT, "rows": 2})
    )

    def __init__(self, *args: Any, levels: tuple[int, ...], names: dict[int, str], reason: str, **kwargs: Any) -> None:
        """`reason` is "no", "may" or "must"."""
        super().__init__(*args, **kwargs)
        field = self.fields["level"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [(level, f"{Level(level).label} {names.get(level, '')}".strip()) for level in levels]
        if reason == "no":
            del self.fields["reason"]
        else:
            self.fields["reason"].required = reason == "must"


MOMENT = {**TEXT, "type": "datetime-local"}


class RespondForm(LevelForm):
    """The level, and until when people expect it to last."""

    expected_end_at = forms.DateTimeField(
        label=_("Expected until"),
        required=False,
        help_text=_("Goes into the notice; empty means until further notice."),
        widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M"),
    )


class EstimateForm(forms.Form):
    """Until when people expect it to last now."""

    expected_end_at = forms.DateTimeField(
        label=_("Expected until"), widget=forms.DateTimeInput(attrs=MOMENT, format="%Y-%m-%dT%H:%M")
    )


class WarnForm(LevelForm):
    """Whose plan is prepared, and what people are told."""

    heed = forms.CharField(
        label=_("What to heed"), required=False, max_length=1000, widget=forms.Textarea(attrs={**TEXT, "rows": 2})
    )
    actions = forms.CharField(
        label=_("What people should do"),
        required=False,
        max_length=1000,
        help_text=_("Empty: the plan's measures of warning."),
        widget=forms.Textarea(attrs={**TEXT, "rows": 2}),
    )


class IncidentChoiceForm(forms.Form):
    """Another incident, of those offered."""

    incident = forms.TypedChoiceField(label=_("Incident"), coerce=int, widget=forms.Select(attrs=CHOICE))

    def __init__(self, *args: Any, offered: Iterable[Incident], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["incident"]
        assert isinstance(field, forms.TypedChoiceField)
        field.choices = [("", "—"), *((row.pk, f"{row.number} {row.title}") for row in offered)]


class MergeForm(IncidentChoiceForm):
    join_scope = forms.BooleanField(
        label=_("Its part of the network becomes part of the other's"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={**TEXT, "rows": 2})
    )


class ParentForm(IncidentChoiceForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["incident"].required = False
        self.fields["incident"].help_text = _("Empty: it stands by itself.")


class ReopenForm(ReasonForm):
    close_lanes = forms.BooleanField(
        label=_("Close its lanes and warehouses again"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )


class CloseForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=1000, widget=forms.Textarea(attrs={**TEXT, "rows": 3})
    )
    skip_open = forms.BooleanField(
        label=_("Skip the measures that are still open"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    reopen_lanes = forms.BooleanField(
        label=_("Open the lanes that are still closed"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    end_openings = forms.BooleanField(
        label=_("Put the warehouses that were opened for it back on standby"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, closed_lanes: int, opened: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not closed_lanes:
            del self.fields["reopen_lanes"]
        if not opened:
            del self.fields["end_openings"]


class DecisionForm(forms.Form):
    """What was decided, why, and what else was considered."""

    text = forms.CharField(
        label=_("What was decided"),
        max_length=4000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 3, "autofocus": True, "data-mentions": ""}),
    )
    reason = forms.CharField(
        label=_("Why"), required=False, max_length=4000, widget=forms.Textarea(attrs={**TEXT, "rows": 2})
    )
    alternatives = forms.CharField(
        label=_("What else was considered"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 2}),
    )
    occurred_at = to_the_second(
        label=_("Decided at"),
        required=False,
        help_text=_("Only when it was decided earlier than now."),
    )


class EvidenceForm(forms.Form):
    """To whom, how and when a duty by law was done."""

    evidence = forms.CharField(
        label=_("To whom, how, under which number"),
        max_length=4000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 2, "autofocus": True}),
    )
    reported_at = to_the_second(
        label=_("Reported at"),
        required=False,
        help_text=_("Only when it was reported earlier than now."),
    )


class ReviewForm(forms.Form):
    text = forms.CharField(
        label=_("What was learnt"), max_length=8000, widget=forms.Textarea(attrs={**TEXT, "rows": 6, "autofocus": True})
    )
