"""How the register reads what came in."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from alerts.models import Warning
from journal.kinds import ids, register, register_names

register(
    {
        "alert.received": _("Warning received: %(warning)s (%(regions)s)"),
        "alert.updated": _("Warning updated: %(warning)s (%(regions)s)"),
        "alert.cancelled": _("Warning cancelled: %(folded)s"),
    }
)


def warning_names(keys: list[str]) -> dict[str, str]:
    rows = Warning.objects.filter(pk__in=ids(keys))
    return {str(row.pk): str(row) for row in rows.only("headline", "event", "identifier")}


register_names("warning", warning_names)
