"""Sitting down, handing over, taking over and signing out: who answers for a post."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.models import User
from accounts.roles import Permission, Post
from incidents.models import Attendance, CallOut, DeadlineKind, PostSeat, Proof
from incidents.operations import attendance, callouts, crews, deadlines, relief
from incidents.operations.change import Change, changing
from incidents.operations.followed import WAITING, follow
from incidents.queries.rows import post_label
from incidents.refusals import HandOverFirst, IllegalAnswer, ImpossibleTime, ReasonMissing
from journal.refusal import AlreadyDone

COMMANDS = (Post.COMMANDER, Post.DEPUTY)


def sit_down(
    change: Change,
    seat: PostSeat,
    user: User,
    moment: datetime,
    *,
    proof: str,
    note: str = "",
    after: Attendance | None = None,
    backfilled: bool = False,
) -> Attendance:
    """Somebody is on post. The seat is filled when as many are there as it needs; when as many as were called are
    there, those still called for it are stood down. The first to come answers for it."""
    line = attendance.sign_in(change, seat, user, moment, proof=proof, note=note, after=after)
    here = attendance.present(seat)
    if seat.holder_id is None or seat.holder_id not in {each.user_id for each in here}:
        seat.holder = user
    if seat.arrived_at is None and len(here) >= seat.need:
        fill(change, seat, here[seat.need - 1].arrived_at, backfilled=backfilled)
    seat.version += 1
    seat.save()
    if len(here) >= seat.wanted:
        others = CallOut.objects.select_for_update().filter(seat=seat, state__in=WAITING).exclude(user=user)
        gone = attendance.stand_down(others.order_by("id"), change.now)
        subjects = [callouts.subject_of(other) for other in gone]
        deadlines.cancel(change, kinds=[DeadlineKind.ARRIVAL], subjects=subjects)
    return line


def fill(change: Change, seat: PostSeat, moment: datetime, *, backfilled: bool = False) -> None:
    """Enough people are on the seat, since `moment`."""
    seat.arrived_at, seat.vacant = moment, False
    incident = change.incident
    if seat.post in incident.unfilled_posts:
        incident.unfilled_posts = [post for post in incident.unfilled_posts if post != seat.post]
        change.saving = True
    if seat.need > 1:
        deadlines.settle(change, DeadlineKind.QUORUM, crews.subject_of(seat), at=moment, backfilled=backfilled)
        change.tell(
            "post.quorum",
            {"post": f"post:{seat.post}", "here": seat.need, "wanted": seat.wanted},
            occurred_at=moment if backfilled else None,
            backfilled=backfilled,
        )


@contextmanager
def seated(incident_id: int, post: str, by: Actor, version: int | None) -> Iterator[tuple[Change, PostSeat]]:
    """Open a change for a seat of the first shift. Raises IllegalAnswer, ChangedMeanwhile, IncidentNotFound."""
    with changing(incident_id, by=by) as change:
        seat = (
            PostSeat.objects.select_for_update(of=("self",))
            .filter(command_post__incident=change.incident, post=post, shift=1)
            .select_related("holder")
            .first()
        )
        if seat is None or not change.incident.under_way:
            raise IllegalAnswer(_("This incident has no such post to take."), legal=[])
        change.expect_row(seat, version)
        yield change, seat


def person(user_id: int | None) -> User:
    user = User.objects.filter(pk=user_id, is_active=True).first() if user_id is not None else None
    if user is None:
        raise IllegalAnswer(_("There is no such person to sign in."), legal=[])
    return user


def held(user: User | None) -> str:
    return _("%(name)s already holds this post.") % {"name": user.label if user else "—"}


def take_seat(
    *,
    incident_id: int,
    post: str,
    by: Actor,
    user_id: int | None = None,
    taken_at: datetime | None = None,
    proof: str = "",
    note: str = "",
    expected_version: int | None = None,
) -> PostSeat:
    """Somebody sits down on an open seat without having been called for it, or is signed in by a witness.

    `user_id` is who (default: the actor); `taken_at` when it really was; `proof` (phone or witness) and `note` say how
    the actor knows it of somebody else. Journals post.taken, perhaps post.quorum, post.manned.
    Raises AlreadyDone, IllegalAnswer when the seat is taken or does not exist, ImpossibleTime, ChangedMeanwhile,
    NotAllowed.
    """
    from incidents.operations.answers import arrive_callout, proof_of

    who = user_id if user_id is not None else by.user_id
    own = who is not None and who == by.user_id
    by.require(Permission.DO_MEASURE if own else Permission.COMMAND)
    with seated(incident_id, post, by, expected_version) as (change, seat):
        user = person(who)
        here = attendance.present(seat)
        if user.pk in {line.user_id for line in here}:
            raise AlreadyDone(held(user), legal=[])
        if len(here) >= seat.wanted:
            raise IllegalAnswer(held(seat.holder), legal=["take_over"])
        opened = change.incident.called_up_at or change.now
        moment = taken_at or change.now
        if not opened <= moment <= change.now:
            raise ImpossibleTime(_("The arrival must lie between the declaration and now."))
        called = CallOut.objects.filter(seat=seat, user=user, state__in=WAITING).first()
        if called is not None:
            arrive_callout(call_out_id=called.pk, by=by, arrived_at=taken_at, proof=proof, note=note)
            return PostSeat.objects.get(pk=seat.pk)
        backfilled = taken_at is not None
        proved = proof_of(by, own=own, proof=proof, note=note)
        sit_down(change, seat, user, moment, proof=proved, note=note, backfilled=backfilled)
        change.tell(
            "post.taken",
            {"post": f"post:{post}", "user": f"user:{user.pk}", "proof": f"proof:{proved}"},
            occurred_at=taken_at,
            backfilled=backfilled,
        )
        follow(change, at=taken_at)
        return seat


def commands_here(by: Actor, seat: PostSeat) -> bool:
    """Whether somebody may dispose of the posts: who may command, or holds the commander's or the deputy's seat."""
    if by.may(Permission.COMMAND):
        return True
    seats = PostSeat.objects.filter(
        command_post=seat.command_post_id, post__in=COMMANDS, shift=1, arrived_at__isnull=False
    )
    return by.user_id is not None and seats.filter(holder_id=by.user_id).exists()


def hand_over_seat(
    *, incident_id: int, post: str, user_id: int, note: str, by: Actor, expected_version: int | None = None
) -> PostSeat:
    """Whoever holds a post hands it to somebody else, with what the successor must know; command itself likewise.

    By the holder, or by somebody who commands. The old line of the sign-in board ends and the new one names it; with
    the relief as successor, the two change places. Authority that goes with the seat goes with it at once.
    Journals post.handed_over, perhaps post.relief. Raises AlreadyDone, IllegalAnswer, ReasonMissing, ChangedMeanwhile,
    NotAllowed.
    """
    by.require(Permission.VIEW)
    with seated(incident_id, post, by, expected_version) as (change, seat):
        if not (by.user_id is not None and by.user_id == seat.holder_id) and not commands_here(by, seat):
            raise NotAllowed(by, Permission.COMMAND)
        return pass_on(change, seat, person(user_id), note=note, kind="post.handed_over")


def take_over_seat(
    *, incident_id: int, post: str, note: str, by: Actor, expected_version: int | None = None
) -> PostSeat:
    """Somebody who commands takes a post that another holds, with the reason; otherwise as `hand_over_seat`.

    Journals post.taken_over. Raises AlreadyDone, IllegalAnswer, ReasonMissing, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.VIEW)
    with seated(incident_id, post, by, expected_version) as (change, seat):
        if not commands_here(by, seat):
            raise NotAllowed(by, Permission.COMMAND)
        return pass_on(change, seat, person(by.user_id), note=note, kind="post.taken_over")


def pass_on(change: Change, seat: PostSeat, user: User, *, note: str, kind: str) -> PostSeat:
    """One line of the sign-in board ends, the next begins."""
    before = seat.holder
    if before is not None and before.pk == user.pk:
        raise AlreadyDone(held(user), legal=[])
    here = {line.user_id: line for line in attendance.present(seat)}
    if before is None or before.pk not in here:
        raise IllegalAnswer(_("Nobody holds this post: take it, or sign somebody in."), legal=["take"])
    if not note.strip():
        raise ReasonMissing(_("Write down what the successor must know."))
    ended = here[before.pk]
    attendance.sign_out(change, ended, change.now)
    line = here.get(user.pk)
    if line is not None:  # one of the same crew
        line.after = line.after or ended
        line.note = "\n".join(text for text in (line.note, note.strip()) if text)
        line.save()
    else:
        proof = Proof.LOGIN if change.by.user_id == user.pk else Proof.WITNESS
        line = attendance.sign_in(change, seat, user, change.now, proof=proof, note=note, after=ended)
        arrive_with_it(change, seat, user, proof)
    seat.holder = user
    # A crew that is one fewer now may lack its quorum.
    if seat.arrived_at is not None and len(attendance.present(seat)) < seat.need:
        seat.arrived_at = None
    seat.version += 1
    seat.save()
    change.tell(
        kind,
        {
            "post": f"post:{seat.post}",
            "from": f"user:{before.pk}",
            "user": f"user:{user.pk}",
            "note": f"attendance:{line.pk}",
        },
    )
    relief.change_places(change, seat, before, user)
    follow(change)
    return seat


def arrive_with_it(change: Change, seat: PostSeat, user: User, proof: str) -> None:
    """The successor had been called for the same seat: then this is their arrival."""
    call = CallOut.objects.select_for_update().filter(seat=seat, user=user, state__in=WAITING).first()
    if call is None:
        return
    call.arrive()
    call.arrived_at, call.proof = change.now, proof
    call.answered_at, call.answered_by = change.now, str(change.by)
    call.next_rung_at = call.remind_at = None
    call.version += 1
    call.save()
    deadlines.settle(change, DeadlineKind.ARRIVAL, callouts.subject_of(call))


def sign_out(
    *, incident_id: int, post: str, user_id: int, by: Actor, note: str = "", expected_version: int | None = None
) -> PostSeat:
    """Somebody leaves a post: by themselves, or entered by somebody who does measures.

    A post that nobody, or too few, are left on falls to the commander until somebody takes it. The commander must hand
    over first: command is never without a person. Journals post.left, perhaps post.vacant or post.short.
    Raises HandOverFirst, AlreadyDone, IllegalAnswer, ChangedMeanwhile, NotAllowed.
    """
    by.require(Permission.VIEW if by.user_id == user_id else Permission.DO_MEASURE)
    with seated(incident_id, post, by, expected_version) as (change, seat):
        here = attendance.present(seat)
        line = next((each for each in here if each.user_id == user_id), None)
        if line is None:
            left = seat.attendances.filter(user_id=user_id).exists()
            message = _("This person is not signed in as %(post)s.") % {"post": post_label(post)}
            raise (AlreadyDone if left else IllegalAnswer)(message, legal=[])
        if seat.post == Post.COMMANDER and len(here) == 1:
            raise HandOverFirst(_("Hand the command over first; an incident is never without a commander."), legal=[])
        attendance.sign_out(change, line, change.now, note=note)
        rest = [each for each in here if each is not line]
        if seat.holder_id == user_id:
            seat.holder = rest[0].user if rest else None
        if len(rest) < seat.need:
            seat.arrived_at = None
        seat.version += 1
        seat.save()
        change.tell(
            "post.left",
            {
                "post": f"post:{post}",
                "user": f"user:{user_id}",
                "note": f"attendance:{line.pk}" if note.strip() else "",
            },
        )
        if seat.arrived_at is None:
            callouts.leave_vacant(change, seat)
        follow(change)
        return seat
