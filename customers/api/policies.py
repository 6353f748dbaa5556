"""The compensation policy and exempt spans over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission
from customers.models import CompensationPolicy, ExemptSpan
from customers.operations import exemptions, policies
from customers.operations.compensation import require_say
from customers.queries.notices import exercise_of

MOST = 100


class PolicySerializer(serializers.ModelSerializer[CompensationPolicy]):
    class Meta:
        model = CompensationPolicy
        fields = ["number", "state", "content", "note", "written_by", "written_at", "approved_by", "approved_at"]
        read_only_fields = fields


class NewPolicy(serializers.Serializer[Any]):
    content = serializers.JSONField(help_text="Bands, tiers and limits; see `customers/policy.py` for what they mean.")
    note = serializers.CharField(max_length=400, allow_blank=True)


class SpanSerializer(serializers.ModelSerializer[ExemptSpan]):
    class Meta:
        model = ExemptSpan
        fields = [
            *("id", "reference", "exercise", "starts_at", "ends_at", "regions", "warehouses", "title", "issuer"),
            *("document", "address", "state", "added_by", "added_at", "decided_by", "decided_at"),
        ]
        read_only_fields = fields


class NewSpan(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=64)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    regions = serializers.ListField(child=serializers.CharField(max_length=6), max_length=200, default=list)
    warehouses = serializers.ListField(child=serializers.CharField(max_length=32), max_length=200, default=list)
    title = serializers.CharField(max_length=120)
    issuer = serializers.CharField(max_length=120)
    document = serializers.CharField(max_length=120)
    address = serializers.URLField(max_length=500, default="", allow_blank=True)


class PoliciesView(APIView):
    @extend_schema(
        summary="Versions of the compensation policy, newest first",
        operation_id="compensation_policies",
        responses=PolicySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(PolicySerializer(CompensationPolicy.objects.all()[:MOST], many=True).data)

    @extend_schema(
        summary="Draft a new version of the whole policy",
        description="If-Match holds the newest version's number.",
        parameters=[IF_MATCH],
        request=NewPolicy,
        responses=PolicySerializer,
    )
    def put(self, request: Request) -> Response:
        policy = policies.write_policy(
            **body(request, NewPolicy), by=actor_of(request), expected_number=looked_at(request)
        )
        return Response(PolicySerializer(policy).data)


class PolicyStepView(APIView):
    """Approve a draft, by somebody other than its author, or discard it."""

    step = ""

    @extend_schema(request=None, responses=PolicySerializer)
    def post(self, request: Request, number: int) -> Response:
        by = actor_of(request)
        require_say(by)
        get_object_or_404(CompensationPolicy, number=number)
        return Response(PolicySerializer(policies.STEPS[self.step](number=number, by=by)).data)


class SpansView(APIView):
    @extend_schema(
        summary="Exempt spans",
        operation_id="exempt_spans_list",
        parameters=[OpenApiParameter("reference", str)],
        responses=SpanSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        spans = ExemptSpan.objects.order_by("-id")
        if reference := request.query_params.get("reference"):
            spans = spans.filter(reference=reference)
        return Response(SpanSerializer(spans[:MOST], many=True).data)

    @extend_schema(
        summary="Propose an exempt span with its evidence",
        parameters=[IDEMPOTENCY_KEY],
        request=NewSpan,
        responses={201: SpanSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        by = actor_of(request)
        by.require(Permission.SERVE_CUSTOMERS)
        asked = body(request, NewSpan)
        span = exemptions.add_exempt_span(**asked, by=by, exercise=exercise_of(asked["reference"]))
        return Response(SpanSerializer(span).data, status=201)


class SpanStepView(APIView):
    """Confirm a span, by somebody other than who added it, or withdraw it."""

    step = ""

    @extend_schema(request=None, responses=SpanSerializer)
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        require_say(by)
        get_object_or_404(ExemptSpan, pk=pk)
        return Response(SpanSerializer(exemptions.STEPS[self.step](span_id=pk, by=by)).data)
