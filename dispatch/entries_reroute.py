"""How entries about reroutes read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from dispatch.models import Goal, Zone
from journal.kinds import register, register_names

register(
    {
        "reroute.requested": ngettext_lazy(
            "Reroute %(run)s asked for: %(orders)s affected order",
            "Reroute %(run)s asked for: %(orders)s affected orders",
            "orders",
        ),
        "reroute.proposed": ngettext_lazy(
            "Reroute %(run)s is ready: %(assigned)s order gets a lane, %(unroutable)s without",
            "Reroute %(run)s is ready: %(assigned)s orders get a lane, %(unroutable)s without",
            "assigned",
        ),
        "reroute.approved": ngettext_lazy(
            "Reroute %(run)s approved: %(orders)s order, waves: %(waves)s",
            "Reroute %(run)s approved: %(orders)s orders, waves: %(waves)s",
            "orders",
        ),
        "reroute.wave_applied": ngettext_lazy(
            "Wave %(wave)s (%(zone)s) applied: %(applied)s order moved, %(skipped)s skipped",
            "Wave %(wave)s (%(zone)s) applied: %(applied)s orders moved, %(skipped)s skipped",
            "applied",
        ),
        "reroute.applied": ngettext_lazy(
            "Reroute %(run)s applied: %(applied)s order moved, %(skipped)s skipped",
            "Reroute %(run)s applied: %(applied)s orders moved, %(skipped)s skipped",
            "applied",
        ),
        "reroute.approval_asked": _("Reroute %(run)s sent to %(of)s for approval: it is beyond the level"),
        "reroute.authority_changed": _("Reroute %(run)s: level %(level)s decides now"),
        "reroute.adjusted": _("Reroute %(run)s asked for: reroute %(parent)s under other wishes"),
        "reroute.superseded": _("Reroute %(run)s gives way to another one"),
        "reroute.option_chosen": ngettext_lazy(
            "Reroute %(run)s: %(goal)s chosen, %(assigned)s order gets a lane",
            "Reroute %(run)s: %(goal)s chosen, %(assigned)s orders get a lane",
            "assigned",
        ),
        "reroute.polish_wanted": _("Reroute %(run)s: a better plan is sought"),
        "reroute.return_proposed": ngettext_lazy(
            "Reroute %(run)s asked for: %(orders)s order may go back to where it was",
            "Reroute %(run)s asked for: %(orders)s orders may go back to where they were",
            "orders",
        ),
        "reroute.advice_wanted": ngettext_lazy(
            "Reroute %(run)s asked for: %(orders)s order on the way needs new advice",
            "Reroute %(run)s asked for: %(orders)s orders on the way need new advice",
            "orders",
        ),
        "reroute.wave_approved": ngettext_lazy(
            "Wave %(wave)s (%(zone)s) approved: %(orders)s order",
            "Wave %(wave)s (%(zone)s) approved: %(orders)s orders",
            "orders",
        ),
        "reroute.wave_paused": _("Wave %(wave)s (%(zone)s) paused"),
        "reroute.wave_resumed": _("Wave %(wave)s (%(zone)s) goes on"),
        "reroute.wave_dropped": ngettext_lazy(
            "Wave %(wave)s (%(zone)s) dropped: %(orders)s order stays where it is",
            "Wave %(wave)s (%(zone)s) dropped: %(orders)s orders stay where they are",
            "orders",
        ),
        "reroute.wave_rolled_back": ngettext_lazy(
            "Wave %(wave)s (%(zone)s) rolled back: %(restored)s order restored, %(kept)s had moved on",
            "Wave %(wave)s (%(zone)s) rolled back: %(restored)s orders restored, %(kept)s had moved on",
            "restored",
        ),
        "reroute.stopped": ngettext_lazy(
            "Reroute %(run)s stopped: a wave could not be applied %(times)s time",
            "Reroute %(run)s stopped: a wave could not be applied %(times)s times",
            "times",
        ),
        "reroute.rejected": _("Reroute %(run)s rejected"),
        "reroute.rolled_back": ngettext_lazy(
            "Reroute %(run)s rolled back: %(restored)s order restored, %(kept)s had moved on",
            "Reroute %(run)s rolled back: %(restored)s orders restored, %(kept)s had moved on",
            "restored",
        ),
        "reroute.failed": ngettext_lazy(
            "Reroute %(run)s failed after %(attempts)s attempt",
            "Reroute %(run)s failed after %(attempts)s attempts",
            "attempts",
        ),
        "dispatch.assignments_answered": ngettext_lazy(
            "The order system answered %(answered)s assignment; refused: %(refused)s, went back: %(restored)s",
            "The order system answered %(answered)s assignments; refused: %(refused)s, went back: %(restored)s",
            "answered",
        ),
    }
)
register_names("zone", lambda keys: {key: Zone(key).label for key in keys if key in Zone.values})
register_names("goal", lambda keys: {key: Goal(key).label for key in keys if key in Goal.values})
