"""Moving affected orders to other lanes: the run, its proposal, its waves, and the assignments it made."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django_fsm import ConcurrentTransitionMixin, FSMField, FSMModelMixin, transition

from dispatch.models.closures import AffectedSet
from dispatch.models.figures import PlanFigures
from dispatch.models.hubs import Hub
from dispatch.models.network import Carrier, Lane, Warehouse
from dispatch.models.orders import Order
from journal.models import Leased


class RunState(models.TextChoices):
    QUEUED = "queued", _("queued")
    SOLVING = "solving", _("being solved")
    PROPOSED = "proposed", _("proposed")
    APPROVED = "approved", _("approved")
    APPLYING = "applying", _("being applied")
    APPLIED = "applied", _("applied")
    REJECTED = "rejected", _("rejected")
    FAILED = "failed", _("failed")
    ROLLED_BACK = "rolled_back", _("rolled back")
    SUPERSEDED = "superseded", _("superseded")


S = RunState
OVER = (S.REJECTED, S.FAILED, S.ROLLED_BACK, S.SUPERSEDED)
AT_WORK = (S.QUEUED, S.SOLVING, S.APPROVED, S.APPLYING)


class RunKind(models.TextChoices):
    REROUTE = "reroute", _("reroute")
    RETURN = "return", _("return")
    DETOUR = "detour", _("new advice on the way")


class Goal(models.TextChoices):
    """What a plan strives for after serving as much as it can; dispatch.solver.Goal by the same names.
    POLISHED is CHEAPEST once more, with all the time it takes where lanes share limits; solved when somebody asks."""

    CHEAPEST = "cheapest", _("cheapest")
    FASTEST = "fastest", _("fastest")
    LEAST_CHANGE = "least_change", _("least change")
    CORE_FIRST = "core_first", _("core regions first")
    POLISHED = "polished", _("cheapest, polished")


class Standby(models.TextChoices):
    """Which standby warehouses a plan may count on; approving it opens those that it uses."""

    NONE = "none", _("leave them closed")
    BACKUP = "backup", _("backup warehouses")
    TEMPORARY = "temporary", _("temporary ones too")


class RerouteRun(ConcurrentTransitionMixin, FSMModelMixin, PlanFigures, Leased):  # type: ignore[django-manager-missing]
    """One attempt to find every order of a frozen affected set another lane.

    `late_cost` prices a begun day of lateness per unit of weight, `risk_cost` an order that its lane fails,
    `carbon_cost` a kg CO2e, all in CNY. It may use what `days` days offer, and `standby` warehouses, each from the day
    that its lead time allows.

    A worker holds the lease while it solves or applies; `hint_at` is when a sweep may next remind the workers.

    The figures, proposal rows and waves are those of the option of `goal`; the others stand in RerouteOption, all of
    them once `options_at` is set, a polished one among them if `polish`. `wishes` {"forbid": {…}, "pin": {…},
    "cap": {…}}, each {"lanes", "warehouses", "carriers"} (see operations.wishes), bind every option. A run with a
    `parent` was adjusted from it; where only a part was solved again, `change` is what that changed
    (queries.comparison). `version` counts what people changed. The figures are known from `solved_at` on, every order's
    row is there from `written_at` on. A run of kind "return" brings orders back to where another run took them from;
    one of kind "detour" tells orders in transit anew.
    """

    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    kind = models.CharField(max_length=8, choices=RunKind, default=RunKind.REROUTE)
    version = models.PositiveIntegerField(default=0)
    goal = models.CharField(max_length=16, choices=Goal, default=Goal.CHEAPEST)
    days = models.PositiveSmallIntegerField(default=1)
    standby = models.CharField(max_length=12, choices=Standby, default=Standby.NONE, db_default=Standby.NONE)
    wishes = models.JSONField(default=dict, blank=True)
    approve_each_wave = models.BooleanField(default=False)
    options_at = models.DateTimeField(null=True, blank=True)
    polish = models.BooleanField(default=False, db_default=False)
    reference = models.CharField(max_length=64)
    affected_set = models.ForeignKey(AffectedSet, on_delete=models.PROTECT, related_name="runs")
    exercise = models.BigIntegerField(null=True, blank=True)
    state = FSMField(max_length=12, choices=RunState, default=RunState.QUEUED, protected=True)
    # What the matter's own level and those above may decide (dispatch.authority.Rung); empty: only the cost cap counts.
    authority = models.JSONField(default=list, blank=True)
    # Who was asked to approve what is beyond the level, and when.
    asked_of = models.CharField(max_length=64, blank=True)
    asked_at = models.DateTimeField(null=True, blank=True)
    to_detour = models.PositiveIntegerField(default=0)
    cost_cap = models.DecimalField(max_digits=6, decimal_places=4, null=True, blank=True)
    late_cost = models.DecimalField(max_digits=12, decimal_places=4, default=0)
    risk_cost = models.DecimalField(max_digits=12, decimal_places=4, default=0, db_default=0)
    carbon_cost = models.DecimalField(max_digits=12, decimal_places=4, default=0, db_default=0)
    hint_at = models.DateTimeField()

    requested_at = models.DateTimeField()
    requested_by = models.CharField(max_length=64)
    solved_at = models.DateTimeField(null=True, blank=True)
    written_at = models.DateTimeField(null=True, blank=True)
    change = models.JSONField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.CharField(max_length=64, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)
    rolled_back_at = models.DateTimeField(null=True, blank=True)
    failure = models.TextField(blank=True)

    applied = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    restored = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [
            models.Index(fields=["reference"], name="reroute_by_reference"),
            models.Index(fields=["hint_at"], condition=Q(state__in=AT_WORK), name="reroute_at_work"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["affected_set"], condition=~Q(state__in=OVER), name="one_live_reroute_per_affected_set"
            ),
            models.CheckConstraint(condition=Q(state__in=RunState.values), name="reroute_state_is_known"),
            models.CheckConstraint(
                condition=Q(bound=None) | Q(bound__lte=models.F("objective")), name="bound_is_below_the_objective"
            ),
            models.CheckConstraint(condition=Q(days__gte=1), name="reroute_looks_at_a_day_or_more"),
        ]

    def __str__(self) -> str:
        return f"reroute {self.pk} of {self.reference}"

    @property
    def routable(self) -> int:
        """Orders that some lane may lawfully carry, whether or not its capacity and stock sufficed."""
        return self.assigned + sum(int(self.by_reason.get(reason, 0)) for reason in ("capacity", "stock"))

    @property
    def may_be_polished(self) -> bool:
        """Whether more time may find a better plan: its orders share stock or a carrier's cap, and the gap is open."""
        asked = self.polish or self.goal == Goal.POLISHED
        rough = "joint flow" in self.seconds and "better plan" not in self.seconds
        return self.state == S.PROPOSED and not asked and rough and bool(self.gap)

    @property
    def over_cap(self) -> bool:
        return self.costs_more_than(self.cost_cap)

    @transition(field=state, source=[S.QUEUED, S.SOLVING], target=S.SOLVING)
    def start_solving(self) -> None:
        """A worker has leased the run; a run whose worker died is started again."""

    @transition(field=state, source=S.SOLVING, target=S.PROPOSED)
    def propose(self) -> None:
        """The proposal is written."""

    @transition(field=state, source=[S.QUEUED, S.SOLVING, S.APPROVED, S.APPLYING], target=S.FAILED)
    def fail(self) -> None:
        """It was tried too often in vain; `failure` says why."""

    @transition(field=state, source=S.PROPOSED, target=S.APPROVED)
    def approve(self) -> None:
        """Somebody with the authority wants it."""

    @transition(field=state, source=[S.QUEUED, S.SOLVING, S.PROPOSED], target=S.REJECTED)
    def reject(self) -> None:
        """Nobody wants it."""

    @transition(field=state, source=[S.QUEUED, S.SOLVING, S.PROPOSED], target=S.SUPERSEDED)
    def supersede(self) -> None:
        """Somebody asked for another one in its place; its proposal stays for the comparison."""

    @transition(field=state, source=[S.APPROVED, S.APPLYING], target=S.APPLYING)
    def start_applying(self) -> None:
        """The first wave is on its way, or the next."""

    @transition(field=state, source=[S.APPROVED, S.APPLYING], target=S.APPLIED)
    def finish(self) -> None:
        """Every wave is applied."""

    @transition(field=state, source=[S.APPROVED, S.APPLYING, S.APPLIED], target=S.ROLLED_BACK)
    def roll_back(self) -> None:
        """Orders go back to where they were, as far as they have not moved on; waves not yet applied are dropped."""


class Outcome(models.IntegerChoices):
    """What a proposal says of an order: a lane, or the rule that forbids every one (dispatch.solver.Reason)."""

    ASSIGNED = 0, _("gets a lane")
    CLOSED = 1, _("no lane into the destination is open")
    PRODUCT = 2, _("no open warehouse has the product")
    CUSTOMER = 3, _("no open warehouse with the product may serve this customer")
    RATE = 4, _("no open lane takes this service level and weight")
    CAPACITY = 5, _("capacity ran out")
    WISH = 6, _("the wishes leave it no way")
    REFUSED = 7, _("the order system refused every way it has")
    STOCK = 8, _("the stock of its warehouses does not suffice")


class Proposal(models.Model):
    """What a run proposes for one order; where it is now stands in the affected set.

    Written by one COPY; foreign keys are not checked again row by row.
    `wave` is 0 without a lane. `warehouse` is given only for collected orders, which need no lane. `cost` and
    `cost_before` are in units of 1/run.scale. `on_time` is against the first promise, null without one. `day` counts
    from the day the run was solved: 0 leaves on that day, 1 on the next.
    """

    pk = models.CompositePrimaryKey("run_id", "order_id")
    run = models.ForeignKey(
        RerouteRun, on_delete=models.CASCADE, related_name="proposals", db_constraint=False, db_index=False
    )
    order = models.ForeignKey(
        Order, on_delete=models.DO_NOTHING, related_name="proposals", db_constraint=False, db_index=False
    )
    order_version = models.BigIntegerField()
    wave = models.SmallIntegerField()
    outcome = models.SmallIntegerField(choices=Outcome)
    lane = models.ForeignKey(
        Lane, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    cost = models.BigIntegerField(null=True)
    cost_before = models.BigIntegerField(null=True)
    on_time = models.BooleanField(null=True)
    day = models.SmallIntegerField(db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome=Outcome.ASSIGNED, wave__gt=0) & (Q(lane__isnull=False) | Q(warehouse__isnull=False))
                | ~Q(outcome=Outcome.ASSIGNED) & Q(wave=0, lane=None, warehouse=None),
                name="assigned_proposal_has_its_way",
            ),
        ]

    def __str__(self) -> str:
        return f"reroute {self.run_id}, order {self.order_id}"


class SkipReason(models.TextChoices):
    """Why a wave left an order alone."""

    STATE = "state", _("no longer open")
    VERSION = "version", _("changed by the order system")
    ALLOCATION = "allocation", _("allocated elsewhere meanwhile")
    CLOSED = "closed", _("its new way has been closed")
    TOLD = "told", _("told something else meanwhile")


class RerouteSkip(models.Model):
    """An order that changed between proposal and wave: left alone, reported, and part of the next run."""

    pk = models.CompositePrimaryKey("run_id", "order_id")
    run = models.ForeignKey(RerouteRun, on_delete=models.CASCADE, related_name="skips", db_index=False)
    order = models.ForeignKey(Order, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False)
    wave = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=12, choices=SkipReason)

    def __str__(self) -> str:
        return f"reroute {self.run_id}: order {self.order_id} {self.why}"


class AssignmentKind(models.TextChoices):
    REROUTE = "reroute", _("reroute")
    RETURN = "return", _("return")
    ROLLBACK = "rollback", _("rollback")
    DETOUR = "detour", _("detour")
    HOLD = "hold", _("hold on the way")
    TURN_BACK = "turn_back", _("turn back")
    RESUME = "resume", _("go on")


class Assignment(models.Model):
    """An order's new way, for the order system to carry out. Append-only: the database refuses changes.

    `position` orders assignments by commit as the feed sees it (fenghuo_position()). Rows of an exercise never leave.
    `hub` is given only to orders in transit (see Detour): where they leave their lane, or wait.
    """

    id = models.BigAutoField(primary_key=True)
    position = models.BigIntegerField()
    kind = models.CharField(max_length=12, choices=AssignmentKind)
    run = models.ForeignKey(
        RerouteRun, on_delete=models.PROTECT, related_name="assignments", db_constraint=False, db_index=False
    )
    wave = models.PositiveSmallIntegerField()
    order = models.ForeignKey(Order, on_delete=models.DO_NOTHING, related_name="assignments", db_constraint=False)
    order_version = models.BigIntegerField()
    warehouse = models.ForeignKey(
        Warehouse, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    lane = models.ForeignKey(
        Lane, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    carrier = models.ForeignKey(
        Carrier, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    hub = models.ForeignKey(
        Hub, on_delete=models.DO_NOTHING, null=True, related_name="+", db_constraint=False, db_index=False
    )
    made_at = models.DateTimeField()
    exercise = models.BigIntegerField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["id"]
        indexes: ClassVar = [
            models.Index(fields=["position", "id"], condition=Q(exercise=None), name="assignment_feed"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.pk} of order {self.order_id}"


class AssignmentAnswer(models.Model):
    """What the order system did with an assignment: accepted, or refused with its reason."""

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, primary_key=True, related_name="answer")
    accepted = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField()
    answered_by = models.CharField(max_length=64)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(accepted=True) | ~Q(reason=""), name="refused_assignment_has_its_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment_id}: {'accepted' if self.accepted else 'refused'}"
