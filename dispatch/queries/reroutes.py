"""How a reroute stands."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from dispatch.models import RerouteRun, WaveState


@dataclass(frozen=True)
class RerouteProgress:
    """Figures of a matter's newest reroute. Orders: `affected` by the closure, `routable` by some lawful lane,
    `assigned` one by the proposal, `applied` and `skipped` so far, `unroutable` left without. Costs in currency;
    `on_time_share` is against the first promise, 0…1."""

    run_id: int
    state: str
    affected: int
    routable: int
    assigned: int
    applied: int
    skipped: int
    unroutable: int
    waves: int
    waves_applied: int
    cost_before: Decimal | None
    cost_after: Decimal | None
    on_time_share: float | None


def newest_run(reference: str) -> RerouteRun | None:
    """The run that counts for a matter: the newest, whatever became of it."""
    return RerouteRun.objects.filter(reference=reference).order_by("-pk").first()


def reroute_progress(reference: str) -> RerouteProgress | None:
    """How far the newest reroute of a matter has come; None before one is asked for."""
    run = newest_run(reference)
    if run is None:
        return None
    states = list(run.waves.values_list("state", flat=True))
    solved = run.solved_at is not None
    return RerouteProgress(
        run_id=run.pk,
        state=run.state,
        affected=run.affected_set.orders,
        routable=run.routable,
        assigned=run.assigned,
        applied=run.applied,
        skipped=run.skipped,
        unroutable=run.unroutable if solved else 0,
        waves=len(states),
        waves_applied=states.count(WaveState.APPLIED),
        cost_before=run.cost_before,
        cost_after=run.cost_after,
        on_time_share=run.on_time_after,
    )


def money(units: int, run: RerouteRun) -> Decimal:
    """An amount from the whole units that a run's proposals are kept in."""
    return Decimal(units) / run.scale
