"""What people fill in about call-outs and posts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from incidents.forms import CHOICE, TEXT, to_the_second
from incidents.models import PostSeat, Proof
from incidents.queries.signin import successors
from journal.clock import now

OTHER = "other"


class ProofForm(forms.Form):
    """How we know that somebody else is on post."""

    proof = forms.ChoiceField(
        label=_("How do you know?"),
        choices=[(Proof.WITNESS, _("I see them here")), (Proof.PHONE, _("They rang, or I rang them"))],
        widget=forms.Select(attrs=CHOICE),
    )
    note = forms.CharField(
        label=_("Who rang, from where"),
        required=False,
        max_length=400,
        help_text=_("Needed after a phone call."),
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )


class ArrivalForm(ProofForm):
    """How we know that somebody else is on post, and since when."""

    arrived_at = to_the_second(
        label=_("On post since"),
    )

    def clean_arrived_at(self) -> Any:
        """Nobody arrives after now: the field's seconds may lie a moment behind the server's."""
        return min(self.cleaned_data["arrived_at"], now())


class DeclineForm(forms.Form):
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "autofocus": True}),
    )


class EtaForm(forms.Form):
    eta_minutes = forms.IntegerField(
        label=_("There in about (minutes)"),
        required=False,
        min_value=0,
        max_value=24 * 60,
        widget=forms.NumberInput(attrs={**TEXT, "inputmode": "numeric", "autofocus": True}),
    )


class PersonForm(forms.Form):
    """Somebody from the short list of who comes into question, or anybody by staff number or user name."""

    person = forms.ChoiceField(label=_("Who"), widget=forms.Select(attrs={**CHOICE, "autofocus": True}))
    other = forms.CharField(
        label=_("Somebody else"),
        required=False,
        max_length=80,
        help_text=_("Staff number or user name; goes before the choice above."),
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, seat: PostSeat, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["person"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            *((str(group), [(str(user.pk), user.label) for user in users]) for group, users in successors(seat)),
            (OTHER, _("Somebody else…")),
        ]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        other = (data.get("other") or "").strip()
        if other:
            found = User.objects.filter(Q(staff_no=other) | Q(username=other), is_active=True).first()
            if found is None:
                raise ValidationError({"other": _("There is nobody with this staff number or user name.")})
            data["user_id"] = found.pk
        elif data.get("person") == OTHER:
            raise ValidationError({"other": _("Enter a staff number or a user name.")})
        elif data.get("person"):
            data["user_id"] = int(data["person"])
        return data


class HandOverForm(PersonForm):
    note = forms.CharField(
        label=_("What the successor must know"),
        max_length=1000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 3}),
    )


class TakeOverForm(forms.Form):
    note = forms.CharField(
        label=_("Why, and what was agreed"),
        max_length=1000,
        widget=forms.Textarea(attrs={**TEXT, "rows": 3, "autofocus": True}),
    )


class SignInForm(ProofForm, PersonForm):
    """Who sits down, and how we know."""


class LeaveForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=400,
        widget=forms.TextInput(attrs={**TEXT, "autocomplete": "off", "autofocus": True}),
    )
