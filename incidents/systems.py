"""Measures that the system does, through the operations of the rooms below.

Each handler brings the world in line with its measure and says how it stands. It reads what is true, so that it may
run any number of times: the rooms below are called with the incident as reference and do nothing twice. The work runs
outside the incident's lock; its result is written under it, fenced by the attempt number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import SYSTEM, Actor
from accounts.roles import Permission
from incidents import network
from incidents.models import Incident, Level, LevelRule, Measure, MeasureJob, MeasureKind, Reach
from incidents.operations import work
from incidents.operations.change import changing
from incidents.rulebook import rule_of
from journal import claims, clock
from journal import operations as journal
from journal.refusal import Refusal

log = structlog.get_logger()

LEASE = timedelta(minutes=2)
SURVEY = "survey"  # the template by which a measure asks customers how satisfied they were
LOOK_AGAIN = timedelta(seconds=30)  # without news from the journal
MOST_FAILURES = 5
RECOVERY_DAYS = 3  # today and the two days on which the target of 48 hours falls
S = Measure.State


@dataclass(frozen=True)
class Outcome:
    """How a measure stands: RUNNING means look again when something happened, or after `again`."""

    state: str
    progress: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    again: timedelta = LOOK_AGAIN


def share(done: int, of: int) -> float:
    return round(done / of, 4) if of else 1.0


def close_scope(measure: Measure, incident: Incident) -> Outcome:
    """Close the incident's lanes, or open them again (params.action = "reopen")."""
    from dispatch.operations import close_scope as close
    from dispatch.operations import reopen_scope as reopen

    if measure.params.get("action") == "reopen":
        lanes = reopen(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)
    elif network.is_empty(incident.scope):
        return Outcome(S.DONE, {"lanes": 0}, _("The incident names no part of the network; nothing was closed."))
    else:
        lanes = close(
            reference=incident.reference, scope=network.scope_of(incident), by=SYSTEM, exercise=incident.exercise
        )
    return Outcome(S.DONE, {"lanes": lanes, "share": 1.0})


def reroute(measure: Measure, incident: Incident) -> Outcome:
    """Freeze what is hit, ask for a proposal, wait for its approval, follow its waves."""
    from dispatch.operations import freeze_affected, request_reroute, set_authority
    from dispatch.queries import reroute_progress

    if network.is_empty(incident.scope):
        return Outcome(S.DONE, {"of": 0}, _("The incident names no part of the network; no order is affected."))
    found = reroute_progress(incident.reference)
    # A try that a person rejected or that failed is followed by a new one when the measure is started again.
    retried = measure.progress.get("ended_run") == getattr(found, "run_id", None) and found is not None
    if found is None or retried:
        affected = freeze_affected(
            reference=incident.reference,
            scope=network.scope_of(incident),
            by=SYSTEM,
            exercise=incident.exercise,
            refresh=retried,
        )
        if not affected.orders:
            return Outcome(S.DONE, {"of": 0, "share": 1.0}, _("No open order is affected."))
        run = request_reroute(
            reference=incident.reference,
            affected_set_id=affected.pk,
            by=SYSTEM,
            exercise=incident.exercise,
            cost_cap=cost_cap(measure, incident),
            authority=authority(incident),
            approve_each_wave=bool(measure.params.get("approve_each_wave")),
            days=int(measure.params.get("days") or RECOVERY_DAYS),
            standby=standby(measure, incident),
        )
        return Outcome(S.RUNNING, {"run": run.pk, "done": 0, "of": affected.orders, "share": 0.0, "waits_for": ""})
    if found.state == "proposed":
        cap = cost_cap(measure, incident)
        set_authority(run_id=found.run_id, cost_cap=cap, authority=authority(incident), by=SYSTEM)
    progress = {
        "run": found.run_id,
        "done": found.applied,
        "of": found.assigned or found.affected,
        "affected": found.affected,
        "unroutable": found.unroutable,
        "skipped": found.skipped,
        "waves": found.waves,
        "waves_applied": found.waves_applied,
        "share": share(found.applied + found.skipped, found.assigned),
        "waits_for": "reroute_approval" if found.state == "proposed" or found.waves_held else "",
    }
    if found.state == "applied":
        return Outcome(S.DONE, {**progress, "share": 1.0})
    if found.state == "proposed" and not found.assigned + found.detours:
        if found.unroutable == 0:
            return Outcome(S.DONE, {**progress, "share": 1.0}, _("No open order is affected."))
        note = _("No affected order can be sent another way: open lanes or warehouses, then try again, or hold them.")
        return Outcome(S.FAILED, {**progress, "ended_run": found.run_id}, note)
    if found.state in {"failed", "rejected", "rolled_back"}:
        reasons = {
            "failed": _("No reroute could be computed."),
            "rejected": _("The proposed reroute was rejected."),
            "rolled_back": _("The reroute was rolled back."),
        }
        return Outcome(S.FAILED, {**progress, "ended_run": found.run_id}, reasons[found.state])
    return Outcome(S.RUNNING, progress)


def cost_cap(measure: Measure, incident: Incident) -> Decimal | None:
    """How much dearer a reroute may be at this level (0.10 = 10 %); None without a limit."""
    if (given := measure.params.get("cost_cap")) is not None:
        return Decimal(str(given))
    return rule_of(incident).cost_cap


def standby(measure: Measure, incident: Incident) -> str:
    """Which standby warehouses a reroute may open: none unless the measure says so, temporary ones only at levels that
    may use them."""
    from dispatch.models import Standby

    if not measure.params.get("open_standby"):
        return Standby.NONE
    return Standby.TEMPORARY if rule_of(incident).reroute_reach == Reach.TEMPORARY else Standby.BACKUP


def authority(incident: Incident) -> list[dict[str, Any]]:
    """What may be decided at this level and at each more severe one, mildest first, and who decides there."""
    rungs = LevelRule.objects.filter(level__lte=rule_of(incident).level).order_by("-level")
    return [
        {
            "level": Level(rung.level).label,
            "post": rung.decider_post,
            "decider": rung.decider,
            "decider_en": rung.decider_en,
            "cost_cap": None if rung.cost_cap is None else str(rung.cost_cap),
            "orders": rung.reroute_orders,
            "reach": rung.reroute_reach,
        }
        for rung in rungs
    ]


def affected_set(incident: Incident) -> int | None:
    """The orders that the incident hits, frozen already or now; None without a scope."""
    from dispatch.operations import freeze_affected

    if network.is_empty(incident.scope):
        return None
    frozen = freeze_affected(
        reference=incident.reference, scope=network.scope_of(incident), by=SYSTEM, exercise=incident.exercise
    )
    return frozen.pk


def notify_customers(measure: Measure, incident: Incident) -> Outcome:
    """Prepare the notice, launch it in the name of whoever approved the measure, follow it to its end.

    A large notice waits for another person's approval; whenever something about it changes, the launch is tried again.
    """
    from customers.models import NoticeRun
    from customers.operations import SecondApprovalNeeded, launch_notice, prepare_notice
    from customers.queries import progress_of

    if network.is_empty(incident.scope):
        return Outcome(S.DONE, {"of": 0}, _("The incident names no part of the network; nobody is affected."))
    by = approver(measure)
    if measure.params["template"] == SURVEY:
        return ask_customers(incident, by)
    notice = measure.progress.get("notice")
    if notice is None:
        notice = prepare_notice(
            reference=incident.reference,
            template=measure.params["template"],
            by=by,
            affected_set_id=affected_set(incident),
            exercise=incident.exercise,
            cause=incident.title[:60],
            eta=incident.expected_end_at,
        ).pk
    run = NoticeRun.objects.get(pk=notice)
    waits = ""
    if run.state in {"draft", "approved"}:
        try:
            run = launch_notice(notice_id=notice, by=by)
        except SecondApprovalNeeded:
            waits = "notice_approval"
    found = progress_of(run)
    progress = {
        "notice": notice,
        "done": found.sent,
        "of": found.audience,
        "failed": found.failed,
        "unreachable": found.unreachable,
        "share": round(found.share, 4),
        "waits_for": waits,
    }
    if found.state == "finished":
        return Outcome(S.DONE, {**progress, "share": 1.0})
    if found.state == "cancelled":
        return Outcome(S.FAILED, {**progress, "notice": None}, _("The notice was cancelled."))
    return Outcome(S.RUNNING, progress)


def ask_customers(incident: Incident, by: Actor) -> Outcome:
    """The survey, once somebody whom a notice told has got their parcel; until then it is looked at hour by hour."""
    from customers.operations.survey import NobodyToAsk, send_survey

    try:
        survey = send_survey(reference=incident.reference, by=by)
    except NobodyToAsk as refusal:
        return Outcome(S.RUNNING, {"of": 0, "waits_for": ""}, str(refusal), again=timedelta(hours=1))
    return Outcome(S.DONE, {"done": survey.asked, "of": survey.asked, "share": 1.0})


def approver(measure: Measure) -> Actor:
    """Who answers for what the system does here: the person who approved the measure, else the plan's approver."""
    kind, _colon, key = measure.approved_by.partition(":")
    return Actor(kind, key, frozenset({Permission.SEND_NOTICES})) if kind else SYSTEM


def issue_supplies(measure: Measure, incident: Incident) -> Outcome:
    """Issue the plan's supplies from the warehouse of the incident; what is short is shown, not hidden."""
    from inventory.models import Item
    from inventory.operations import issue_supplies as issue

    warehouse = measure.params.get("warehouse") or warehouse_of(incident)
    if not warehouse:
        return Outcome(S.FAILED, {}, _("No warehouse lies in the incident's scope: issue the supplies by hand."))
    wanted = measure.params["lines"]
    stocked = set(Item.objects.filter(code__in=[line["item"] for line in wanted]).values_list("code", flat=True))
    lines = [(line["item"], warehouse, line["quantity"]) for line in wanted if line["item"] in stocked]
    short = len(wanted) - len(lines)  # what this organisation does not even list
    if lines:
        result = issue(
            reference=incident.reference,
            lines=lines,
            by=SYSTEM,
            exercise=incident.exercise,
            key=f"measure:{measure.pk}",
        )
        short += len(result.shortages)
    note = ngettext("%(count)s item is short.", "%(count)s items are short.", short) % {"count": short} if short else ""
    progress = {"warehouse": warehouse, "done": len(wanted) - short, "of": len(wanted), "short": short, "share": 1.0}
    return Outcome(S.DONE, progress, note)


def warehouse_of(incident: Incident) -> str:
    """Where supplies come from: a warehouse of the scope, else one in its region, else one in its province."""
    from dispatch.models import Warehouse

    if incident.scope.get("warehouses"):
        return str(incident.scope["warehouses"][0])
    region = incident.region_code
    for prefix in dict.fromkeys([region[:4], region[:2]]) if region else []:
        found = Warehouse.objects.filter(region__code__startswith=prefix.rstrip("0") or prefix).order_by("code").first()
        if found:
            return found.code
    return ""


HANDLERS: dict[str, Callable[[Measure, Incident], Outcome]] = {
    MeasureKind.CLOSE_SCOPE: close_scope,
    MeasureKind.REROUTE: reroute,
    MeasureKind.NOTIFY_CUSTOMERS: notify_customers,
    MeasureKind.ISSUE_SUPPLIES: issue_supplies,
}


def run_job(job_id: int) -> bool:
    """Claim a job that is due, do its work, write the result; False when it is not due or another has it.

    A refusal of the rooms below fails the measure with its reason. Anything unexpected is tried again when the lease
    is over, five times in all; then the measure fails and people are told.
    """
    claimed = claims.claim(MeasureJob.objects.filter(pk=job_id), lease=LEASE)
    if not claimed:
        return False
    job = claimed[0]
    measure = Measure.objects.select_related("incident").get(pk=job.measure_id)
    try:
        outcome = HANDLERS[measure.kind](measure, measure.incident)
    except Refusal as refusal:
        outcome = Outcome(S.FAILED, measure.progress, str(refusal))
    except Exception:
        log.exception("measure failed", measure=measure.pk, attempt=job.attempts)
        if job.failures + 1 < MOST_FAILURES:
            postpone(job)
            raise
        outcome = Outcome(S.FAILED, measure.progress, _("The system failed at it; do it by hand or try again."))
    finish_job(job, outcome)
    return True


def postpone(job: MeasureJob) -> None:
    """After an unexpected error: again in 2, 4, 8, 16 s."""
    at = clock.now() + timedelta(seconds=2 ** (job.failures + 1))
    MeasureJob.objects.filter(pk=job.pk, attempts=job.attempts).update(
        due_at=at, hint_at=at, lease_until=None, failures=job.failures + 1
    )
    clock.wake()


def undo(measure: Measure, incident: Incident) -> None:
    """The response ended (a false alarm, a merge, …) while the lanes were being closed: open them again."""
    closes = measure.kind == MeasureKind.CLOSE_SCOPE and measure.params.get("action") != "reopen"
    if closes and not incident.under_way and measure.state == S.SKIPPED:
        from dispatch.operations import reopen_scope

        reopen_scope(reference=incident.reference, by=SYSTEM, exercise=incident.exercise)


def finish_job(job: MeasureJob, outcome: Outcome) -> None:
    """Write what came of an attempt, unless the measure was settled or the lease taken over meanwhile."""
    measure = Measure.objects.get(pk=job.measure_id)
    with changing(measure.incident_id, by=SYSTEM) as change:
        current = MeasureJob.objects.select_for_update().filter(pk=job.pk, attempts=job.attempts).first()
        if current is None:
            undo(measure, change.incident)
            return
        measure = Measure.objects.select_for_update().get(pk=job.measure_id)
        if measure.state != S.RUNNING:
            current.delete()
            return
        if outcome.state in {S.DONE, S.FAILED}:
            work.settle(change, measure, outcome.state, by=SYSTEM, note=outcome.note, progress=outcome.progress)
            return
        if measure.progress != outcome.progress:
            measure.progress = outcome.progress
            measure.save()
            journal.touch(change.incident.reference)
        wake_at: datetime = change.now + outcome.again
        if current.due_at > job.due_at:  # poked by the reader while the work ran
            wake_at = current.due_at
        current.due_at = current.hint_at = wake_at
        current.lease_until, current.failures = None, 0
        current.save()
