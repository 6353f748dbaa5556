"""How a reroute stands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _

from dispatch.models import RerouteRun, RerouteWave, RunKind, WaveState
from journal.refusal import Refusal


class BeingWritten(Refusal):
    """The run is solved; its orders will be there within seconds."""


def require_written(run: RerouteRun) -> None:
    """Raises BeingWritten while what a run proposes for each order is on its way."""
    if run.solved_at is not None and run.written_at is None:
        raise BeingWritten(
            _("Reroute %(run)s is solved and its orders are being written. Look again in a few seconds.")
            % {"run": run.pk},
            state=run.state,
        )


@dataclass(frozen=True)
class RerouteProgress:
    """Figures of a matter's newest reroute. Orders: `affected` by the closure, `routable` by some lawful lane,
    `assigned` one by the proposal, `applied` and `skipped` so far, `unroutable` left without. Costs in currency;
    `detours` are orders in transit that are told something, not counted elsewhere;
    `on_time_share` is against the first promise, 0…1."""

    run_id: int
    state: str
    affected: int
    routable: int
    assigned: int
    applied: int
    skipped: int
    unroutable: int
    detours: int
    waves: int
    waves_applied: int
    waves_held: int
    cost_before: Decimal | None
    cost_after: Decimal | None
    on_time_share: float | None


def newest_run(reference: str) -> RerouteRun | None:
    """The run that counts for a matter: the newest, whatever became of it. Returns are another matter."""
    return RerouteRun.objects.filter(reference=reference, kind=RunKind.REROUTE).order_by("-pk").first()


def newest_return(reference: str) -> RerouteRun | None:
    """The newest proposal to bring a matter's orders back."""
    return RerouteRun.objects.filter(reference=reference, kind=RunKind.RETURN).order_by("-pk").first()


def newest_advice(reference: str) -> RerouteRun | None:
    """The newest run that tells a matter's orders on the way anew."""
    return RerouteRun.objects.filter(reference=reference, kind=RunKind.DETOUR).order_by("-pk").first()


def last_proposal(run: RerouteRun) -> RerouteRun | None:
    """The proposal that a run was adjusted from: its parent's, or of whom that was adjusted from if it was superseded
    before it was written down."""
    found = run.parent
    while found is not None and found.written_at is None:
        found = found.parent
    return found


def reroute_progress(reference: str) -> RerouteProgress | None:
    """How far the newest reroute of a matter has come; None before one is asked for."""
    return reroutes_progress([reference]).get(reference)


def reroutes_progress(references: Iterable[str]) -> dict[str, RerouteProgress]:
    """The same for many matters, with two queries; matters without a reroute are absent."""
    runs = RerouteRun.objects.filter(reference__in=list(references), kind=RunKind.REROUTE)
    runs = runs.select_related("affected_set")
    newest = {run.reference: run for run in runs.order_by("pk")}
    states: dict[int, list[str]] = defaultdict(list)
    if newest:
        waves = RerouteWave.objects.filter(run__in=[run.pk for run in newest.values()])
        for run_id, state in waves.values_list("run_id", "state"):
            states[run_id].append(state)
    return {reference: progress_of(run, states[run.pk]) for reference, run in newest.items()}


def progress_of(run: RerouteRun, states: list[str]) -> RerouteProgress:
    return RerouteProgress(
        run_id=run.pk,
        state=run.state,
        affected=run.affected_set.orders,
        routable=run.routable,
        assigned=run.assigned,
        applied=run.applied,
        skipped=run.skipped,
        unroutable=run.unroutable if run.solved_at is not None else 0,
        detours=run.to_detour,
        waves=len(states),
        waves_applied=states.count(WaveState.APPLIED),
        waves_held=states.count(WaveState.HELD) if run.state in ("approved", "applying") else 0,
        cost_before=run.cost_before,
        cost_after=run.cost_after,
        on_time_share=run.on_time_after,
    )


def money(units: int, run: RerouteRun) -> Decimal:
    """An amount from the whole units that a run's proposals are kept in."""
    return Decimal(units) / run.scale
