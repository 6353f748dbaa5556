"""How the order system took what a run decided: answered, refused, skipped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, F, Sum
from django.db.models.functions import Coalesce

from dispatch.models import AnswerCount, RefusedLane, RerouteRun, SkipReason

MOST = 5_000


@dataclass(frozen=True)
class HandOver:
    """Assignments of a run: `told` are in the feed (rollbacks too), `accepted`, `refused` and `waiting` for an answer
    are parts of them; `back` of the refused orders are where they were and enter the next run. `skipped` orders were
    left alone by the waves."""

    told: int
    accepted: int
    refused: int
    back: int
    skipped: int
    last_answer: datetime | None

    @property
    def waiting(self) -> int:
        return max(0, self.told - self.accepted - self.refused)

    @property
    def next_time(self) -> int:
        """What another run would take up."""
        return self.back + self.skipped


def hand_over(run: RerouteRun) -> HandOver:
    """How far the hand-over of a run has come. An exercise hands nothing over."""
    if run.exercise is not None:
        return HandOver(0, 0, 0, 0, run.skipped, None)
    count = AnswerCount.objects.filter(pk=run.pk).first() or AnswerCount(run_id=run.pk)
    back = RefusedLane.objects.filter(run_id=run.pk, restored=True).count()
    waves = run.waves.aggregate(
        told=Coalesce(Sum(F("applied") + F("restored")), 0), skipped=Coalesce(Sum("skipped"), 0)
    )
    return HandOver(waves["told"], count.accepted, count.refused, back, waves["skipped"], count.answered_at)


@dataclass(frozen=True)
class RefusedOrder:
    """An order that the order system would not move; `back`: it is where it was and enters the next run."""

    order: str
    order_version: int
    assignment: int
    warehouse: str | None
    lane: int | None
    reason: str
    back: bool
    refused_at: datetime


REFUSED = """
SELECT o.external_id, f.order_version, f.assignment_id, f.warehouse_id, f.lane_id, f.reason, f.restored, f.refused_at
FROM dispatch_refusedlane f JOIN dispatch_order o ON o.id = f.order_id
WHERE f.run_id = %(run)s AND f.assignment_id > %(after)s ORDER BY f.assignment_id LIMIT %(limit)s
"""


def refused_orders(run: RerouteRun, *, after: int = 0, limit: int = 100) -> list[RefusedOrder]:
    """The refused orders of a run by assignment, behind `after`."""
    with connection.cursor() as cursor:
        cursor.execute(REFUSED, {"run": run.pk, "after": after, "limit": min(limit, MOST)})
        return [RefusedOrder(*row) for row in cursor.fetchall()]


@dataclass(frozen=True)
class RefusalReason:
    reason: str
    orders: int


def refusal_reasons(run: RerouteRun, *, limit: int = 8) -> list[RefusalReason]:
    """What the order system said most often."""
    counts = RefusedLane.objects.filter(run_id=run.pk).values("reason").annotate(orders=Count("pk"))
    return [RefusalReason(row["reason"], row["orders"]) for row in counts.order_by("-orders", "reason")[:limit]]


@dataclass(frozen=True)
class SkippedOrder:
    """An order that a wave left alone; `state` and `version` are those of now, `proposed_version` was solved for."""

    id: int
    order: str
    wave: int
    why: str
    state: str
    version: int
    proposed_version: int | None

    @property
    def why_label(self) -> str:
        return str(SkipReason(self.why).label)


SKIPPED = """
SELECT o.id, o.external_id, k.wave, k.why, o.state, o.version, p.order_version
FROM dispatch_rerouteskip k JOIN dispatch_order o ON o.id = k.order_id
LEFT JOIN dispatch_proposal p ON p.run_id = k.run_id AND p.order_id = k.order_id
WHERE k.run_id = %(run)s AND k.order_id > %(after)s AND (%(why)s = '' OR k.why = %(why)s)
ORDER BY k.order_id LIMIT %(limit)s
"""


def skipped_orders(run: RerouteRun, *, why: str = "", after: int = 0, limit: int = 100) -> list[SkippedOrder]:
    """The skipped orders of a run by id, behind `after`."""
    with connection.cursor() as cursor:
        cursor.execute(SKIPPED, {"run": run.pk, "why": why, "after": after, "limit": min(limit, MOST)})
        return [SkippedOrder(*row) for row in cursor.fetchall()]
