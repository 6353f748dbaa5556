"""What a template's variable holds and how long it may be. Pure but for the Template it reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from notifications.models import Template

KINDS = {
    "text": pgettext_lazy("variable", "text"),
    "number": pgettext_lazy("variable", "number"),
    "time": pgettext_lazy("variable", "time"),
    "link": pgettext_lazy("variable", "link"),
}
LONGEST = {"text": 60, "number": 12, "time": 30, "link": 120}
NUMBER = re.compile(r"^-?[0-9][0-9,]*(\.[0-9]+)?$")

# What a name holds where a template does not say: the names that the house itself fills in.
KNOWN = {"url": "link", "eta": "time", "time": "time"} | dict.fromkeys(
    ["amt", "d", "left", "orders", "count"], "number"
)

# How people call what they have to write themselves.
NAMES = {
    "types": pgettext_lazy("variable", "kinds of data"),
    "harm": pgettext_lazy("variable", "possible harm"),
    "remedy": pgettext_lazy("variable", "what we do about it"),
    "todo": pgettext_lazy("variable", "what the person can do"),
    "contact": pgettext_lazy("variable", "contact"),
    "area": pgettext_lazy("variable", "area"),
    "text": pgettext_lazy("variable", "what is right"),
}


def name_of(variable: str) -> str:
    """A variable in the words of the active language; one that a template of the house's own brought stays as it is."""
    return str(NAMES.get(variable, variable))


@dataclass(frozen=True)
class Variable:
    name: str
    kind: str
    longest: int

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])


def kind_of(template: Template, name: str) -> Variable:
    kind = KNOWN.get(name, "text")
    return Variable(name, kind, LONGEST[kind])


def variables_of(template: Template) -> list[Variable]:
    return [kind_of(template, name) for name in template.variables]


def fits(variable: Variable, value: str) -> bool:
    """Whether a value is of the variable's kind and no longer than it may be."""
    if len(value) > variable.longest or "\x00" in value or "\n" in value or "\r" in value:
        return False
    if variable.kind == "number":
        return bool(NUMBER.match(value))
    return not (variable.kind == "link" and not value.startswith(("https://", "http://")))
