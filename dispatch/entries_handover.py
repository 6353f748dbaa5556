"""The events that systems outside can subscribe to."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from notifications.events import declare

declare(
    {
        "reroute.proposed": _("a reroute is proposed"),
        "reroute.approved": _("a reroute is approved; its waves follow"),
        "reroute.applied": _("all waves of a reroute are applied"),
        "reroute.rolled_back": _("a reroute is rolled back"),
        "wave.applied": _("a wave is applied"),
        "assignments.available": _("new assignments can be pulled"),
        "network.closed": _("lanes or warehouses are closed"),
        "network.reopened": _("lanes or warehouses are open again"),
        "orders.refused": _("refused orders went back and await the next run"),
    }
)
