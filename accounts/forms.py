"""What people fill in about the roster."""

from __future__ import annotations

import zoneinfo
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import HIGHEST_RANK, DayHandling, Duty, MemberDays, Rotation, TurnUnit
from accounts.operations import RotationFacts
from accounts.roles import Post, rank_name

MINUTES = "%Y-%m-%dT%H:%M"
CLOCK_TIME = forms.TimeInput(format="%H:%M", attrs={"type": "time"})
DAY = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


def local_text(at: datetime) -> str:
    """As a datetime-local field has it, in the reader's zone."""
    return f"{timezone.localtime(at):{MINUTES}}"


class SwapForm(forms.Form):
    """Who takes over which time of which post and rank."""

    post = forms.ChoiceField(choices=Post.choices)
    region_code = forms.CharField(max_length=6, required=False)
    rank = forms.IntegerField(min_value=0, max_value=HIGHEST_RANK, required=False)
    user_id = forms.IntegerField(min_value=1, max_value=2**62, error_messages={"required": _("Choose a person.")})
    starts_at = forms.DateTimeField(input_formats=[MINUTES, f"{MINUTES}:%S"])
    ends_at = forms.DateTimeField(input_formats=[MINUTES, f"{MINUTES}:%S"])
    reason = forms.CharField(max_length=200, required=False)

    @classmethod
    def of(cls, duty: Duty, at: datetime) -> SwapForm:
        """All that is left of a turn."""
        return cls(
            {
                "post": duty.post,
                "region_code": duty.region_code,
                "rank": duty.rank,
                "starts_at": local_text(max(duty.starts_at, at)),
                "ends_at": local_text(duty.ends_at),
            }
        )

    def value(self, name: str) -> Any:
        return self.data.get(name, "")

    def is_bound_with_a_span(self) -> bool:
        """Whether it says which post and when, though not yet who."""
        return not set(self.errors) - {"user_id"}

    def clean_rank(self) -> int:
        return self.cleaned_data["rank"] or 0


class RotationForm(forms.Form):
    """A rotation's facts. The people stand in the order of their turns; blank places are left out."""

    name = forms.CharField(label=_("Name of the rotation"), max_length=120)
    name_en = forms.CharField(label=_("Name in English"), max_length=120, required=False)
    post = forms.ChoiceField(label=_("Post"), choices=Post.choices)
    region_code = forms.CharField(
        label=_("Region"),
        max_length=6,
        required=False,
        help_text=_("Region code (GB/T 2260); headquarters when blank."),
    )
    rank = forms.TypedChoiceField(label=_("Rank"), coerce=int, choices=[])
    length = forms.IntegerField(label=_("A turn lasts"), min_value=1, max_value=744)
    unit = forms.ChoiceField(label=_("Counted in"), choices=TurnUnit.choices)
    hand_over = forms.TimeField(label=_("Hand-over at"), input_formats=["%H:%M", "%H:%M:%S"], widget=CLOCK_TIME)
    zone = forms.ChoiceField(label=_("Time zone"), choices=[])
    starts_on = forms.DateField(label=_("First turn on"), input_formats=["%Y-%m-%d"], widget=DAY)
    ends_on = forms.DateField(label=_("Last day"), input_formats=["%Y-%m-%d"], required=False, widget=DAY)
    calendar = forms.ChoiceField(label=_("Days off"), choices=DayHandling.choices)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            choice = isinstance(field, forms.ChoiceField)
            field.widget.attrs["class"] = "form-select" if choice else "form-control"
        self.choose("rank", [(str(rank), rank_name(rank)) for rank in range(HIGHEST_RANK + 1)])
        zones = sorted(zone for zone in zoneinfo.available_timezones() if "/" in zone and not zone.startswith("Etc/"))
        self.choose("zone", [(zone, zone) for zone in zones])

    def choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    @classmethod
    def of(cls, rotation: Rotation) -> RotationForm:
        fields = {name: getattr(rotation, name) for name in cls.base_fields}
        return cls(initial=fields)

    @classmethod
    def blank(cls, at: datetime) -> RotationForm:
        """A weekly rotation that begins next Monday at eight."""
        today = timezone.localtime(at).date()
        monday = today + timedelta(days=7 - today.weekday())
        return cls(
            initial={
                "length": 7,
                "unit": TurnUnit.DAYS,
                "hand_over": "08:00",
                "zone": "Asia/Shanghai",
                "starts_on": monday,
                "rank": 0,
            }
        )

    def people(self, field: str) -> list[int]:
        texts = self.data.getlist(field) if hasattr(self.data, "getlist") else []
        return [int(text) for text in texts if text.isascii() and text.isdigit() and len(text) < 18]

    def facts(self) -> RotationFacts:
        fields = {name: value for name, value in self.cleaned_data.items() if name != "version"}
        return RotationFacts(**fields, people=self.people(MemberDays.WORKING), rest_people=self.people(MemberDays.REST))
