"""Compensation over REST: what it would cost, proposing, deciding, granting, finance."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.db.models import Q
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import body
from accounts.roles import Permission
from customers.assessment import Simulation, simulate
from customers.models import CompensationRun, Grant, RunScope
from customers.operations import choices, compensation, compensation_out, tiers
from customers.operations.policies import policy_in_force
from dispatch.models import Order
from journal import clock

MOST, PAGE, LARGEST_PAGE, MOST_ROWS = 200, 1_000, 5_000, 10_000


class CompensationSerializer(serializers.ModelSerializer[CompensationRun]):
    policy = serializers.IntegerField(source="policy.number", read_only=True, help_text="The policy's version.")

    class Meta:
        model = CompensationRun
        fields = [
            *("id", "reference", "exercise", "policy", "scope", "state", "orders", "amount", "largest", "assessed_at"),
            *("proposed_by", "decided_by", "decided_at", "reason", "granted_by", "granted_at", "exported_at"),
            *("sha256", "batch"),
        ]
        read_only_fields = fields


class CompensationAsked(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=64)
    scope = serializers.ChoiceField(choices=RunScope.choices, default=RunScope.DELIVERED)


class CompensationLineSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    orders = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)


class ExcusedSerializer(serializers.Serializer[Any]):
    spans = serializers.ListField(child=serializers.IntegerField())
    orders = serializers.IntegerField()


class SimulationSerializer(serializers.Serializer[Any]):
    looked_at = serializers.IntegerField()
    orders = serializers.IntegerField(help_text="Those that get something.")
    open = serializers.IntegerField(help_text="Of these, still on their way: their delay grows.")
    amount = serializers.DecimalField(max_digits=14, decimal_places=2)
    largest = serializers.DecimalField(max_digits=12, decimal_places=2)
    bands = CompensationLineSerializer(many=True)
    tiers = CompensationLineSerializer(many=True)
    others = CompensationLineSerializer(many=True, help_text="Those that get nothing, by the reason.")
    excused = ExcusedSerializer(many=True)


class CompensationReason(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=200)


class RejectedOrders(CompensationReason):
    orders = serializers.ListField(child=serializers.CharField(max_length=64), max_length=MOST_ROWS)


class PaidRow(serializers.Serializer[Any]):
    order = serializers.CharField(max_length=64)
    reference = serializers.CharField(max_length=64)


class PaidRows(serializers.Serializer[Any]):
    rows = serializers.ListField(child=PaidRow(), max_length=MOST_ROWS)


class PaidAnswer(serializers.Serializer[Any]):
    paid = serializers.IntegerField()


class RefusedClaims(serializers.Serializer[Any]):
    refused = serializers.IntegerField()


class ClaimsOfMatter(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=64)


class TierRow(serializers.Serializer[Any]):
    customer_ref = serializers.CharField(max_length=64)
    tier = serializers.CharField(max_length=20, allow_blank=True)


class TierRows(serializers.Serializer[Any]):
    rows = serializers.ListField(child=TierRow(), max_length=MOST_ROWS)


class TierAnswer(serializers.Serializer[Any]):
    changed = serializers.IntegerField()


class GrantRow(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    order = serializers.CharField()
    band = serializers.CharField()
    tier = serializers.CharField()
    late_hours = serializers.DecimalField(max_digits=9, decimal_places=1)
    exempt_hours = serializers.DecimalField(max_digits=9, decimal_places=1)
    amount = serializers.DecimalField(max_digits=12, decimal_places=2)
    state = serializers.CharField()
    reason = serializers.CharField()
    paid_at = serializers.DateTimeField(allow_null=True)


class GrantPage(serializers.Serializer[Any]):
    rows = GrantRow(many=True)
    next_after = serializers.IntegerField(allow_null=True)


class GrantFilter(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=PAGE)


class CompensationsView(APIView):
    @extend_schema(
        summary="Compensation, newest first",
        operation_id="compensation_list",
        parameters=[OpenApiParameter("reference", str)],
        responses=CompensationSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        wanted = Q(reference=request.query_params["reference"]) if request.query_params.get("reference") else Q()
        runs = CompensationRun.objects.filter(wanted).select_related("policy")[:MOST]
        return Response(CompensationSerializer(runs, many=True).data)

    @extend_schema(
        summary="Propose a grant for every order that gets something",
        parameters=[IDEMPOTENCY_KEY],
        request=CompensationAsked,
        responses={201: CompensationSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        run = compensation.propose_compensation(**body(request, CompensationAsked), by=actor_of(request))
        return Response(CompensationSerializer(run).data, status=201)


class SimulationView(APIView):
    @extend_schema(
        summary="What compensating a matter would cost now",
        parameters=[OpenApiParameter("reference", str, required=True), OpenApiParameter("scope", enum=RunScope.values)],
        responses=SimulationSerializer,
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        wanted = CompensationAsked(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        found = simulate(policy_in_force(), moment=clock.now(), **wanted.validated_data)
        return Response(SimulationSerializer(shown(found)).data)


def shown(found: Simulation) -> dict[str, Any]:
    return {**asdict(found), "excused": [{"spans": list(ids), "orders": number} for ids, number in found.excused]}


class CompensationView(APIView):
    @extend_schema(summary="A compensation", operation_id="compensation_read", responses=CompensationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(CompensationSerializer(get_object_or_404(CompensationRun, pk=pk)).data)


class CompensationStepView(APIView):
    """Approve, grant or export; each is harmless when sent twice."""

    step = ""

    @extend_schema(request=None, responses=CompensationSerializer)
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        compensation.require_say(by)
        get_object_or_404(CompensationRun, pk=pk)
        run = compensation_out.STEPS[self.step](run_id=pk, by=by)
        return Response(CompensationSerializer(run).data)


class RejectView(APIView):
    @extend_schema(
        summary="Reject a compensation as a whole", request=CompensationReason, responses=CompensationSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        compensation.require_say(by)
        get_object_or_404(CompensationRun, pk=pk)
        run = compensation.reject_compensation(run_id=pk, by=by, **body(request, CompensationReason))
        return Response(CompensationSerializer(run).data)


class RejectOrdersView(APIView):
    @extend_schema(summary="Take orders out of it", request=RejectedOrders, responses=CompensationSerializer)
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        compensation.require_say(by)
        get_object_or_404(CompensationRun, pk=pk)
        asked = body(request, RejectedOrders)
        ids = list(Order.objects.filter(external_id__in=asked["orders"]).values_list("pk", flat=True))
        run = compensation.reject_grants(run_id=pk, order_ids=ids, by=by, reason=asked["reason"])
        return Response(CompensationSerializer(run).data)


class GrantsView(APIView):
    @extend_schema(
        summary="The grants of a compensation, page by page",
        description="What the order system pulls when it was told `compensation.granted`.",
        parameters=[GrantFilter],
        responses=GrantPage,
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        wanted = GrantFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        limit = wanted.validated_data["limit"]
        run = get_object_or_404(CompensationRun, pk=pk)
        rows = list(Grant.objects.filter(run=run, pk__gt=wanted.validated_data["after"]).order_by("pk")[:limit])
        numbers = dict(Order.objects.filter(pk__in=[row.order_id for row in rows]).values_list("pk", "external_id"))
        page = [{**{name: getattr(row, name) for name in OWN}, "order": numbers.get(row.order_id, "")} for row in rows]
        following = rows[-1].pk if len(rows) == limit else None
        return Response(GrantPage({"rows": page, "next_after": following}).data)


OWN = ("id", "band", "tier", "late_hours", "exempt_hours", "amount", "state", "reason", "paid_at")


class PaidView(APIView):
    @extend_schema(summary="Tell which grants were paid", request=PaidRows, responses=PaidAnswer)
    def post(self, request: Request) -> Response:
        paid = compensation_out.mark_paid(rows=body(request, PaidRows)["rows"], by=actor_of(request))
        return Response({"paid": paid})


class ClaimsView(APIView):
    @extend_schema(
        summary="Answer the claims that get nothing by the policy", request=ClaimsOfMatter, responses=RefusedClaims
    )
    def post(self, request: Request) -> Response:
        return Response({"refused": choices.refuse_claims(**body(request, ClaimsOfMatter), by=actor_of(request))})


class TiersView(APIView):
    @extend_schema(summary="Tell customers' tiers", request=TierRows, responses=TierAnswer)
    def put(self, request: Request) -> Response:
        return Response({"changed": tiers.tell_tiers(rows=body(request, TierRows)["rows"], by=actor_of(request))})
