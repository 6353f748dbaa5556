"""What the order system did not carry out: skipped and refused orders of a reroute."""

from __future__ import annotations

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from dispatch.models import OrderState, RerouteRun, SkipReason
from dispatch.models.detours import STEPS
from dispatch.queries import forecast, handover
from dispatch.queries.detours import detour_rows
from dispatch.queries.handover import MOST

AFTER = OpenApiParameter("after", int, description="The last answer's `next`; leave it out to begin.")
LIMIT = OpenApiParameter("limit", int, description=f"At most {MOST}; 1,000 if left out.")


class PageFilter(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=1000)


class SkippedFilter(PageFilter):
    why = serializers.ChoiceField(choices=SkipReason.choices, default="")


class SkippedOrderSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(help_text="The order's external id.")
    wave = serializers.IntegerField()
    why = serializers.ChoiceField(choices=SkipReason.choices)
    state = serializers.ChoiceField(choices=OrderState.choices, help_text="As it is now.")
    version = serializers.IntegerField(help_text="As it is now.")
    proposed_version = serializers.IntegerField(allow_null=True, help_text="The version that was solved for.")


class SkippedSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="Of the whole run.")
    results = SkippedOrderSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `after`; null at the end.")


class RefusedOrderSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(help_text="The order's external id.")
    order_version = serializers.IntegerField()
    assignment = serializers.IntegerField()
    warehouse = serializers.CharField(allow_null=True)
    lane = serializers.IntegerField(allow_null=True)
    reason = serializers.CharField()
    back = serializers.BooleanField(help_text="It is where it was and enters the next run.")
    refused_at = serializers.DateTimeField()


class OrderHandOverSerializer(serializers.Serializer[Any]):
    """Assignments of a run and what the order system answered; `next_time` orders enter the next run."""

    told = serializers.IntegerField()
    accepted = serializers.IntegerField()
    refused = serializers.IntegerField()
    waiting = serializers.IntegerField()
    back = serializers.IntegerField()
    skipped = serializers.IntegerField()
    next_time = serializers.IntegerField()
    last_answer = serializers.DateTimeField(allow_null=True)


class RefusedSerializer(serializers.Serializer[Any]):
    hand_over = OrderHandOverSerializer()
    results = RefusedOrderSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `after`; null at the end.")


class DetourFilter(PageFilter):
    step = serializers.ChoiceField(choices=[(step.value, step.label) for step in STEPS], default="")


class DetourSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(help_text="The order's external id.")
    step = serializers.ChoiceField(choices=[(step.value, step.label) for step in STEPS])
    hub = serializers.CharField(allow_null=True, help_text="Where it leaves its lane, or waits. Held without: ask.")
    lane = serializers.IntegerField(allow_null=True, help_text="The lane that takes it on from there.")
    leg = serializers.IntegerField(allow_null=True, help_text="The leg it should be on by its hours; null: not known.")
    place = serializers.CharField(help_text="The same in words.")
    advice = serializers.CharField()
    why = serializers.CharField()
    wave = serializers.IntegerField()


class DetoursSerializer(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="Of the whole run.")
    results = DetourSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="Send it as `after`; null at the end.")


class Detours(APIView):
    """GET /reroutes/<id>/detours"""

    @extend_schema(
        operation_id="reroute_detours",
        summary="What orders in transit are told",
        description="Those of the frozen set that are not here go on as they are.",
        parameters=[AFTER, LIMIT, OpenApiParameter("step", enum=[step.value for step in STEPS])],
        responses=DetoursSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        run = get_object_or_404(RerouteRun, pk=pk)
        wanted = DetourFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        rows = detour_rows(run, **wanted.validated_data)
        last = rows[-1].order_id if len(rows) == wanted.validated_data["limit"] else None
        return Response(DetoursSerializer({"total": run.to_detour, "results": rows, "next": last}).data)


class SkippedOrders(APIView):
    """GET /reroutes/<id>/skipped"""

    @extend_schema(
        operation_id="reroute_skipped",
        summary="Orders that the waves left alone because they changed after the freeze",
        description="They are not in the assignments of this run; the next run of a fresh set has those still open.",
        parameters=[AFTER, LIMIT, OpenApiParameter("why", enum=SkipReason.values)],
        responses=SkippedSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        run = get_object_or_404(RerouteRun, pk=pk)
        wanted = SkippedFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        rows = handover.skipped_orders(run, **wanted.validated_data)
        last = rows[-1].id if len(rows) == wanted.validated_data["limit"] else None
        return Response(SkippedSerializer({"total": run.skipped, "results": rows, "next": last}).data)


class RefusedOrders(APIView):
    """GET /reroutes/<id>/refused"""

    @extend_schema(
        operation_id="reroute_refused",
        summary="What the order system answered, and the orders it refused",
        description="An order that is `back` enters the next run, which does not propose the refused way again.",
        parameters=[AFTER, LIMIT],
        responses=RefusedSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        run = get_object_or_404(RerouteRun, pk=pk)
        wanted = PageFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        rows = handover.refused_orders(run, **wanted.validated_data)
        last = rows[-1].assignment if len(rows) == wanted.validated_data["limit"] else None
        return Response(RefusedSerializer({"hand_over": handover.hand_over(run), "results": rows, "next": last}).data)


class ForecastPointSerializer(serializers.Serializer[Any]):
    """An hour. `delivered` is null ahead, `expected` and `without` (the reroute) are null behind; `backlog` waits at
    its end, `stuck` of that without a way."""

    hour = serializers.DateTimeField()
    normal = serializers.FloatField()
    delivered = serializers.IntegerField(allow_null=True)
    expected = serializers.FloatField(allow_null=True)
    without = serializers.FloatField(allow_null=True)
    backlog = serializers.FloatField()
    stuck = serializers.FloatField()


class BackTestSerializer(serializers.Serializer[Any]):
    """Sums of absolute errors by the sum of deliveries, 48 hours ahead; `naive` is "same as last week"."""

    error = serializers.FloatField()
    naive = serializers.FloatField()
    hours = serializers.IntegerField()


class RecoveryForecastSerializer(serializers.Serializer[Any]):
    """`lacking` days of throughput are known when they are too few for a forecast; the rest is then empty."""

    reference = serializers.CharField()
    moment = serializers.DateTimeField()
    starts_at = serializers.DateTimeField(allow_null=True)
    target_at = serializers.DateTimeField(allow_null=True)
    recovers_at = serializers.DateTimeField(allow_null=True, help_text="80 % of normal, held for two hours.")
    recovers_without = serializers.DateTimeField(allow_null=True)
    in_time = serializers.BooleanField()
    lost = serializers.FloatField(help_text="The share of orders that lost their way, as the hours since show it.")
    correction = serializers.FloatField(help_text="Deliveries since, as a share of what the plan expected.")
    back_test = BackTestSerializer(allow_null=True)
    lacking = serializers.FloatField(allow_null=True)
    points = ForecastPointSerializer(many=True)


class RecoveryForecast(APIView):
    """GET /reroutes/<id>/forecast"""

    @extend_schema(
        operation_id="reroute_forecast",
        summary="How deliveries come back under the newest reroute of the same matter",
        responses=RecoveryForecastSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        run = get_object_or_404(RerouteRun, pk=pk)
        found = forecast.forecast(run.reference, exercise=run.exercise)
        if found is None:
            raise Http404
        return Response(RecoveryForecastSerializer(found).data)
