"""How the pages answer an act: a form in the sheet, a refusal in it, or "done"."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.http import StaffRequest
from accounts.views.answers import done
from incidents.models import Incident
from incidents.queries import legal_steps
from incidents.refusals import illegal
from journal.refusal import AlreadyDone, Refusal


def seen(request: HttpRequest) -> int | None:
    """The version that the person looked at before deciding."""
    value = request.GET.get("seen", "")
    return int(value) if value.isdecimal() else None


@dataclass
class Sheet:
    """A question with its consequences, what must be filled in, and the button that is named by its effect.

    `version` is the one that was looked at: the sheet sends it back, and `seen` reads it.
    """

    question: str
    verb: str
    consequences: Iterable[str] = ()
    form: Form | None = None
    danger: bool = False
    version: int | None = None
    refusal: str = field(default="")
    # A template between the fields and the buttons, with what it needs.
    extra: str = ""
    context: Mapping[str, object] = field(default_factory=dict)
    wide: bool = False
    # What one may do instead: (label, address of its sheet).
    other: tuple[str, str] | None = None

    def show(self, request: HttpRequest, status: int = 200) -> HttpResponse:
        context = {
            "question": self.question,
            "verb": self.verb,
            "consequences": list(self.consequences),
            "form": self.form,
            "danger": self.danger,
            "refusal": self.refusal,
            "extra": self.extra,
            "wide": self.wide,
            "files": self.extra != "",
            "other": self.other,
            **self.context,
            "action": f"{request.path}?sheet=1" + (f"&seen={self.version}" if self.version is not None else ""),
        }
        return render(request, "fragments/sheet.html", context, status=status)

    def answer(self, request: HttpRequest, act: Callable[[dict[str, Any]], object], said: object = "") -> HttpResponse:
        """GET shows the sheet. POST does `act` with the form's values; a refusal is shown in the sheet, which stays."""
        if request.method != "POST":
            return self.show(request)
        if self.form is not None and not self.form.is_valid():
            return self.show(request, status=422)
        try:
            act(self.form.cleaned_data if self.form is not None else {})
        except AlreadyDone:
            pass  # a double click
        except Refusal as refusal:
            self.refusal = str(refusal)
            return self.show(request, status=refusal.status)
        return done(said)


def data_of(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else None


def levels_for(incident: Incident, action: str) -> tuple[int, ...]:
    """The levels that may be chosen now. Raises IllegalTransition when the state allows none."""
    for step in legal_steps(incident):
        if step.action == action:
            return step.levels
    raise illegal(incident, action)


# A choice that changes what the sheet says: it is fetched again with what is filled in.
LOOK_AGAIN = {"hx-trigger": "change", "hx-target": "#sheet-content", "hx-include": "closest form"}


def filled_in(request: HttpRequest) -> dict[str, str]:
    """What was filled in when the sheet was fetched again."""
    return {name: str(value) for name, value in request.GET.items() if name not in {"sheet", "seen"}}


def chosen(request: HttpRequest, default: int, levels: tuple[int, ...]) -> int:
    """The level that is being looked at in the sheet."""
    value = request.POST.get("level") or request.GET.get("level") or ""
    return int(value) if value.isdecimal() and int(value) in levels else default


Act = Callable[[dict[str, Any]], object]
# Makes the sheet of a step, and the act that its answer leads to.
Maker = Callable[[Incident, StaffRequest, str], tuple[Sheet, Act]]


def by_form(operation: Callable[..., object], incident: Incident, request: StaffRequest) -> Act:
    """The act of an operation that takes the form's fields as they are."""

    def act(values: dict[str, Any]) -> object:
        return operation(incident_id=incident.pk, by=request.actor, expected_version=seen(request), **values)

    return act
