"""What the reroute tests share: from a closed W01 to a solved run."""

from __future__ import annotations

from accounts.actors import SYSTEM, Actor
from dispatch.models import RerouteRun
from dispatch.operations import apply_waves, approve_run, close_scope, freeze_affected, request_reroute, solve_run
from dispatch.scope import Scope

W01 = Scope(warehouses=("W01",))


def solved_run(
    reference: str = "incident:1", *, scope: Scope = W01, exercise: int | None = None, **options
) -> RerouteRun:
    """Close, freeze, ask, solve."""
    close_scope(reference=reference, scope=scope, by=SYSTEM, exercise=exercise)
    frozen = freeze_affected(reference=reference, scope=scope, by=SYSTEM, exercise=exercise, refresh=True)
    by: Actor = options.pop("by", SYSTEM)
    run = request_reroute(reference=reference, affected_set_id=frozen.pk, by=by, exercise=exercise, **options)
    solved = solve_run(run_id=run.pk)
    assert solved is not None
    return solved


def applied_run(reference: str = "incident:1", **options) -> RerouteRun:
    """As solved_run, then approved and every wave of it applied."""
    run = solved_run(reference, **options)
    approve_run(run_id=run.pk, by=SYSTEM)
    apply_waves(run_id=run.pk, by=SYSTEM)
    return RerouteRun.objects.get(pk=run.pk)
