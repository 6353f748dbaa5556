"""Filling a template's declared variables into its text. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from string import Template as Text

DRILL_PREFIX = "【演练】"
LINE_BREAKS = re.compile(r"[\r\n\x00-\x08\x0b\x0c\x0e-\x1f\x85\u2028\u2029]+")


def placeholders(text: str) -> set[str]:
    """The names a text uses. Raises ValueError for a stray "$"."""
    if not Text(text).is_valid():
        raise ValueError('a "$" that is not part of ${name} must be written "$$"')
    return set(Text(text).get_identifiers())


def missing(declared: Iterable[str], variables: Mapping[str, object]) -> list[str]:
    """Declared variables that have no value; a blank value counts as none."""
    return [name for name in declared if variables.get(name) in (None, "")]


def render(text: str, declared: Iterable[str], variables: Mapping[str, object]) -> str:
    """`text` with its declared variables filled in. Values are data: a "$" inside one stays as it is."""
    return Text(text).substitute({name: str(variables[name]) for name in declared})


def render_line(text: str, declared: Iterable[str], variables: Mapping[str, object]) -> str:
    """The same for a subject line: a value cannot begin another header."""
    return LINE_BREAKS.sub(" ", render(text, declared, variables)).strip()
