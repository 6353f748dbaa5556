"""Reroutes over REST: asking, looking, deciding."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission
from dispatch import operations, queries
from dispatch.models import AffectedSet, Goal, Outcome, Proposal, RerouteRun, RerouteWave, RunState, Standby
from dispatch.operations.steps import NEXT_STEPS
from dispatch.queries.reroutes import require_written
from dispatch.queries.rollbacks import consequence

LARGEST_PAGE = 5000


class WaveSerializer(serializers.ModelSerializer[RerouteWave]):
    zone_name = serializers.CharField(source="get_zone_display", read_only=True)

    class Meta:
        model = RerouteWave
        fields = [
            "number",
            "zone",
            "zone_name",
            "orders",
            "state",
            "applied_at",
            "applied",
            "skipped",
            "restored",
            "decided_at",
            "decided_by",
            "sha256",
        ]


class RunSerializer(serializers.ModelSerializer[RerouteRun]):
    affected_set = serializers.IntegerField(source="affected_set_id")
    parent = serializers.IntegerField(source="parent_id", allow_null=True, read_only=True)  # type: ignore[assignment]
    cost_change = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True, read_only=True)
    unroutable = serializers.IntegerField(read_only=True)
    waves = WaveSerializer(many=True, read_only=True)
    next = serializers.SerializerMethodField(help_text="The steps that are legal now.")

    class Meta:
        model = RerouteRun
        fields = [
            *("id", "kind", "version", "parent", "reference", "affected_set", "exercise", "state", "next", "goal"),
            *("days", "standby", "wishes", "approve_each_wave", "cost_cap", "late_cost", "risk_cost", "carbon_cost"),
            *("requested_at", "options_at"),
            *("solved_at", "written_at", "decided_at", "decided_by", "applied_at", "rolled_back_at", "failure"),
            *("orders", "changed", "assigned", "unroutable", "by_reason", "moved", "to_detour", "applied", "skipped"),
            *("restored", "crossing", "temporary", "opens"),
            *("cost_before", "compared_after", "cost_after", "cost_change", "on_time_before", "on_time_after"),
            *("objective", "bound", "scale", "penalty_unit", "gap", "rounding", "exact", "classes", "arcs", "seconds"),
            "could_serve",
            "waves",
        ]

    def get_next(self, run: RerouteRun) -> list[str]:
        return NEXT_STEPS.get(run.state, [])


class CertifiedRunSerializer(RunSerializer):
    class Meta(RunSerializer.Meta):
        fields = [*RunSerializer.Meta.fields, "prices", "offered"]


def price(means: str) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=12, decimal_places=4, min_value=0, required=False, help_text=means)


class PricesSerializer(serializers.Serializer[Any]):
    late_cost = price("What a begun day of lateness counts, in CNY per unit of weight of the order.")
    risk_cost = price("What an order that its lane fails counts, in CNY.")
    carbon_cost = price("What a kg CO2e counts, in CNY.")


class RequestSerializer(PricesSerializer):
    reference = serializers.CharField(max_length=64)
    affected_set = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    cost_cap = serializers.DecimalField(max_digits=6, decimal_places=4, min_value=0, required=False)
    goal = serializers.ChoiceField(choices=Goal.choices, required=False)
    days = serializers.IntegerField(min_value=1, max_value=14, required=False)
    standby = serializers.ChoiceField(
        choices=Standby.choices, required=False, help_text="Standby warehouses that its approval may open."
    )
    approve_each_wave = serializers.BooleanField(required=False)


class RunFilter(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=64, required=False)
    state = serializers.ChoiceField(choices=RunState.choices, required=False)


class ApprovalSerializer(serializers.Serializer[Any]):
    over_cap = serializers.BooleanField(default=False, help_text="Accept what is beyond the level; commanders only.")


def viewer(request: Request) -> Actor:
    by = actor_of(request)
    by.require(Permission.VIEW)
    return by


class RunList(APIView):
    """GET and POST /reroutes"""

    @extend_schema(
        operation_id="reroutes_list",
        summary="The newest 200 reroutes",
        parameters=[OpenApiParameter("reference"), OpenApiParameter("state", enum=RunState.values)],
        responses=RunSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        viewer(request)
        wanted = RunFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        runs = RerouteRun.objects.filter(**wanted.validated_data).prefetch_related("waves")[:200]
        return Response(RunSerializer(runs, many=True).data)

    @extend_schema(
        operation_id="reroutes_request",
        summary="Ask for new lanes for a frozen set of affected orders",
        description="The newest set of the reference when none is named. Asking again returns the living run.",
        parameters=[IDEMPOTENCY_KEY],
        request=RequestSerializer,
        responses={202: RunSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        wanted = RequestSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        fields = dict(wanted.validated_data)
        chosen = fields.pop("affected_set", None)
        sets = AffectedSet.objects.filter(reference=fields["reference"])
        # An unknown set is for the operation to refuse, which asks first who may.
        frozen = sets.filter(pk=chosen).first() if chosen else sets.order_by("-version").first()
        run = operations.request_reroute(
            affected_set_id=frozen.pk if frozen else 0,
            by=actor_of(request),
            exercise=frozen.exercise if frozen else None,
            **fields,
        )
        return Response(RunSerializer(run).data, status=202)


class RunDetail(APIView):
    """GET /reroutes/<id>"""

    @extend_schema(operation_id="reroute", summary="One reroute with its certificate", responses=CertifiedRunSerializer)
    def get(self, request: Request, pk: int) -> Response:
        viewer(request)
        return Response(CertifiedRunSerializer(get_object_or_404(RerouteRun, pk=pk)).data)


class RunStep(APIView):
    """One of the steps that people take."""

    def answer(self, run: RerouteRun) -> Response:
        return Response(RunSerializer(run).data)


class Approve(RunStep):
    """POST /reroutes/<id>/approve"""

    @extend_schema(
        operation_id="reroute_approve",
        summary="Approve a proposal; its waves are then applied one after the other",
        parameters=[IF_MATCH],
        request=ApprovalSerializer,
        responses=RunSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        wanted = ApprovalSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        return self.answer(
            operations.approve_run(
                run_id=pk, by=actor_of(request), expected_version=looked_at(request), **wanted.validated_data
            )
        )


class Reject(RunStep):
    """POST /reroutes/<id>/reject"""

    @extend_schema(
        operation_id="reroute_reject",
        summary="Reject a proposal",
        parameters=[IF_MATCH],
        request=None,
        responses=RunSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        return self.answer(operations.reject_run(run_id=pk, by=actor_of(request), expected_version=looked_at(request)))


class FittingSerializer(serializers.Serializer[Any]):
    fitting = serializers.BooleanField(
        default=False, help_text="Take back only what fits where it was; otherwise nothing, when not all does."
    )


class ShortWaySerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    lane = serializers.IntegerField(allow_null=True)
    warehouse = serializers.CharField(allow_null=True)
    need = serializers.IntegerField()
    left = serializers.IntegerField()


class ClosedWaySerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    lane = serializers.IntegerField(allow_null=True)
    warehouse = serializers.CharField(allow_null=True)
    orders = serializers.IntegerField()


class MissingGoodsSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    warehouse = serializers.CharField()
    product = serializers.CharField()
    need = serializers.IntegerField(help_text="Units that these orders ask for.")
    left = serializers.IntegerField(help_text="Units that are there and held by no reroute.")
    orders = serializers.IntegerField(help_text="That would wait for it.")
    such = serializers.ListField(child=serializers.CharField(), help_text="The first of them.")


class ConsequenceSerializer(serializers.Serializer[Any]):
    orders = serializers.IntegerField(help_text="That are still as the run left them.")
    in_transit = serializers.IntegerField(help_text="That are told to go on as planned.")
    lanes = ShortWaySerializer(many=True, source="short", help_text="Lanes and warehouses without room for all.")
    closed = ClosedWaySerializer(many=True, help_text="What is closed now, and takes its orders all the same.")
    missing = MissingGoodsSerializer(many=True, help_text="Goods that the warehouses they go back to have not got.")
    lacking = serializers.IntegerField(help_text="How many orders would wait for goods.")


class RollBack(RunStep):
    """GET and POST /reroutes/<id>/roll_back"""

    @extend_schema(
        operation_id="reroute_roll_back_consequence",
        summary="What taking a reroute back would mean now",
        parameters=[OpenApiParameter("wave", int, description="Only this wave.")],
        responses=ConsequenceSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        viewer(request)
        run = get_object_or_404(RerouteRun.objects.select_related("affected_set"), pk=pk)
        wanted = WaveFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        return Response(ConsequenceSerializer(consequence(run, wanted.validated_data.get("wave"))).data)

    @extend_schema(
        operation_id="reroute_roll_back",
        summary="Put the orders back where they were, as far as they have not changed since",
        parameters=[IF_MATCH],
        request=FittingSerializer,
        responses=RunSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        given = body(request, FittingSerializer)
        return self.answer(
            operations.roll_back_run(run_id=pk, by=actor_of(request), expected_version=looked_at(request), **given)
        )


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    order_id = serializers.IntegerField(help_text="Pass the last one as `after` to get the next page.")
    order = serializers.CharField(source="order.external_id")
    reason = serializers.SerializerMethodField(help_text="Why it gets no lane; null when it gets one.")
    lane = serializers.IntegerField(source="lane_id", allow_null=True)
    warehouse = serializers.SerializerMethodField()
    carrier = serializers.CharField(source="lane.carrier_id", default=None, allow_null=True)
    cost = serializers.SerializerMethodField()
    cost_before = serializers.SerializerMethodField()

    class Meta:
        model = Proposal
        fields = [
            *("order_id", "order", "order_version", "wave", "reason", "warehouse", "lane", "carrier", "cost"),
            *("cost_before", "on_time"),
        ]

    def get_reason(self, row: Proposal) -> str | None:
        return None if row.outcome == Outcome.ASSIGNED else Outcome(row.outcome).name.lower()

    def get_warehouse(self, row: Proposal) -> str | None:
        return row.lane.warehouse_id if row.lane else row.warehouse_id

    def get_cost(self, row: Proposal) -> str | None:
        return self.money(row.cost)

    def get_cost_before(self, row: Proposal) -> str | None:
        return self.money(row.cost_before)

    def money(self, units: int | None) -> str | None:
        return None if units is None else str(queries.money(units, self.context["run"]))


class WaveFilter(serializers.Serializer[Any]):
    wave = serializers.IntegerField(min_value=0, max_value=1000, required=False)


class ProposalFilter(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(choices=["assigned", *[o.name.lower() for o in Outcome if o]], required=False)
    wave = serializers.IntegerField(min_value=0, max_value=1000, required=False)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=500)


class ProposalList(APIView):
    """GET /reroutes/<id>/proposals"""

    @extend_schema(
        operation_id="reroute_proposals",
        summary="What a reroute proposes, order by order",
        parameters=[
            OpenApiParameter("reason", enum=["assigned", *[o.name.lower() for o in Outcome if o]]),
            OpenApiParameter("wave", int),
            OpenApiParameter("after", int, description="The last page's greatest `order_id`."),
            OpenApiParameter("limit", int, description=f"At most {LARGEST_PAGE}; 500 if left out."),
        ],
        responses=ProposalSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        viewer(request)
        run = get_object_or_404(RerouteRun, pk=pk)
        require_written(run)
        wanted = ProposalFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        given = wanted.validated_data
        rows = run.proposals.filter(order_id__gt=given["after"]).select_related("order", "lane").order_by("order_id")
        if "reason" in given:
            rows = rows.filter(outcome=Outcome[given["reason"].upper()])
        if "wave" in given:
            rows = rows.filter(wave=given["wave"])
        page = ProposalSerializer(rows[: given["limit"]], many=True, context={"run": run})
        return Response(page.data)
