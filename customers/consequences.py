"""What other rules would do to what is drafted, sent and kept now; told before they are saved."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Channel
from accounts.naming import in_a_row
from customers.lately import WRITTEN_TO, midnight, waves_since
from customers.models import CareRules, NoticePolicy, NoticeRun, NoticeState
from journal import clock

OFTEN = f"""
SELECT count(*) FROM (SELECT {WRITTEN_TO} GROUP BY r.customer_ref HAVING count(*) >= %(cap)s) AS often
"""


def consequences(row: NoticePolicy | CareRules, values: Mapping[str, Any]) -> list[str]:
    """One sentence for each effect that the changed rules have at once; none when nothing happens but to what comes."""
    after = copy(row)
    for name, value in values.items():
        setattr(after, name, value)
    if isinstance(row, NoticePolicy) and isinstance(after, NoticePolicy):
        return [*approvals(row, after), *channels(row, after), *caps(row, after)]
    if isinstance(row, CareRules) and isinstance(after, CareRules):
        return wiped(row, after)
    return []


def approvals(row: NoticePolicy, after: NoticePolicy) -> list[str]:
    """Drafts that come to stand on the other side of the second person's limit."""
    was, will = row.second_approval_above, after.second_approval_above
    drafts = NoticeRun.objects.filter(state=NoticeState.DRAFT)
    number = drafts.filter(audience__gt=min(was, will), audience__lte=max(was, will)).count()
    if not number:
        return []
    if will < was:
        text = ngettext(
            "%(number)s drafted notice needs a second person from now on.",
            "%(number)s drafted notices need a second person from now on.",
            number,
        )
    else:
        text = ngettext(
            "%(number)s drafted notice may be sent by one person alone.",
            "%(number)s drafted notices may be sent by one person alone.",
            number,
        )
    return [text % {"number": number}]


def channels(row: NoticePolicy, after: NoticePolicy) -> list[str]:
    gone = [str(Channel(name).label) for name in row.channels if name not in after.channels]
    if not gone:
        return []
    return [_("Nobody is told by %(channels)s any more.") % {"channels": in_a_row(gone)}]


def caps(row: NoticePolicy, after: NoticePolicy) -> list[str]:
    """People who were told so often today that they hear nothing more."""
    if not after.cap_per_day or (row.cap_per_day and after.cap_per_day >= row.cap_per_day):
        return []
    today = waves_since(midnight(clock.now()), exercise=None)
    with connection.cursor() as cursor:
        cursor.execute(OFTEN, {"waves": today, "cap": after.cap_per_day})
        number = cursor.fetchone()[0]
    if not number:
        return []
    text = ngettext(
        "%(number)s person was told as often today already and is left out until tomorrow.",
        "%(number)s people were told as often today already and are left out until tomorrow.",
        number,
    )
    return [text % {"number": f"{number:,}"}]


def wiped(row: CareRules, after: CareRules) -> list[str]:
    found = []
    if after.address_days < row.address_days:
        found.append(
            ngettext(
                "New addresses answered more than %(days)s day ago are wiped within a day, for good.",
                "New addresses answered more than %(days)s days ago are wiped within a day, for good.",
                after.address_days,
            )
            % {"days": after.address_days}
        )
    if after.keep_days < row.keep_days:
        found.append(
            _("Comments, complaints and contacts older than %(days)s days are wiped within a day, for good.")
            % {"days": after.keep_days}
        )
    return found
