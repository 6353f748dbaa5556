"""How entries about reroutes read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from dispatch.models import Goal, Zone
from journal.kinds import register, register_names

register(
    {
        "reroute.requested": _("Reroute %(run)s asked for: %(orders)s affected orders"),
        "reroute.proposed": _("Reroute %(run)s is ready: %(assigned)s orders get a lane, %(unroutable)s do not"),
        "reroute.approved": _("Reroute %(run)s approved: %(orders)s orders in %(waves)s waves"),
        "reroute.wave_applied": _("Wave %(wave)s (%(zone)s) applied: %(applied)s orders moved, %(skipped)s skipped"),
        "reroute.applied": _("Reroute %(run)s applied: %(applied)s orders moved, %(skipped)s skipped"),
        "reroute.approval_asked": _("Reroute %(run)s sent to %(of)s for approval: it is beyond the level"),
        "reroute.authority_changed": _("Reroute %(run)s: level %(level)s decides now"),
        "reroute.adjusted": _("Reroute %(run)s asked for: reroute %(parent)s under other wishes"),
        "reroute.superseded": _("Reroute %(run)s gives way to another one"),
        "reroute.option_chosen": _("Reroute %(run)s: %(goal)s chosen, %(assigned)s orders get a lane"),
        "reroute.polish_wanted": _("Reroute %(run)s: a better plan is sought"),
        "reroute.return_proposed": _("Reroute %(run)s asked for: %(orders)s orders may go back to where they were"),
        "reroute.advice_wanted": _("Reroute %(run)s asked for: %(orders)s orders on the way need new advice"),
        "reroute.wave_approved": _("Wave %(wave)s (%(zone)s) approved: %(orders)s orders"),
        "reroute.wave_paused": _("Wave %(wave)s (%(zone)s) paused"),
        "reroute.wave_resumed": _("Wave %(wave)s (%(zone)s) goes on"),
        "reroute.wave_dropped": _("Wave %(wave)s (%(zone)s) dropped: %(orders)s orders stay where they are"),
        "reroute.wave_rolled_back": _(
            "Wave %(wave)s (%(zone)s) rolled back: %(restored)s orders restored, %(kept)s had moved on"
        ),
        "reroute.stopped": _("Reroute %(run)s stopped: a wave could not be applied %(times)s times"),
        "reroute.rejected": _("Reroute %(run)s rejected"),
        "reroute.rolled_back": _("Reroute %(run)s rolled back: %(restored)s orders restored, %(kept)s had moved on"),
        "reroute.failed": _("Reroute %(run)s failed after %(attempts)s attempts"),
        "dispatch.assignments_answered": _(
            "The order system answered %(answered)s assignments, refused %(refused)s; %(restored)s orders went back"
        ),
    }
)
register_names("zone", lambda keys: {key: Zone(key).label for key in keys if key in Zone.values})
register_names("goal", lambda keys: {key: Goal(key).label for key in keys if key in Goal.values})
