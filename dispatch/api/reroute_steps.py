"""What people decide about a reroute over REST: its options, wishes, waves; and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from dispatch import operations
from dispatch.api.reroutes import FittingSerializer, PricesSerializer, RunSerializer, viewer
from dispatch.models import CapacityReservation, Goal, RerouteOption, RerouteRun, Standby
from dispatch.queries import comparison, explanations

REFUSED = {
    403: OpenApiResponse(description="Your role does not allow this."),
    409: OpenApiResponse(description="Not now; `next` lists the legal steps."),
    412: OpenApiResponse(description="Another version than If-Match."),
}


class OptionSerializer(serializers.ModelSerializer[RerouteOption]):
    chosen = serializers.SerializerMethodField(help_text="Whether the run proposes this one.")
    cost_change = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True, read_only=True)
    over_cap = serializers.BooleanField(read_only=True)
    unroutable = serializers.IntegerField(read_only=True)

    class Meta:
        model = RerouteOption
        fields = [
            *("goal", "chosen", "orders", "assigned", "unroutable", "moved", "by_reason", "cost_before"),
            *("compared_after", "cost_after", "cost_change", "over_cap", "on_time_before", "on_time_after"),
            *("objective", "bound", "scale", "gap", "exact", "could_serve", "seconds", "solved_at"),
        ]

    def get_chosen(self, option: RerouteOption) -> bool:
        return option.goal == option.run.goal


class OptionList(APIView):
    """GET /reroutes/<id>/options"""

    @extend_schema(
        operation_id="reroute_options",
        summary="The options of a reroute side by side",
        description="One plan per goal; complete once the run's `options_at` is set.",
        responses=OptionSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        viewer(request)
        run = get_object_or_404(RerouteRun, pk=pk)
        options = run.options.select_related("run").defer("plan", "prices", "offered")
        return Response(OptionSerializer(options, many=True).data)


class ChoiceSerializer(serializers.Serializer[Any]):
    goal = serializers.ChoiceField(choices=Goal.choices)


class Choose(APIView):
    """POST /reroutes/<id>/choose"""

    @extend_schema(
        operation_id="reroute_choose",
        summary="Propose another option; no new solve",
        parameters=[IF_MATCH],
        request=ChoiceSerializer,
        responses={200: RunSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        given = body(request, ChoiceSerializer)
        run = operations.choose_option(
            run_id=pk, by=actor_of(request), expected_version=looked_at(request), goal=given["goal"]
        )
        return Response(RunSerializer(run).data)


class Polish(APIView):
    """POST /reroutes/<id>/polish"""

    @extend_schema(
        operation_id="reroute_polish",
        summary="Have a better plan sought",
        description="For a plan whose orders share stock or a carrier's cap, and whose `gap` is open. The plan becomes"
        " one more option, of goal `polished`; what is proposed stays proposed.",
        parameters=[IF_MATCH],
        request=None,
        responses={202: RunSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        run = operations.polish_run(run_id=pk, by=actor_of(request), expected_version=looked_at(request))
        return Response(RunSerializer(run).data, status=202)


class WishesSerializer(PricesSerializer):
    wishes = serializers.DictField(
        required=False,
        help_text='{"forbid": {"carriers": ["SF"]}, "pin": {"lanes": [12]}, "cap": {"warehouses": {"W02": 500}}};'
        " each part names lanes (by number), warehouses and carriers (by code). A cap is in orders of this run."
        " Pinned is what the last proposal put there. Left out: those of the last run.",
    )
    goal = serializers.ChoiceField(choices=Goal.choices, required=False)
    days = serializers.IntegerField(min_value=1, max_value=14, required=False)
    standby = serializers.ChoiceField(choices=Standby.choices, required=False)


class Adjust(APIView):
    """POST /reroutes/<id>/adjust"""

    @extend_schema(
        operation_id="reroute_adjust",
        summary="Have it solved again under other wishes",
        description="Answers with the new run, whose `parent` is this one; this one is superseded.",
        parameters=[IF_MATCH, IDEMPOTENCY_KEY],
        request=WishesSerializer,
        responses={202: RunSerializer, **REFUSED},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        given = body(request, WishesSerializer)
        run = operations.adjust_run(run_id=pk, by=actor_of(request), expected_version=looked_at(request), **given)
        return Response(RunSerializer(run).data, status=202)


class GainSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="Blank: no way.")
    label = serializers.CharField()  # type: ignore[assignment]
    before = serializers.IntegerField()
    after = serializers.IntegerField()


class ComparedOrderSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField()
    before = serializers.CharField()
    after = serializers.CharField()
    cost_before = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
    cost_after = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)


class ComparisonSerializer(serializers.Serializer[Any]):
    before = serializers.IntegerField()
    after = serializers.IntegerField()
    orders = serializers.IntegerField(help_text="Orders that the two treat differently.")
    assigned = serializers.IntegerField(help_text="How many more orders get a way.")
    on_time = serializers.IntegerField(help_text="How many more of the changed orders are on time.")
    on_time_share = serializers.FloatField(allow_null=True)
    cost = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
    warehouses = GainSerializer(many=True)
    carriers = GainSerializer(many=True)
    regions = GainSerializer(many=True)
    samples = ComparedOrderSerializer(many=True)


class WithSerializer(serializers.Serializer[Any]):
    with_ = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)


class Compare(APIView):
    """GET /reroutes/<id>/compare?with=<id>"""

    @extend_schema(
        operation_id="reroute_compare",
        summary="What this proposal changes against another, by default its parent",
        parameters=[OpenApiParameter("with", int)],
        responses=ComparisonSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        viewer(request)
        run = get_object_or_404(RerouteRun, pk=pk)
        given = WithSerializer(data={"with_": request.query_params["with"]} if "with" in request.query_params else {})
        given.is_valid(raise_exception=True)
        other = get_object_or_404(RerouteRun, pk=given.validated_data.get("with_", run.parent_id))
        return Response(ComparisonSerializer(asdict(comparison.compare_runs(other, run))).data)


class WayChoiceSerializer(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]
    detail = serializers.CharField()
    verdict = serializers.CharField()
    chosen = serializers.BooleanField()
    current = serializers.BooleanField()
    cost = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
    beside = serializers.DecimalField(
        max_digits=None, decimal_places=None, allow_null=True, help_text="What lateness, risk and carbon count."
    )
    scarcity = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True)
    hours = serializers.IntegerField(allow_null=True, help_text="Half of the orders are there after so many.")
    sure_hours = serializers.IntegerField(allow_null=True, help_text="Nine in ten are there after so many.")
    arrives = serializers.DateTimeField(help_text="With the wait for the next cut-off, half are there by then.")
    surely = serializers.DateTimeField(help_text="Nine in ten are there by then.")
    full = serializers.BooleanField()


class OrderExplanationSerializer(serializers.Serializer[Any]):
    external_id = serializers.CharField()
    outcome = serializers.CharField()
    assigned = serializers.BooleanField()
    sentence = serializers.CharField()
    next_best = serializers.CharField()
    old_way = serializers.CharField()
    in_parts = serializers.CharField(help_text="How it could be split, where no warehouse has all its goods.")
    choices = WayChoiceSerializer(many=True)
    leaves_on = serializers.DateField(allow_null=True)
    promised = serializers.DateTimeField(allow_null=True)
    careful = serializers.BooleanField(help_text="In time only where nine in ten would be: a priority order.")


class Explain(APIView):
    """GET /reroutes/<id>/orders/<number>"""

    @extend_schema(
        operation_id="reroute_explain_order",
        summary="Why one order goes where it goes: the next best way, and why not the old one",
        responses=OrderExplanationSerializer,
    )
    def get(self, request: Request, pk: int, external_id: str) -> Response:
        viewer(request)
        run = get_object_or_404(RerouteRun, pk=pk)
        return Response(OrderExplanationSerializer(asdict(explanations.explain_order(run, external_id))).data)


class ReservationSerializer(serializers.ModelSerializer[CapacityReservation]):
    reference = serializers.CharField(source="run.reference")
    run = serializers.IntegerField(source="run_id")
    lane = serializers.IntegerField(source="lane_id", allow_null=True)
    warehouse = serializers.CharField(source="warehouse_id", allow_null=True)

    class Meta:
        model = CapacityReservation
        fields = ["id", "run", "reference", "wave", "lane", "warehouse", "day", "orders", "released_at"]


class ReservationFilter(serializers.Serializer[Any]):
    run = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    lane = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    warehouse = serializers.CharField(max_length=32, required=False)
    released = serializers.BooleanField(default=False)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)


class ReservationList(APIView):
    """GET /reservations"""

    @extend_schema(
        operation_id="reservations_list",
        summary="Capacity that approved reroutes hold, 500 a page",
        parameters=[
            *(OpenApiParameter("run", int), OpenApiParameter("lane", int), OpenApiParameter("warehouse", str)),
            OpenApiParameter("released", bool, description="True: those already used or given up, too."),
            OpenApiParameter("after", int, description="The last page's greatest `id`."),
        ],
        responses=ReservationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        viewer(request)
        wanted = ReservationFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        given = dict(wanted.validated_data)
        rows = CapacityReservation.objects.filter(pk__gt=given.pop("after")).select_related("run")
        if not given.pop("released"):
            rows = rows.filter(released_at=None)
        return Response(ReservationSerializer(rows.filter(**given).order_by("pk")[:500], many=True).data)


def act(name: str, summary: str, operation: Callable[..., RerouteRun], shape: Any = None) -> Any:
    """The view of a step that needs nothing but the run, or one of its waves, and who takes it; `shape` is of what
    else may be sent."""

    def post(self: APIView, request: Request, pk: int, **parts: int) -> Response:
        given = body(request, shape) if shape else {}
        run = operation(run_id=pk, by=actor_of(request), expected_version=looked_at(request), **parts, **given)
        return Response(RunSerializer(run).data)

    documented = extend_schema(
        operation_id=name,
        summary=summary,
        parameters=[IF_MATCH],
        request=shape,
        responses={200: RunSerializer, **REFUSED},
    )(post)
    return type(f"{name.title().replace('_', '')}View", (APIView,), {"post": documented, "__doc__": operation.__doc__})


Pause = act("reroute_pause", "Hold up every wave that waits", operations.pause_run)
Resume = act("reroute_resume", "Let every paused wave go on", operations.resume_run)
AskApproval = act(
    "reroute_ask_approval", "Send a proposal beyond the level to whoever may decide it", operations.ask_approval
)
WaveApprove = act("wave_approve", "Let a wave go that was held for its own approval", operations.approve_wave)
WavePause = act("wave_pause", "Hold a waiting wave up", operations.pause_wave)
WaveResume = act("wave_resume", "Let a paused wave go on", operations.resume_wave)
WaveDrop = act("wave_drop", "Do without a wave that was not applied", operations.drop_wave)
WaveRollBack = act(
    "wave_roll_back", "Put the orders of one applied wave back", operations.roll_back_wave, FittingSerializer
)
