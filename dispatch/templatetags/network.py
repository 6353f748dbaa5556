from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

register = template.Library()

KNOWN = {"standard": _("standard"), "express": _("express")}


@register.filter
def service(code: str) -> object:
    """A service level by name when it is one that everybody has, by its own code otherwise."""
    return KNOWN.get(code, code)


MODES = {"road": _("road"), "ground": _("road"), "air": _("air"), "rail": _("rail"), "sea": _("sea")}


@register.filter
def mode(code: str) -> object:
    """How a lane travels, by name when it is known."""
    return MODES.get(code.lower(), code)
