"""The rules of command as rows that an administrator can change: severity matrix, levels, ladder, legal clocks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.naming import Named
from accounts.roles import Post
from incidents.models.vocabulary import Level, RuleArea


class SeverityIndicator(Named):
    """One figure by which an incident is graded.

    `group` gathers the indicators that make up one row of the matrix ("region": districts, cities, provinces).
    `measured` ones can be read from the network, the others are estimated by whoever reports.
    """

    class Unit(models.TextChoices):
        COUNT = "count", _("number")
        SHARE = "share", _("share")
        MINUTES = "minutes", _("minutes")
        MONEY = "money", _("CNY")

    code = models.SlugField(max_length=40, primary_key=True)
    group = models.SlugField(max_length=40)
    unit = models.CharField(max_length=8, choices=Unit)
    measured = models.BooleanField(default=False)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["order", "code"]


class SeverityThreshold(models.Model):
    """An indicator at or above `at_least` (unit of the indicator; shares as 0.15) makes `level`."""

    indicator = models.ForeignKey(SeverityIndicator, on_delete=models.CASCADE, related_name="thresholds")
    level = models.PositiveSmallIntegerField(choices=Level)
    at_least = models.DecimalField(max_digits=18, decimal_places=4)

    class Meta:
        ordering: ClassVar = ["indicator", "level"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["indicator", "level"], name="one_threshold_per_indicator_and_level"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator_id} ≥ {self.at_least:f} → {self.get_level_display()}"


class Reach(models.TextChoices):
    """Which warehouses a level's reroute may use by its own authority; each includes the ones before."""

    PROVINCE = "province", _("of the same province")
    ANYWHERE = "anywhere", _("of any province")
    TEMPORARY = "temporary", _("of any province, temporary ones too")


class LevelRule(Named):
    """What a level switches on. Lists hold codes of accounts.roles.Post; minutes are counted from the declaration
    (arrival: from each person's own call)."""

    level = models.PositiveSmallIntegerField(choices=Level, primary_key=True)
    decider_post = models.CharField(max_length=24, choices=Post)
    decider = models.CharField(max_length=60)
    decider_en = models.CharField(max_length=60)
    called_posts = models.JSONField(default=list)
    required_posts = models.JSONField(default=list)
    post_name = models.CharField(max_length=60)
    post_name_en = models.CharField(max_length=60)
    shifts = models.PositiveSmallIntegerField(default=1)
    on_post_minutes = models.PositiveIntegerField(default=15)
    ready_minutes = models.PositiveIntegerField(default=30)
    confirm_minutes = models.PositiveIntegerField(default=15)
    report_minutes = models.PositiveIntegerField()
    first_notice_minutes = models.PositiveIntegerField()
    notice_update_minutes = models.PositiveIntegerField(null=True, blank=True)
    cost_cap = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    # How many orders a reroute may move and from where, without asking further up; None is no limit.
    reroute_orders = models.PositiveIntegerField(null=True, blank=True)
    reroute_reach = models.CharField(max_length=16, choices=Reach, default=Reach.TEMPORARY)
    close_throughput = models.DecimalField(max_digits=5, decimal_places=4, null=True, blank=True)
    close_hold_minutes = models.PositiveIntegerField(default=0)
    review_days = models.PositiveSmallIntegerField(default=7)
    # {post: {"call": 4, "need": 2}}: so many people are called at once, and so many on post fill the seat.
    crews = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering: ClassVar = ["level"]


class ReadinessItem(Named):
    """A line of the short checklist that must be done before a command post is ready."""

    code = models.SlugField(max_length=40, primary_key=True)
    order = models.PositiveSmallIntegerField(default=0)
    lightest_level = models.PositiveSmallIntegerField(
        choices=Level, default=Level.IV, help_text=_("Asked for at this level and at every more severe one.")
    )

    class Meta:
        ordering: ClassVar = ["order", "code"]


class LadderStep(models.Model):
    """A rung of the call-out ladder: so many minutes after the call, try a channel or call an alternate."""

    class Kind(models.TextChoices):
        CHANNEL = "channel", _("message")
        ALTERNATE = "alternate", _("alternate")

    after_minutes = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    value = models.CharField(
        max_length=16, help_text=_("A channel (in_app, sms, voice, email), or 1 and 2 for A and B.")
    )

    class Meta:
        ordering: ClassVar = ["after_minutes", "kind", "value"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["kind", "value"], name="one_rung_per_channel_or_alternate"),
        ]

    def __str__(self) -> str:
        return f"{self.after_minutes}: {self.kind} {self.value}"


class LegalClock(Named):
    """A duty that the law starts when something happens; ticked on an incident it becomes a deadline.

    `trigger` says when to tick it. `form` lists what the report must say: [{"code", "name", "name_en", "required"}].
    """

    code = models.SlugField(max_length=40, primary_key=True)
    minutes = models.PositiveIntegerField()
    authority = models.CharField(max_length=120)
    authority_en = models.CharField(max_length=120)
    trigger = models.CharField(max_length=200, blank=True)
    trigger_en = models.CharField(max_length=200, blank=True)
    form = models.JSONField(default=list, blank=True)
    source = models.CharField(max_length=160)
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["order", "code"]


class RuleVersion(models.Model):
    """One area of the rules as it stood from `made_at` on; `content` holds all its rows. Never changed afterwards."""

    area = models.CharField(max_length=12, choices=RuleArea)
    number = models.PositiveIntegerField()
    content = models.JSONField()
    note = models.CharField(max_length=400, blank=True)
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["area", "-number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["area", "number"], name="one_rule_version_per_area_and_number"),
        ]

    def __str__(self) -> str:
        return f"{self.area} {self.number}"
