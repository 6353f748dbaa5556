"""Rotations, swaps and the house's days off."""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.imports.staff import REGION
from accounts.models import (
    HIGHEST_RANK,
    CalendarDay,
    DayHandling,
    MemberDays,
    Rotation,
    RotationMember,
    TurnUnit,
    User,
)
from accounts.operations.filling import TOPIC, ensure_watch, fill, hold_roster
from accounts.queries.rotations import RotationPreview, preview_rotation, rotations
from accounts.roles import Permission, Post
from accounts.rotating import Shape
from journal import operations as journal
from journal.clock import now, wake
from journal.refusal import Invalid, Refusal

MOST_PEOPLE = 60
LONGEST_TURN_DAYS = 31


class RotationRefused(Invalid):
    """A rotation's facts cannot be used; the message says which."""


class SlotTaken(Refusal):
    """Another rotation in force fills the same post, region and rank."""


class RotationGone(Refusal):
    """The rotation does not exist, or was retired before."""


class RotationChanged(Refusal):
    """Somebody changed the rotation meanwhile: look at it again."""

    status = 412


@dataclass(frozen=True)
class RotationFacts:
    """What a rotation is, as a person or a program writes it. `people` and `rest_people` are ids of users in order."""

    name: str
    post: str
    people: Sequence[int]
    starts_on: date
    name_en: str = ""
    region_code: str = ""
    rank: int = 0
    length: int = 7
    unit: str = TurnUnit.DAYS
    hand_over: time = time(8)
    zone: str = "Asia/Shanghai"
    calendar: str = DayHandling.SAME
    ends_on: date | None = None
    rest_people: Sequence[int] = ()

    @property
    def shape(self) -> Shape:
        return Shape(
            people=tuple(self.people),
            rest_people=tuple(self.rest_people) if self.calendar != DayHandling.SAME else (),
            length=self.length,
            in_days=self.unit == TurnUnit.DAYS,
            hand_over=self.hand_over,
            zone=self.zone,
            first_day=self.starts_on,
            last_day=self.ends_on,
        )

    def check(self) -> None:
        """Raises RotationRefused."""
        longest = LONGEST_TURN_DAYS if self.unit == TurnUnit.DAYS else LONGEST_TURN_DAYS * 24
        people = {*self.people, *self.rest_people}
        problems = [
            (not self.name.strip() or max(len(self.name), len(self.name_en)) > 120, _("Give the rotation a name.")),
            (self.post not in Post.values, _("Choose a post.")),
            (
                bool(self.region_code) and not REGION.fullmatch(self.region_code),
                _("Write a region code of 2, 4 or 6 digits."),
            ),
            (not 0 <= self.rank <= HIGHEST_RANK, _("The rank is a number from 0 (primary) to 9.")),
            (
                self.unit not in TurnUnit.values or self.calendar not in DayHandling.values,
                _("Choose how turns are counted."),
            ),
            (not 1 <= self.length <= longest, _("A turn lasts from an hour to 31 days.")),
            (self.zone not in zoneinfo.available_timezones(), _("There is no such time zone.")),
            (not 2000 <= self.starts_on.year <= 2200, _("The rotation must begin between 2000 and 2200.")),
            (
                self.ends_on is not None and not self.starts_on <= self.ends_on <= date(2200, 12, 31),
                _("The rotation must end after it begins."),
            ),
            (not self.people, _("Choose at least one person.")),
            (len(self.people) + len(self.rest_people) > MOST_PEOPLE, _("A rotation holds 60 people at most.")),
            (
                self.calendar != DayHandling.SAME and not self.rest_people,
                _("Choose who holds the days off, or treat every day alike."),
            ),
        ]
        for wrong, message in problems:
            if wrong:
                raise RotationRefused(message)
        if User.objects.filter(pk__in=people, is_active=True).count() != len(people):
            raise RotationRefused(_("Somebody in the rotation is unknown or not active; choose another."))


def preview(*, facts: RotationFacts, rotation_id: int | None = None, by: Actor) -> RotationPreview:
    """The next four weeks as this rotation would make them; saves nothing. Raises RotationRefused, NotAllowed."""
    by.require(Permission.MANAGE_ACCOUNTS, region=facts.region_code)
    facts.check()
    return preview_rotation(
        facts.shape,
        handling=facts.calendar,
        post=facts.post,
        region_code=facts.region_code,
        rank=facts.rank,
        rotation_id=rotation_id,
        since=now(),
    )


@transaction.atomic
def save_rotation(
    *, facts: RotationFacts, by: Actor, rotation_id: int | None = None, expected_version: int | None = None
) -> Rotation:
    """Make a rotation, or change one, and make its turns for the next eight weeks; turns that have begun stay.

    Journals accounts.rotation_saved. Raises RotationRefused, SlotTaken, RotationGone, RotationChanged, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS, region=facts.region_code)
    facts.check()
    hold_roster()
    rotation = Rotation() if rotation_id is None else locked(rotation_id, expected_version)
    if rotation_id is not None:
        by.require(Permission.MANAGE_ACCOUNTS, region=rotation.region_code)
        rotation.version += 1
    for field in ("post", "region_code", "rank", "length", "unit", "hand_over", "zone", "calendar", "starts_on"):
        setattr(rotation, field, getattr(facts, field))
    rotation.ends_on, rotation.name, rotation.name_en = facts.ends_on, facts.name.strip(), facts.name_en.strip()
    try:
        with transaction.atomic():
            rotation.save()
    except IntegrityError:
        raise SlotTaken(_("Another rotation already fills this post in this rank; change that one.")) from None
    rotation.members.all().delete()
    RotationMember.objects.bulk_create(
        RotationMember(rotation=rotation, user_id=user_id, days=days, place=place)
        for days, people in ((MemberDays.WORKING, facts.people), (MemberDays.REST, facts.rest_people))
        for place, user_id in enumerate(people)
    )
    moment = now()
    fill(rotations().get(pk=rotation.pk), moment)
    ensure_watch(moment)
    payload = {
        "rotation": rotation.name,
        "post": f"post:{rotation.post}",
        "region": rotation.region_code,
        "rank": rotation.rank,
        "people": [f"user:{user_id}" for user_id in dict.fromkeys([*facts.people, *facts.rest_people])],
        "version": rotation.version,
    }
    journal.write(
        kind="accounts.rotation_saved", subject=f"rotation:{rotation.pk}", reference=TOPIC, by=by, payload=payload
    )
    wake()
    return rotation


def locked(rotation_id: int, expected_version: int | None) -> Rotation:
    rotation = Rotation.objects.select_for_update().filter(pk=rotation_id, retired_at=None).first()
    if rotation is None:
        raise RotationGone(_("This rotation is not in force any more."))
    if expected_version is not None and rotation.version != expected_version:
        raise RotationChanged(
            _("Somebody changed this rotation meanwhile; look at it again."), version=rotation.version
        )
    return rotation


@transaction.atomic
def retire_rotation(*, rotation_id: int, by: Actor, expected_version: int | None = None) -> Rotation:
    """End a rotation now: a turn that has begun ends, those ahead go.

    Journals accounts.rotation_retired. Raises RotationGone, RotationChanged, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    hold_roster()
    rotation = locked(rotation_id, expected_version)
    by.require(Permission.MANAGE_ACCOUNTS, region=rotation.region_code)
    moment = now()
    rotation.retired_at, rotation.version = moment, rotation.version + 1
    rotation.save(update_fields=["retired_at", "version"])
    fill(rotation, moment)
    payload = {"rotation": rotation.name, "post": f"post:{rotation.post}", "region": rotation.region_code}
    journal.write(
        kind="accounts.rotation_retired", subject=f"rotation:{rotation.pk}", reference=TOPIC, by=by, payload=payload
    )
    return rotation


@transaction.atomic
def set_calendar_days(*, days: Iterable[date], rests: bool | None, name: str = "", name_en: str = "", by: Actor) -> int:
    """Say that days are off (`rests`), working days (False), or as the calendar has them again (None); the turns of
    rotations that ask for days off are made anew.

    Journals accounts.calendar_set. Raises RotationRefused, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    wanted = sorted(set(days))
    if not wanted or len(wanted) > 60 or not all(2000 <= day.year <= 2200 for day in wanted):
        raise RotationRefused(_("Choose between 1 and 60 days."))
    if max(len(name), len(name_en)) > 60:
        raise RotationRefused(_("A day's name holds 60 characters at most."))
    hold_roster()
    CalendarDay.objects.filter(day__in=wanted).delete()
    if rests is not None:
        CalendarDay.objects.bulk_create(
            CalendarDay(day=day, rests=rests, name=name.strip(), name_en=name_en.strip()) for day in wanted
        )
    moment = now()
    for rotation in rotations().filter(calendar=DayHandling.HOLIDAYS):
        fill(rotation, moment)
    payload = {"from": wanted[0].isoformat(), "until": wanted[-1].isoformat(), "days": len(wanted), "rests": rests}
    journal.write(kind="accounts.calendar_set", subject="calendar:house", reference=TOPIC, by=by, payload=payload)
    return len(wanted)


def days_between(first: date, last: date) -> list[date]:
    """Every day from the first to the last. Raises RotationRefused for a span that is no span."""
    if not first <= last <= first + timedelta(days=59):
        raise RotationRefused(_("Choose between 1 and 60 days."))
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
