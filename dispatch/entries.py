"""How dispatch's journal entries read, and the names of what they mention."""

from __future__ import annotations

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from dispatch import entries_handover, entries_network, entries_reroute  # noqa: F401
from dispatch.models import Carrier, Lane, Region, Warehouse
from journal.kinds import ids, register, register_names

register(
    {
        "dispatch.orders_received": _(
            "Orders received: %(created)s new, %(updated)s changed, %(ignored)s known already, %(rejected)s rejected"
        ),
        "dispatch.stock_received": _(
            "Stock received: %(applied)s set, %(ignored)s known already, %(rejected)s rejected"
        ),
        "dispatch.network_imported": _(
            "Network imported: warehouses %(warehouses)s, lanes %(lanes)s, rates %(rates)s, orders %(orders)s"
        ),
        "dispatch.scope_closed": _("Closed %(scope)s: lanes %(lanes)s, warehouses %(warehouses)s"),
        "dispatch.scope_reopened": _("Opened again: lanes %(lanes)s, warehouses %(warehouses)s"),
        "dispatch.lane_degraded": _("%(lane)s runs with less than agreed"),
        "dispatch.lane_restored": _("%(lane)s runs as agreed again"),
        "dispatch.affected_refreshed": ngettext_lazy(
            "%(orders)s affected order frozen again (version %(version)s): %(added)s added, %(gone)s gone,"
            " %(changed)s changed",
            "%(orders)s affected orders frozen again (version %(version)s): %(added)s added, %(gone)s gone,"
            " %(changed)s changed",
            "orders",
        ),
        "dispatch.affected_frozen": ngettext_lazy(
            "%(orders)s affected order frozen (version %(version)s)",
            "%(orders)s affected orders frozen (version %(version)s)",
            "orders",
        ),
    }
)


def lanes(keys: list[str]) -> dict[str, object]:
    rows = Lane.objects.filter(pk__in=ids(keys))
    return {
        str(lane.pk): f"{lane.warehouse.label} → {lane.region.label} ({lane.carrier.label})"
        for lane in rows.select_related("warehouse", "region", "carrier")
    }


register_names("region", lambda keys: {row.code: row.label for row in Region.objects.filter(code__in=keys)})
register_names("warehouse", lambda keys: {row.code: row.label for row in Warehouse.objects.filter(code__in=keys)})
register_names("carrier", lambda keys: {row.code: row.label for row in Carrier.objects.filter(code__in=keys)})
register_names("lane", lanes)
# An order is named by its own number; who it is for is never looked up here.
register_names("order", lambda keys: {key: translate("order %(number)s") % {"number": key} for key in keys})
