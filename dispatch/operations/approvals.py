"""Sending a proposal up to somebody who may decide it, and deciding at another level."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import Actor, user_actor
from accounts.models import Channel, User
from accounts.queries import able, on_duty
from accounts.roles import Permission
from dispatch.authority import beyond_words, own_rung, who_may
from dispatch.models import RerouteRun, RunState
from dispatch.operations.steps import NEXT_STEPS, IllegalStep, lock_run, note, require_version, save
from journal import clock
from journal.refusal import AlreadyDone, Refusal
from notifications.operations import tell_people

MOST_ASKED = 3


class NothingToAsk(Refusal):
    """The proposal is within the level's authority, or nobody can be asked."""


def deciders(run: RerouteRun) -> list[User]:
    """Who may approve what is beyond the level: those on duty at the post that decides, else whoever may command at
    any level; the first is the one that counts."""
    rung = who_may(run, run)
    posts = dict.fromkeys([rung.post if rung else "commander", "commander", "deputy"])
    found = [user for post in posts for user in on_duty(post=post, at=clock.now())]
    found = [user for user in dict.fromkeys(found) if user_actor(user).may(Permission.LOWER_LEVEL)]
    if not found:
        found = list(able(Permission.LOWER_LEVEL)[:MOST_ASKED])
    return found[:MOST_ASKED]


@transaction.atomic
def ask_approval(*, run_id: int, by: Actor, expected_version: int | None = None) -> RerouteRun:
    """Ask those who may decide a proposal that is beyond the level: a message in the app and by SMS, with the link.

    Journals reroute.approval_asked. Raises NothingToAsk, AlreadyDone when this version was sent already, IllegalStep,
    RunChanged, NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    if run.state != RunState.PROPOSED:
        raise IllegalStep(run)
    if run.asked_at is not None:
        raise AlreadyDone(_("It was sent already; wait for the decision."), asked_of=run.asked_of)
    require_version(run, expected_version)
    excess = own_rung(run).excess(run)
    if not excess:
        raise NothingToAsk(_("You may approve this yourself."), next=NEXT_STEPS[RunState.PROPOSED])
    people = deciders(run)
    if not people:
        raise NothingToAsk(_("Nobody may decide this: ask an administrator for a commander."))
    tell_people(
        people,
        template="approval_asked",
        variables={
            "no": run.pk,
            "orders": f"{run.assigned:,}",
            "why": lambda _user: beyond_words(run, run),
            "url": f"{settings.PUBLIC_URL}{reverse('reroute', args=[run.pk])}",
        },
        channels=[Channel.IN_APP, Channel.SMS],
        key=f"reroute:{run.pk}:{run.version}:approval",
        by=by,
        reference=run.reference,
        exercise=run.exercise,
    )
    run.asked_of, run.asked_at = f"user:{people[0].pk}", clock.now()
    save(run, ["asked_of", "asked_at"])
    note(run, "approval_asked", by, of=[f"user:{user.pk}" for user in people], exceeded=excess)
    return run


@transaction.atomic
def set_authority(
    *, run_id: int, cost_cap: Decimal | None, authority: Sequence[dict[str, Any]], by: Actor
) -> RerouteRun:
    """Let a run that is not approved yet be decided by another level, because its matter's level changed.

    Journals reroute.authority_changed; nothing when it is decided, or so already. Raises NoSuchRun, NotAllowed.
    """
    by.require(Permission.APPROVE_REROUTE)
    run = lock_run(run_id)
    undecided = run.state in (RunState.QUEUED, RunState.SOLVING, RunState.PROPOSED)
    if not undecided or (run.cost_cap == cost_cap and run.authority == list(authority)):
        return run
    run.cost_cap, run.authority, run.asked_of, run.asked_at = cost_cap, list(authority), "", None
    save(run, ["cost_cap", "authority", "asked_of", "asked_at"])
    note(run, "authority_changed", by, level=own_rung(run).level)
    return run
