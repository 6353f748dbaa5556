"""Plans (预案): what is to be done for a category at a level, as data."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from accounts.naming import Named, in_language
from accounts.roles import Post
from incidents.models.vocabulary import Category, Level, MeasureKind, Phase


class Plan(ConcurrentTransitionMixin, FSMModelMixin, Named):
    """A version of a plan. An approved one is never edited: a new draft with the next version replaces it.

    `region_code` (GB/T 2260, six digits) narrows it to a region and those inside; blank is for everywhere.
    """

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        IN_REVIEW = "in_review", _("In review")
        APPROVED = "approved", _("Approved")
        RETIRED = "retired", _("Retired")

    category = models.CharField(max_length=24, choices=Category)
    level = models.PositiveSmallIntegerField(choices=Level)
    region_code = models.CharField(max_length=6, blank=True)
    version = models.PositiveIntegerField(default=1)
    state = FSMField(default=State.DRAFT, choices=State, protected=True)
    trigger = models.TextField(blank=True)
    trigger_en = models.TextField(blank=True)
    objectives = models.TextField(blank=True)
    objectives_en = models.TextField(blank=True)
    exit_condition = models.TextField(blank=True)
    exit_condition_en = models.TextField(blank=True)
    review = models.TextField(blank=True)
    review_en = models.TextField(blank=True)
    contacts = models.JSONField(default=list, blank=True)  # [{"name", "name_en", "phone"}] of outside bodies
    supplies = models.JSONField(default=list, blank=True)  # [{"item": code, "quantity": number}]
    legal_clocks = models.JSONField(default=list, blank=True)  # codes worth asking about
    # Opt-in: a reported incident that meets every condition starts this plan's response by itself.
    auto_start = models.BooleanField(default=False)
    auto_conditions = models.JSONField(default=list, blank=True)  # [{"indicator": code, "at_least": number}]
    based_on = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    revision = models.PositiveIntegerField(default=1)  # rises with every change; a caller who saw an older one is told
    drafted_by = models.CharField(max_length=64, blank=True)
    submitted_by = models.CharField(max_length=64, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    review_note = models.TextField(blank=True)  # why it was sent back
    approved_by = models.CharField(max_length=64, blank=True)
    approved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["category", "level", "region_code", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["category", "level", "region_code", "version"], name="one_plan_per_scope_and_version"
            ),
            models.UniqueConstraint(
                fields=["category", "level", "region_code"],
                condition=Q(state="approved"),
                name="one_approved_plan_per_scope",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"

    @transition(field=state, source=State.DRAFT, target=State.IN_REVIEW)
    def submit(self) -> None:
        """Hand it to whoever approves."""

    @transition(field=state, source=State.IN_REVIEW, target=State.APPROVED)
    def approve(self) -> None:
        """It may be used from now on."""

    @transition(field=state, source=State.IN_REVIEW, target=State.DRAFT)
    def send_back(self) -> None:
        """It needs more work."""

    @transition(field=state, source=[State.DRAFT, State.IN_REVIEW, State.APPROVED], target=State.RETIRED)
    def retire(self) -> None:
        """It is not used any more."""

    def text(self, field: str) -> str:
        """`text("objectives")` in the active language."""
        return in_language(getattr(self, field), getattr(self, f"{field}_en"))


class PlanMeasure(Named):
    """One measure of a plan. `params` is checked by `incidents.params` against the kind.

    `code` is stable across levels and versions, so that a change of level finds the same measure again.
    `after` names measures of the same plan that must be settled before the system starts this one.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="measures")
    code = models.SlugField(max_length=40)
    phase = models.CharField(max_length=12, choices=Phase)
    order = models.PositiveSmallIntegerField(default=0)
    instruction = models.TextField(blank=True)
    instruction_en = models.TextField(blank=True)
    post = models.CharField(max_length=24, choices=Post)
    due_minutes = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=MeasureKind, default=MeasureKind.CHECKLIST)
    params = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=list, blank=True)
    needs_approval = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["plan", "order", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["plan", "code"], name="one_measure_per_plan_and_code"),
        ]
