"""How the register reads what the stock ledger did."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from inventory.models import Item
from journal.kinds import register, register_names

register(
    {
        "inventory.received": _("%(warehouse)s: %(quantity)s × %(item)s received, %(after)s on hand"),
        "inventory.issued": _("%(warehouse)s: %(quantity)s × %(item)s issued, %(after)s left"),
        "inventory.returned": _("%(warehouse)s: %(quantity)s × %(item)s returned, %(after)s on hand"),
        "inventory.written_off": _("%(warehouse)s: %(quantity)s × %(item)s written off, %(after)s left"),
        "inventory.counted": _("%(warehouse)s: %(item)s counted, %(after)s on hand"),
        "inventory.undone": _("%(warehouse)s: entry for %(item)s undone, %(after)s on hand"),
        "inventory.supplies_issued": _("Supplies issued: %(issued)s"),
        "inventory.supplies_short": _("Supplies issued: %(issued)s; short: %(short)s"),
        "inventory.par_set": _("%(warehouse)s: par of %(item)s set to %(par)s"),
        "inventory.equipped": ngettext_lazy(
            "%(warehouses)s warehouse equipped, stock lines: %(lines)s",
            "%(warehouses)s warehouses equipped, stock lines: %(lines)s",
            "warehouses",
        ),
    }
)


def item_names(keys: list[str]) -> dict[str, str]:
    return {item.code: item.label for item in Item.objects.filter(code__in=keys)}


register_names("item", item_names)
