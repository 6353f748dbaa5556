"""Orders in transit: where they should be, and what a run proposes for them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.utils.translation import gettext as _

from dispatch.models import Assignment, AssignmentKind, Detour, DetourReason, LaneLeg, RerouteRun

# The table "standing" of this transaction: every order of `{who}`, all in transit, with the leg it should be on by now,
# and what it was told last. A time of dispatch that was assumed (dispatched_version below 0) tells nothing, nor does a
# lane whose legs have no hours. Those told to go on by another lane are on its leg `by_leg` once they have passed the
# hub. `key` says which case an order is.
STANDINGS = """
CREATE TEMPORARY TABLE standing ON COMMIT DROP AS
WITH legs AS MATERIALIZED (
    SELECT lane_id, CASE WHEN count(*) = count(hours) THEN array_agg(upto ORDER BY position) END AS until,
        array_agg(hub_id ORDER BY position) AS hubs
    FROM (
        SELECT l.id AS lane_id, g.position, g.hub_id,
            coalesce(g.hours, CASE WHEN g.id IS NULL THEN l.transit_hours END) AS hours,
            sum(coalesce(g.hours, l.transit_hours)::float8) OVER (PARTITION BY l.id ORDER BY g.position) AS upto
        FROM dispatch_lane l LEFT JOIN dispatch_laneleg g ON g.lane_id = l.id
    ) summed GROUP BY lane_id
),
standing AS MATERIALIZED (
    SELECT a.order_id, a.order_version, a.lane_id, 1 + width_bucket(gone.hours, legs.until) AS leg,
        coalesce(last.kind, '') AS told, last.hub_id AS at, coalesce(NOT last.accepted, false) AS refused,
        last.id AS since, last.lane_id AS by, CASE WHEN past.hours >= 0 THEN 1 + width_bucket(
            past.hours + onward.until[array_position(onward.hubs, last.hub_id)], onward.until) END AS by_leg
    FROM ({who}) a
    LEFT JOIN legs ON legs.lane_id = a.lane_id
    LEFT JOIN LATERAL (
        SELECT s.id, s.kind, s.hub_id, s.lane_id, n.accepted FROM dispatch_assignment s
        LEFT JOIN dispatch_assignmentanswer n ON n.assignment_id = s.id
        WHERE s.order_id = a.order_id AND s.kind IN ('detour', 'hold', 'turn_back', 'resume')
            AND s.exercise IS NOT DISTINCT FROM %(exercise)s::bigint
        ORDER BY s.id DESC LIMIT 1
    ) last ON true
    LEFT JOIN legs onward ON onward.lane_id = last.lane_id AND last.hub_id = ANY(onward.hubs)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN coalesce(a.dispatched_version, 0) >= 0
            THEN date_part('epoch', %(now)s::timestamptz - a.dispatched_at) / 3600 END AS hours
    ) gone
    CROSS JOIN LATERAL (
        SELECT CASE WHEN onward.until IS NOT NULL
            THEN gone.hours - legs.until[array_position(legs.hubs, last.hub_id)] END AS hours
    ) past
)
SELECT *, concat_ws('|', coalesce(lane_id, 0), coalesce(leg, 0), told, coalesce(at, ''), refused, coalesce(by, 0),
    coalesce(by_leg, 0)) AS key
FROM standing
"""
OF_SET = """
    SELECT a.order_id, a.order_version, a.lane_id, o.dispatched_version, o.dispatched_at
    FROM dispatch_affectedorder a JOIN dispatch_order o ON o.id = a.order_id AND o.state = 'dispatched'
    WHERE a.affected_set_id = %(set)s AND a.in_transit
"""


@dataclass(frozen=True)
class DetourCount:
    """So many orders are told this for this reason."""

    step: str
    step_name: str
    why: str
    orders: int


def detour_counts(run: RerouteRun) -> list[DetourCount]:
    counts = run.detours.values_list("step", "why").annotate(orders=Count("order_id")).order_by("-orders", "step")
    return [
        DetourCount(step, str(AssignmentKind(step).label), str(DetourReason(why).label), orders)
        for step, why, orders in counts
    ]


@dataclass(frozen=True)
class DetourRow:
    """One order in transit as people read it: where it should be, and what it is told."""

    order_id: int
    order: str
    step: str
    step_name: str
    place: str
    advice: str
    why: str
    hub: str | None
    lane: int | None
    leg: int | None
    wave: int


def detour_rows(run: RerouteRun, *, after: int = 0, limit: int = 100, step: str = "") -> list[DetourRow]:
    """What the run proposes for orders in transit, by order behind `after`."""
    rows = run.detours.filter(order_id__gt=after).order_by("order_id")
    if step:
        rows = rows.filter(step=step)
    return described(rows[:limit])


def described(rows: QuerySet[Detour]) -> list[DetourRow]:
    found = list(rows.select_related("order__lane", "hub", "lane__warehouse", "lane__region", "lane__carrier"))
    legs = legs_of({lane for row in found if (lane := row.by_id or row.order.lane_id)})
    return [
        DetourRow(
            row.order_id,
            row.order.external_id,
            row.step,
            str(AssignmentKind(row.step).label),
            place_of(row.leg, legs.get(row.by_id or row.order.lane_id or 0, [])),
            advice_of(row),
            str(DetourReason(row.why).label),
            row.hub_id,
            row.lane_id,
            row.leg,
            row.wave,
        )
        for row in found
    ]


def legs_of(lanes: Iterable[int]) -> dict[int, list[str]]:
    """The names of the hubs on each lane's way; "" is the destination."""
    found: dict[int, list[str]] = {}
    for leg in LaneLeg.objects.filter(lane__in=lanes).select_related("hub").order_by("lane_id", "position"):
        found.setdefault(leg.lane_id, []).append(leg.hub.label if leg.hub else "")
    return found


def place_of(leg: int | None, hubs: list[str]) -> str:
    """Where an order should be by now. Nobody tracks it: this is reckoned from the hours since it left."""
    if leg is None:
        return _("not known; ask the carrier")
    if leg > max(len(hubs), 1):
        return _("should have arrived")
    ahead = hubs[leg - 1] if hubs else ""
    behind = hubs[leg - 2] if leg > 1 else ""
    if ahead and behind:
        return _("between %(behind)s and %(ahead)s, by its hours") % {"behind": behind, "ahead": ahead}
    if ahead:
        return _("before %(ahead)s, by its hours") % {"ahead": ahead}
    if behind:
        return _("behind %(behind)s, by its hours") % {"behind": behind}
    return _("on its way without a stop, by its hours")


def advice_of(row: Detour) -> str:
    hub = row.hub.label if row.hub else ""
    if row.step == AssignmentKind.DETOUR and row.lane:
        lane = row.lane
        way = f"{lane.warehouse.label} → {lane.region.label} ({lane.carrier.label})"
        return _("Leave the lane at %(hub)s, go on by %(way)s.") % {"hub": hub, "way": way}
    if row.step == AssignmentKind.TURN_BACK:
        return _("Turn back to the warehouse.")
    if row.step == AssignmentKind.RESUME:
        return _("Go on from %(hub)s as planned.") % {"hub": hub} if hub else _("Go on as planned.")
    return _("Wait at %(hub)s.") % {"hub": hub} if hub else _("Hold it where it is; ask the carrier for the place.")


@dataclass(frozen=True)
class DetourExplanation:
    """Why an order in transit is told what it is told. `answer`: what the order system said of it."""

    row: DetourRow | None
    sentence: str
    answer: str


def explain_detour(run: RerouteRun, external_id: str) -> DetourExplanation | None:
    """The same for one order; None when the run's set has no such order in transit."""
    frozen = run.affected_set.rows.filter(order__external_id=external_id, in_transit=True).first()
    if frozen is None:
        return None
    rows = described(run.detours.filter(order_id=frozen.order_id))
    if not rows:
        text = _("It has left, and what is ahead of it is open, or it was told before: it goes on as it is.")
        return DetourExplanation(None, text, "")
    (row,) = rows
    text = _("It has left and can only be detoured. It is %(place)s. %(advice)s Why: %(why)s.") % {
        "place": row.place,
        "advice": row.advice,
        "why": row.why,
    }
    told = Assignment.objects.filter(run_id=run.pk, order_id=frozen.order_id).select_related("answer").last()
    answer = getattr(told, "answer", None)
    said = "" if answer is None else _("accepted") if answer.accepted else answer.reason
    return DetourExplanation(row, text, said)
