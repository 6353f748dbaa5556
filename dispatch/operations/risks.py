"""What threatens regions: warnings tell the network, and the lanes there become riskier."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from dispatch.models import Region, RegionRisk
from dispatch.operations.steps import NETWORK, lock_reference, moment
from journal import operations as journal
from journal.refusal import Invalid


class BadRisk(Invalid):
    """A risk is a number from 0 to 1."""


@transaction.atomic
def set_region_risks(
    *,
    reference: str,
    risks: Mapping[str, float],
    by: Actor,
    until: datetime | None = None,
    exercise: int | None = None,
) -> int:
    """Let `reference` ("warning:12") threaten regions {code: 0…1} until `until`; return how many are threatened now.

    What it threatened before and does not name now is taken back: no regions at all takes everything back. Codes that
    the network does not know are left out. Lanes from, into and through a region and what lies inside it have at
    least its risk (dispatch.queries.lane_risks). Journals dispatch.risk_changed, nothing when nothing changed.
    Raises BadRisk, NotAllowed.
    """
    by.require(Permission.FILE_WARNING)
    if any(not 0 <= risk <= 1 for risk in risks.values()):
        raise BadRisk(_("A risk is a number from 0 to 1."))
    lock_reference(f"risk:{reference}", exercise)
    mine = RegionRisk.objects.filter(reference=reference, exercise=exercise)
    before = {row.region_id: (row.risk, row.until) for row in mine}
    known = set(Region.objects.filter(code__in=risks).values_list("code", flat=True))
    wanted = {code: (float(risks[code]), until) for code in sorted(known) if risks[code] > 0}
    if wanted == before:
        return len(wanted)
    mine.delete()
    RegionRisk.objects.bulk_create(
        RegionRisk(region_id=code, reference=reference, exercise=exercise, risk=risk, until=end)
        for code, (risk, end) in wanted.items()
    )
    journal.write(
        kind="dispatch.risk_changed",
        subject=NETWORK,
        by=by,
        reference=reference,
        exercise=exercise,
        payload={
            "regions": [f"region:{code}" for code in wanted or before],
            "risk": round(100 * max((risk for risk, _until in wanted.values()), default=0)),
            "until": moment(until),
        },
    )
    return len(wanted)
