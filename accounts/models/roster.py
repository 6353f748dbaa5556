"""When people are on duty: turns, the rotations that make them, swaps, days off, and the gaps that were found."""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from accounts.models.people import User
from accounts.naming import Named, in_language
from accounts.roles import Post, rank_name

HIGHEST_RANK = 9
COLOURS = 8


class DayHandling(models.TextChoices):
    """Which days the rest-day people of a rotation take over."""

    SAME = "same", _("every day alike")
    WEEKENDS = "weekends", _("Saturdays and Sundays")
    HOLIDAYS = "holidays", _("statutory days off (with moved working days)")


class TurnUnit(models.TextChoices):
    HOURS = "hours", _("hours")
    DAYS = "days", _("days")


class MemberDays(models.TextChoices):
    WORKING = "working", _("working days")
    REST = "rest", _("days off")


class Rotation(Named):
    """People who take turns on a post; it makes Duty rows some weeks ahead.

    Turns begin at `hand_over` (a time of day in `zone`) of `starts_on` and follow each other; turns counted in days
    begin at the same time of day whatever the clocks do. On days that `calendar` calls days off, the rest-day people
    hold the post instead, one a week; a day runs from hand-over to hand-over. Nothing is ever made for the past.
    """

    post = models.CharField(max_length=24, choices=Post)
    region_code = models.CharField(max_length=6, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    length = models.PositiveSmallIntegerField(default=7)
    unit = models.CharField(max_length=8, choices=TurnUnit, default=TurnUnit.DAYS)
    hand_over = models.TimeField(default=time(8))
    zone = models.CharField(max_length=40, default="Asia/Shanghai")
    calendar = models.CharField(max_length=10, choices=DayHandling, default=DayHandling.SAME)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["region_code", "post", "rank", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["post", "region_code", "rank"],
                condition=Q(retired_at=None),
                name="one_rotation_per_post_region_and_rank",
            ),
            models.CheckConstraint(condition=Q(rank__lte=HIGHEST_RANK), name="rotation_rank_is_at_most_9"),
            models.CheckConstraint(
                condition=Q(unit="hours", length__range=(1, 744)) | Q(unit="days", length__range=(1, 31)),
                name="rotation_turn_is_an_hour_to_31_days",
            ),
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(ends_on__gte=F("starts_on")), name="rotation_ends_after_it_starts"
            ),
        ]

    @property
    def colour(self) -> int:
        """One of eight in which its turns are drawn."""
        return self.pk % COLOURS + 1


class RotationMember(models.Model):
    """A person's place in a rotation's order, among those of working days or those of days off."""

    rotation = models.ForeignKey(Rotation, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    days = models.CharField(max_length=8, choices=MemberDays, default=MemberDays.WORKING)
    place = models.PositiveSmallIntegerField()

    class Meta:
        ordering: ClassVar = ["days", "place"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["rotation", "days", "place"], name="one_member_per_place_in_a_rotation"),
        ]

    def __str__(self) -> str:
        return f"{self.rotation} {self.days} {self.place}: {self.user}"


class Swap(models.Model):
    """Somebody else holds a post's rank for a time, with a reason.

    Its turn is a Duty row of its own, and what stood there is cut. `replaced` keeps the cut parts of hand-made turns
    as [user id, start, end], so that a swap that is cancelled gives them back; a rotation makes its own again.
    """

    post = models.CharField(max_length=24, choices=Post)
    region_code = models.CharField(max_length=6, blank=True)
    rank = models.PositiveSmallIntegerField(default=0)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="swaps")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    replaced = models.JSONField(default=list, blank=True)
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["starts_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="swap_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(rank__lte=HIGHEST_RANK), name="swap_rank_is_at_most_9"),
        ]

    def __str__(self) -> str:
        return f"{self.post}/{self.rank}: {self.user}"


class Duty(models.Model):
    """Somebody holds a command post's duty for a time: rank 0 is the primary, 1 and 2 the alternates A and B; more
    ranks make a crew.

    `region_code` blank is the headquarters' roster; a regional roster goes before it. These rows are what call-outs
    read, whoever made them: a rotation, a swap, or (neither) an imported sheet or a person by hand.
    """

    post = models.CharField(max_length=24, choices=Post)
    region_code = models.CharField(max_length=6, blank=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="duties")
    rank = models.PositiveSmallIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    rotation = models.ForeignKey(Rotation, null=True, blank=True, on_delete=models.SET_NULL, related_name="duties")
    swap = models.ForeignKey(Swap, null=True, blank=True, on_delete=models.SET_NULL, related_name="duties")

    class Meta:
        ordering: ClassVar = ["post", "starts_at", "rank"]
        indexes: ClassVar = [models.Index(fields=["post", "starts_at", "ends_at"], name="duty_by_post_and_time")]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="duty_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(rank__lte=9), name="duty_rank_is_at_most_9"),
        ]

    def __str__(self) -> str:
        return f"{self.post}/{self.rank}: {self.user}"

    @property
    def rank_label(self) -> str:
        return rank_name(self.rank)

    @property
    def source(self) -> str:
        return "swap" if self.swap_id else "rotation" if self.rotation_id else "hand"


class CalendarDay(models.Model):
    """A day that the house calls off or working against the weekday: what the built-in calendar does not know yet."""

    day = models.DateField(primary_key=True)
    rests = models.BooleanField()
    name = models.CharField(max_length=60, blank=True)
    name_en = models.CharField(max_length=60, blank=True)

    class Meta:
        ordering: ClassVar = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"

    @property
    def label(self) -> str:
        return in_language(self.name, self.name_en)


class RosterGap(models.Model):
    """A time within the coming week when a required post has no primary; `told_at` is when people were told of it."""

    post = models.CharField(max_length=24, choices=Post)
    region_code = models.CharField(max_length=6, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    told_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["starts_at", "post"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["post", "region_code", "starts_at"], name="one_notice_per_roster_gap"),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.starts_at:%m-%d %H:%M}"


class RosterWatch(models.Model):
    """When rotations are next extended and gaps next looked for; exactly one row, the lock of both."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    extend_at = models.DateTimeField()
    look_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.CheckConstraint(condition=Q(id=1), name="one_roster_watch")]

    def __str__(self) -> str:
        return f"{self.extend_at:%m-%d %H:%M} {self.look_at:%m-%d %H:%M}"
