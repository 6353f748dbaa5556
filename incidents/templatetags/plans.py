"""Spans of time and rows as the pages of plans and rules tell them."""

from __future__ import annotations

from collections.abc import Mapping

from django import template
from django.utils.translation import gettext as _

from accounts.naming import in_language

register = template.Library()


@register.filter
def lasts(minutes: object) -> str:
    """45 → "45 min", 90 → "1.5 h", 10080 → "7 d"; nothing → "—"; what is no number stays as it is."""
    if not isinstance(minutes, int):
        return str(minutes or "—")
    if minutes < 60:
        return _("%(number)s min") % {"number": minutes}
    if minutes < 2880:
        return _("%(number)s h") % {"number": f"{minutes / 60:.4g}"}
    return _("%(number)s d") % {"number": f"{minutes / 1440:.4g}"}


@register.filter
def item(row: Mapping[str, object] | None, key: str) -> object:
    """`row|item:"field"`: the value under a key that is itself a variable; nothing → ""."""
    value = (row or {}).get(key)
    return "" if value is None else value


@register.filter
def in_words(row: Mapping[str, str] | None, field: str) -> str:
    """`row|in_words:"name"`: name or name_en, as the active language wants."""
    return in_language((row or {}).get(field, ""), (row or {}).get(f"{field}_en", ""))
