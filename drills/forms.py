"""What a browser may send to start an exercise."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from drills.operations.running import FASTEST, SCRIPTS
from incidents.models import Plan


class StartForm(forms.Form):
    """A prepared script, or a plan with a time factor."""

    script = forms.ChoiceField(choices=[("", ""), *((code, code) for code in SCRIPTS)], required=False)
    plan = forms.ModelChoiceField(
        Plan.objects.filter(state=Plan.State.APPROVED).order_by("category", "level"),
        required=False,
        label=_("Plan to practise"),
    )
    factor = forms.FloatField(min_value=1, max_value=FASTEST, initial=60, label=_("Times faster than life"))
