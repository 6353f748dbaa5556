"""Somebody else takes over: swaps and what they give back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.coverage import Span, gaps
from accounts.imports.staff import REGION
from accounts.models import HIGHEST_RANK, Duty, Swap, User
from accounts.operations.filling import TOPIC, fill_slot, hold_roster
from accounts.roles import Permission, Post
from journal import operations as journal
from journal.clock import now
from journal.refusal import Invalid, Refusal

LONGEST = timedelta(days=31)


class SwapRefused(Invalid):
    """The swap's facts cannot be used; the message says which."""


class SwapOverlaps(Refusal):
    """Another swap of the same post and rank lies within that time: cancel it first."""


class SwapUnknown(Refusal):
    """No swap has this number."""

    status = 404


class SwapOver(Refusal):
    """The swap is over, or was cancelled before."""


@transaction.atomic
def swap_duty(
    *,
    post: str,
    user_id: int,
    starts_at: datetime,
    ends_at: datetime,
    region_code: str = "",
    rank: int = 0,
    reason: str = "",
    by: Actor,
) -> Swap:
    """Let somebody else hold a post's rank for a time; what stood there is cut, and given back by cancelling.

    Whoever may command or manage accounts may do so, and anybody for turns that are wholly their own. Nothing in the
    past changes: the swap begins now at the earliest. Journals accounts.duty_swapped. Raises SwapRefused,
    SwapOverlaps, NotAllowed.
    """
    if not by.may(Permission.MANAGE_ACCOUNTS):
        by.require(Permission.VIEW)
    hold_roster()
    moment = now()
    starts_at = max(starts_at, moment)
    check(post=post, region_code=region_code, rank=rank, span=(starts_at, ends_at), reason=reason)
    substitute = User.objects.filter(pk=user_id, is_active=True).first()
    if substitute is None:
        raise SwapRefused(_("This person is unknown or not active; choose another."))
    slot: dict[str, Any] = {"post": post, "region_code": region_code, "rank": rank}
    rows = list(Duty.objects.filter(**slot, starts_at__lt=ends_at, ends_at__gt=starts_at).order_by("starts_at"))
    holders = {row.user_id for row in rows}
    own = holders == {by.user_id} and not gaps([(r.starts_at, r.ends_at) for r in rows], starts_at, ends_at)
    if not own and not by.may(Permission.COMMAND):
        by.require(Permission.MANAGE_ACCOUNTS, region=region_code)
    if any(row.swap_id for row in rows):
        raise SwapOverlaps(_("Somebody has swapped here already; cancel that swap first."))
    if holders == {substitute.pk} and not gaps([(r.starts_at, r.ends_at) for r in rows], starts_at, ends_at):
        raise SwapRefused(_("%(name)s holds this duty already.") % {"name": substitute.label})
    replaced = [cut(row, starts_at, ends_at) for row in rows if not row.rotation_id]
    swap = Swap.objects.create(
        **slot,
        user=substitute,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason.strip(),
        replaced=replaced,
        made_by=str(by),
        made_at=moment,
    )
    Duty.objects.create(**slot, user=substitute, swap=swap, starts_at=starts_at, ends_at=ends_at)
    fill_slot(**slot, moment=moment)
    payload = {
        "user": f"user:{substitute.pk}",
        "instead": [f"user:{key}" for key in sorted(holders)],
        "post": f"post:{post}",
        "region": region_code,
        "rank": rank,
        "from": starts_at.astimezone(UTC).isoformat(timespec="minutes"),
        "until": ends_at.astimezone(UTC).isoformat(timespec="minutes"),
    }
    journal.write(kind="accounts.duty_swapped", subject=f"swap:{swap.pk}", reference=TOPIC, by=by, payload=payload)
    return swap


def check(*, post: str, region_code: str, rank: int, span: Span, reason: str) -> None:
    starts_at, ends_at = span
    problems = [
        (post not in Post.values, _("Choose a post.")),
        (bool(region_code) and not REGION.fullmatch(region_code), _("Write a region code of 2, 4 or 6 digits.")),
        (not 0 <= rank <= HIGHEST_RANK, _("The rank is a number from 0 (primary) to 9.")),
        (ends_at <= starts_at, _("The swap must end after it begins, and not in the past.")),
        (ends_at - starts_at > LONGEST, _("A swap lasts 31 days at most.")),
        (len(reason) > 200, _("The reason holds 200 characters at most.")),
    ]
    for wrong, message in problems:
        if wrong:
            raise SwapRefused(message)


def cut(row: Duty, starts_at: datetime, ends_at: datetime) -> list[object]:
    """Take [starts_at, ends_at) out of a turn made by hand; returns the part that was taken."""
    taken = [row.user_id, max(row.starts_at, starts_at).isoformat(), min(row.ends_at, ends_at).isoformat()]
    if row.ends_at > ends_at:
        rest = Duty(post=row.post, region_code=row.region_code, rank=row.rank, user_id=row.user_id)
        rest.starts_at, rest.ends_at = ends_at, row.ends_at
        rest.save()
    if row.starts_at < starts_at:
        row.ends_at = starts_at
        row.save(update_fields=["ends_at"])
    else:
        row.delete()
    return taken


@transaction.atomic
def cancel_swap(*, swap_id: int, by: Actor) -> Swap:
    """Give back from now on what a swap replaced.

    The same people may do so who may swap, and the substitute. Journals accounts.swap_cancelled. Raises SwapUnknown,
    SwapOver, NotAllowed.
    """
    if not by.may(Permission.MANAGE_ACCOUNTS):
        by.require(Permission.VIEW)
    hold_roster()
    moment = now()
    swap = Swap.objects.select_for_update().filter(pk=swap_id).first()
    if swap is None:
        raise SwapUnknown(_("There is no such swap."))
    concerned = {swap.user_id, *(int(part[0]) for part in swap.replaced)}
    if by.user_id not in concerned and str(by) != swap.made_by and not by.may(Permission.COMMAND):
        by.require(Permission.MANAGE_ACCOUNTS, region=swap.region_code)
    if swap.cancelled_at is not None or swap.ends_at <= moment:
        raise SwapOver(_("This swap is over or was cancelled before; nothing was changed."))
    swap.cancelled_at = moment
    swap.save(update_fields=["cancelled_at"])
    for row in Duty.objects.filter(swap=swap, ends_at__gt=moment):
        if row.starts_at < moment:
            row.ends_at = moment
            row.save(update_fields=["ends_at"])
        else:
            row.delete()
    for user_id, start, end in swap.replaced:
        give_back(swap, int(user_id), max(datetime.fromisoformat(start), moment), datetime.fromisoformat(end))
    slot: dict[str, Any] = {"post": swap.post, "region_code": swap.region_code, "rank": swap.rank}
    fill_slot(**slot, moment=moment)
    payload = {"user": f"user:{swap.user_id}", "post": f"post:{swap.post}", "region": swap.region_code}
    journal.write(kind="accounts.swap_cancelled", subject=f"swap:{swap.pk}", reference=TOPIC, by=by, payload=payload)
    return swap


def give_back(swap: Swap, user_id: int, starts_at: datetime, ends_at: datetime) -> None:
    """Make a turn by hand again where nobody else stands now, joined to what is left of it on either side."""
    if ends_at <= starts_at:
        return
    slot: dict[str, Any] = {"post": swap.post, "region_code": swap.region_code, "rank": swap.rank}
    by_hand = Duty.objects.filter(**slot, rotation=None)
    taken = by_hand.filter(starts_at__lt=ends_at, ends_at__gt=starts_at).values_list("starts_at", "ends_at")
    for start, end in gaps(list(taken), starts_at, ends_at):
        joined = by_hand.filter(user_id=user_id, swap=None, ends_at=start).first()
        after = by_hand.filter(user_id=user_id, swap=None, starts_at=end).first()
        until = after.ends_at if after else end
        if after:
            after.delete()
        if joined:
            joined.ends_at = until
            joined.save(update_fields=["ends_at"])
        else:
            Duty.objects.create(**slot, user_id=user_id, starts_at=start, ends_at=until)
