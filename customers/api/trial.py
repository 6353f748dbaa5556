"""A template's words as real customers would read them, over REST."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from customers import trial
from customers.api.notices import SampleSerializer
from dispatch.models import AffectedSet
from notifications.models import Template


class WhoSerializer(serializers.Serializer[Any]):
    order = serializers.CharField(max_length=64, default="")
    reference = serializers.CharField(max_length=64, default="")


class TemplatePreview(APIView):
    """GET /templates/<id>/preview"""

    @extend_schema(
        operation_id="template_preview",
        tags=["templates"],
        summary="A template's words as real customers would read them",
        description="Of one order, or of three in the newest frozen set of a matter. Addresses are masked; what is not"
        " known of an order yet is an example.",
        parameters=[OpenApiParameter("order", str), OpenApiParameter("reference", str)],
        responses=SampleSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.VIEW)
        template = get_object_or_404(Template, pk=pk)
        asked = WhoSerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        sets = AffectedSet.objects.filter(reference=asked.validated_data["reference"]).order_by("-id")
        number, frozen = asked.validated_data["order"], sets.first()
        orders = trial.order_of(number, by) if number else trial.orders_of(frozen, by) if frozen else []
        return Response(SampleSerializer(trial.tried(template, orders), many=True).data)
