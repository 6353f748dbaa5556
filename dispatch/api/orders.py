"""Orders over REST: bulk intake for the order system, and reading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from dispatch import queries
from dispatch.intake import MOST_BYTES
from dispatch.models import Order, OrderState
from dispatch.operations import receive_orders

LARGEST_PAGE = 1000


class BodyParser(BaseParser):
    """Hands the JSON body on as it came, at most one byte more than an intake may have."""

    media_type = "application/json"

    def parse(  # type: ignore[override]
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return stream.read(MOST_BYTES + 1)


class ExactDecimal(serializers.DecimalField):
    """A decimal as text, digit for digit."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **kwargs)


class LineSerializer(serializers.Serializer[Any]):
    product = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=1)


class OrderSerializer(serializers.ModelSerializer[Order]):
    region = serializers.CharField(source="region_id")
    warehouse = serializers.CharField(source="warehouse_id", allow_null=True)
    carrier = serializers.CharField(source="carrier_id", allow_null=True)
    lane = serializers.IntegerField(source="lane_id", allow_null=True)
    weight = ExactDecimal()
    lines = LineSerializer(many=True)

    class Meta:
        model = Order
        fields = [
            *("id", "external_id", "version", "state", "region", "warehouse", "lane", "carrier", "service_level"),
            *("weight", "quantity", "lines", "priority", "collected", "ordered_at", "promise_at", "first_promise_at"),
            *("dispatched_at", "delivered_at", "cancelled_at", "customer_ref", "customer_name", "phone", "email"),
            *("language", "received_at", "updated_at"),
        ]


class OrderPageSerializer(serializers.Serializer[Any]):
    results = OrderSerializer(many=True)
    next_after = serializers.IntegerField(allow_null=True, help_text="Pass as `after` to get the next page.")


class IncomingOrderSerializer(serializers.Serializer[Any]):
    """One row of an intake; with neither region nor the other order fields it is a status update."""

    external_id = serializers.CharField(max_length=64)
    version = serializers.IntegerField(min_value=0, help_text="Only a higher version than the known one is applied.")
    state = serializers.ChoiceField(choices=OrderState.choices, required=False)
    region = serializers.CharField(required=False, max_length=32, help_text="GB/T 2260 code of the destination.")
    service_level = serializers.CharField(required=False, max_length=16)
    warehouse = serializers.CharField(required=False, max_length=32, help_text="Left out: the allocation stays.")
    carrier = serializers.CharField(required=False, max_length=32)
    weight = serializers.DecimalField(required=False, max_digits=None, decimal_places=None, help_text="kg")
    quantity = serializers.IntegerField(required=False, min_value=0, help_text="Left out: the sum of the lines.")
    lines = LineSerializer(many=True, required=False)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=100)
    collected = serializers.BooleanField(required=False, help_text="The customer's own carrier fetches it.")
    ordered_at = serializers.DateTimeField(required=False)
    promise_at = serializers.DateTimeField(required=False)
    dispatched_at = serializers.DateTimeField(required=False)
    delivered_at = serializers.DateTimeField(required=False)
    cancelled_at = serializers.DateTimeField(required=False)
    customer_ref = serializers.CharField(required=False, max_length=64)
    customer_name = serializers.CharField(required=False, max_length=120)
    phone = serializers.CharField(required=False, max_length=32)
    email = serializers.CharField(required=False, max_length=254)
    language = serializers.ChoiceField(choices=["zh-hans", "en"], required=False)


class OutcomeSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    result = serializers.ChoiceField(choices=["ignored", "rejected"])
    external_id = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False)


class IntakeSerializer(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    ignored = serializers.IntegerField(help_text="Known in this or a newer version: nothing changed.")
    rejected = serializers.IntegerField()
    rows = OutcomeSerializer(many=True, help_text="The rows that were ignored or rejected, by index.")


class BulkIntake(APIView):
    """PUT /orders/bulk"""

    parser_classes = [BodyParser]

    @extend_schema(
        operation_id="orders_bulk",
        summary="Create and update orders",
        description="Up to 10,000 rows or 10 MB a call. A row is applied when its version is higher than the known"
        " one, so calls may be repeated and may come late. A bad row is reported by index; the others are applied.",
        request=IncomingOrderSerializer(many=True),
        responses=IntakeSerializer,
        examples=[
            OpenApiExample(
                "an order and a status update",
                value=[
                    {"external_id": "SO-1", "version": 1, "region": "330100", "service_level": "standard"},
                    {"external_id": "SO-2", "version": 7, "state": "dispatched"},
                ],
                request_only=True,
            )
        ],
    )
    def put(self, request: Request) -> Response:
        body = request.data if isinstance(request.data, bytes) else b""
        return Response(asdict(receive_orders(body=body, by=actor_of(request))))


class OrderFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=OrderState.choices, required=False)
    region = serializers.CharField(max_length=32, required=False)
    warehouse = serializers.CharField(max_length=32, required=False)
    carrier = serializers.CharField(max_length=32, required=False)
    text = serializers.CharField(max_length=64, required=False)
    updated_since = serializers.DateTimeField(required=False)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, required=False)


class OrderList(APIView):
    """GET /orders"""

    @extend_schema(
        operation_id="orders_list",
        summary="Orders, oldest first",
        parameters=[
            OpenApiParameter("state", enum=OrderState.values),
            OpenApiParameter("region", description="Covers the regions inside it."),
            OpenApiParameter("warehouse"),
            OpenApiParameter("carrier"),
            OpenApiParameter("text", description="Begins an external id, or ends a phone number."),
            OpenApiParameter("updated_since", OpenApiTypes.DATETIME),
            OpenApiParameter("after", int, description="The last page's `next_after`."),
            OpenApiParameter("limit", int, description=f"At most {LARGEST_PAGE}; 100 if left out."),
        ],
        responses=OrderPageSerializer,
    )
    def get(self, request: Request) -> Response:
        by = actor_of(request)
        by.require(Permission.VIEW)
        wanted = OrderFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        filters = dict(wanted.validated_data)
        limit, after = filters.pop("limit", 100), filters.pop("after", 0)
        page = list(queries.find_orders(by, **filters).filter(id__gt=after)[: limit + 1])
        return Response(
            {
                "results": OrderSerializer(page[:limit], many=True).data,
                "next_after": page[limit - 1].pk if len(page) > limit else None,
            }
        )


class OrderDetail(APIView):
    """GET /orders/<external_id>"""

    @extend_schema(operation_id="orders_one", summary="One order", responses=OrderSerializer)
    def get(self, request: Request, external_id: str) -> Response:
        by = actor_of(request)
        by.require(Permission.VIEW)
        order = get_object_or_404(queries.visible_orders(by), external_id=external_id.replace("\x00", ""))
        return Response(OrderSerializer(order).data)
