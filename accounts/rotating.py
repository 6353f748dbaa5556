"""Whose turn it is in a rotation: no database, no clock, no Django.

A rotation is an endless row of turns from its first day on. Every turn is found by counting from that day, so the same
question always has the same answer, whoever asks and whenever.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from accounts.coverage import Span, gaps

AROUND = timedelta(days=32)  # no turn and no run of days off lasts longer


@dataclass(frozen=True)
class Shape:
    """A rotation's arithmetic: `people` take turns of `length` `unit`; `rest_people`, if any, hold days off instead,
    one of them a week (Monday to Sunday). `last_day` is the last day on which a turn or a day off may begin."""

    people: tuple[int, ...]
    length: int
    in_days: bool
    hand_over: time
    zone: str
    first_day: date
    last_day: date | None = None
    rest_people: tuple[int, ...] = ()


@dataclass(frozen=True)
class Piece:
    """One person's uninterrupted time."""

    user_id: int
    starts_at: datetime
    ends_at: datetime


def turns(shape: Shape, since: datetime, until: datetime, rests: Callable[[date], bool]) -> list[Piece]:
    """Every turn that touches [since, until), whole, in order, with neighbours of the same person kept apart.

    `rests` says whether a day is one off; it is asked only when somebody holds days off.
    """
    # Days off cut turns, and run together: what lies around the window decides where its pieces begin and end.
    early, late = since - AROUND, until + AROUND
    found = list(working_turns(shape, early, late))
    if shape.rest_people:
        off = list(rest_turns(shape, early, late, rests))
        found = [piece for turn in found for piece in without(turn, off)] + merged(off)
    touching = [piece for piece in found if piece.starts_at < until and piece.ends_at > since]
    return sorted(touching, key=lambda piece: piece.starts_at)


def working_turns(shape: Shape, since: datetime, until: datetime) -> Iterator[Piece]:
    if not shape.people:
        return
    begin = at_hand_over(shape, shape.first_day)
    length = timedelta(days=shape.length) if shape.in_days else timedelta(hours=shape.length)
    # One turn early: a day of a changing clock may have 25 hours.
    number = max(0, (since - begin) // length - 1)
    end_of_all = at_hand_over(shape, shape.last_day + timedelta(days=1)) if shape.last_day else None
    while True:
        starts_at, ends_at = turn_begins(shape, number), turn_begins(shape, number + 1)
        if end_of_all:
            ends_at = min(ends_at, end_of_all)
        if starts_at >= until or starts_at >= ends_at:
            return
        if ends_at > since:
            yield Piece(shape.people[number % len(shape.people)], starts_at, ends_at)
        number += 1


def turn_begins(shape: Shape, number: int) -> datetime:
    if shape.in_days:
        return at_hand_over(shape, shape.first_day + timedelta(days=number * shape.length))
    return at_hand_over(shape, shape.first_day) + timedelta(hours=number * shape.length)


def rest_turns(shape: Shape, since: datetime, until: datetime, rests: Callable[[date], bool]) -> Iterator[Piece]:
    """One piece for each day off, from its hand-over to the next day's."""
    monday = shape.first_day - timedelta(days=shape.first_day.weekday())
    day = max(shape.first_day, local_day(shape, since) - timedelta(days=1))
    while (shape.last_day is None or day <= shape.last_day) and (starts_at := at_hand_over(shape, day)) < until:
        ends_at = at_hand_over(shape, day + timedelta(days=1))
        if rests(day):
            week = (day - monday).days // 7
            yield Piece(shape.rest_people[week % len(shape.rest_people)], starts_at, ends_at)
        day += timedelta(days=1)


def at_hand_over(shape: Shape, day: date) -> datetime:
    return datetime.combine(day, shape.hand_over, zoneinfo.ZoneInfo(shape.zone)).astimezone(UTC)


def local_day(shape: Shape, at: datetime) -> date:
    return at.astimezone(zoneinfo.ZoneInfo(shape.zone)).date()


def without(piece: Piece, others: Iterable[Piece]) -> list[Piece]:
    """What is left of a piece where none of the others lies."""
    spans: list[Span] = [(other.starts_at, other.ends_at) for other in others]
    return [Piece(piece.user_id, start, end) for start, end in gaps(spans, piece.starts_at, piece.ends_at)]


def merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces of one person that follow each other without a break, as one."""
    found: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: piece.starts_at):
        last = found[-1] if found else None
        if last and last.user_id == piece.user_id and last.ends_at == piece.starts_at:
            found[-1] = Piece(last.user_id, last.starts_at, piece.ends_at)
        else:
            found.append(piece)
    return found


def from_now_on(wanted: Iterable[Piece], taken: Iterable[Span], now: datetime) -> list[Piece]:
    """What a rotation makes: its turns from `now` on, where nothing with precedence lies."""
    blocked: list[Span] = list(taken)
    return [
        Piece(piece.user_id, start, end)
        for piece in wanted
        if piece.ends_at > now
        for start, end in gaps(blocked, max(piece.starts_at, now), piece.ends_at)
    ]
