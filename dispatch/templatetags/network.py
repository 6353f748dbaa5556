from __future__ import annotations

from django import template
from django.utils.translation import gettext_lazy as _

from dispatch.models.network import service_name

register = template.Library()


@register.filter
def service(code: str) -> object:
    """A service level by name when it is one that everybody has, by its own code otherwise."""
    return service_name(code)


MODES = {"road": _("road"), "ground": _("road"), "air": _("air"), "rail": _("rail"), "sea": _("sea")}


@register.filter
def mode(code: str) -> object:
    """How a lane travels, by name when it is known."""
    return MODES.get(code.lower(), code)


@register.filter
def week(days: list[int]) -> str:
    """Days of the week as one reads them: 一二三四五, or Mon Tue Wed."""
    names = [_("Mon"), _("Tue"), _("Wed"), _("Thu"), _("Fri"), _("Sat"), _("Sun")]
    if len(days) == len(names):
        return str(_("every day"))
    return " ".join(str(names[day - 1]) for day in days if 1 <= day <= len(names))
