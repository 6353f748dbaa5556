"""How entries about reroutes read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dispatch.models import Zone
from journal.kinds import register, register_names

register(
    {
        "reroute.requested": _("Reroute %(run)s asked for: %(orders)s affected orders"),
        "reroute.proposed": _("Reroute %(run)s is ready: %(assigned)s orders get a lane, %(unroutable)s do not"),
        "reroute.approved": _("Reroute %(run)s approved: %(orders)s orders in %(waves)s waves"),
        "reroute.wave_applied": _("Wave %(wave)s (%(zone)s) applied: %(applied)s orders moved, %(skipped)s skipped"),
        "reroute.applied": _("Reroute %(run)s applied: %(applied)s orders moved, %(skipped)s skipped"),
        "reroute.rejected": _("Reroute %(run)s rejected"),
        "reroute.rolled_back": _("Reroute %(run)s rolled back: %(restored)s orders restored, %(kept)s had moved on"),
        "reroute.failed": _("Reroute %(run)s failed after %(attempts)s attempts"),
        "dispatch.assignments_answered": _(
            "The order system answered %(answered)s assignments, refused %(refused)s; %(restored)s orders went back"
        ),
    }
)
register_names("zone", lambda keys: {key: Zone(key).label for key in keys if key in Zone.values})
