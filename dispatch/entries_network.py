"""How entries about the network read: what is closed and opened, what was edited and imported."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _

from dispatch.models import CarrierContract, Cause, Hub, WorkCalendar
from journal.kinds import register, register_names

register(
    {
        "dispatch.closure_explained": _("Said why it is closed: %(cause)s; expected to last until %(expected_until)s"),
        "dispatch.warehouse_opened": _(
            "%(warehouse)s opened: it can be used from %(usable_from)s, %(throughput)s orders a day"
        ),
        "dispatch.warehouse_usable": _("%(warehouse)s can be used now: %(throughput)s orders a day"),
        "dispatch.warehouse_on_standby": _("%(warehouse)s is on standby again"),
        "dispatch.warehouse_limited": _("%(warehouse)s runs at %(share)s %% of its capacity"),
        "dispatch.warehouse_unlimited": _("%(warehouse)s runs at its whole capacity again"),
        "dispatch.risk_changed": _("Risk of lanes in %(regions)s: %(risk)s %%"),
        "dispatch.part_added": _("Added %(part)s to the network"),
        "dispatch.part_changed": _("Changed %(part)s: %(changes)s"),
        "dispatch.part_retired": _("Retired %(part)s"),
        "dispatch.part_restored": _("Brought %(part)s back"),
        "dispatch.network_edited": _(
            "Network changed from the file %(file)s: %(added)s added, %(changed)s changed, %(retired)s retired"
        ),
    }
)


def moments(keys: list[str]) -> dict[str, object]:
    """Times in the reader's zone; a blank one was not said."""
    shown: dict[str, object] = {"": translate("an unknown time")}
    for key in keys:
        with suppress(ValueError):
            shown[key] = date_format(timezone.localtime(datetime.fromisoformat(key)), "m-d H:i")
    return shown


def causes(keys: list[str]) -> dict[str, object]:
    return {key: Cause(key).label if key in Cause.values else translate("cause not said") for key in keys}


register_names("moment", moments)
register_names("cause", causes)
register_names("hub", lambda keys: {row.code: row.label for row in Hub.objects.filter(code__in=keys)})
register_names("calendar", lambda keys: {row.code: row.label for row in WorkCalendar.objects.filter(code__in=keys)})
register_names(
    "contract",
    lambda keys: {
        row.number: translate("contract %(number)s") % {"number": row.number}
        for row in CarrierContract.objects.filter(number__in=keys)
    },
)
