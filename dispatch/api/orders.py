"""Orders over REST: reading them."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from dispatch import queries
from dispatch.models import Order, OrderState, Parcel
from dispatch.queries.search import DERIVED, OrderFilter, Search

LARGEST_PAGE = 1000


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
    value = ExactDecimal(allow_null=True)

    class Meta:
        model = Order
        fields = [
            *("id", "external_id", "version", "state", "region", "warehouse", "lane", "carrier", "service_level"),
            *("weight", "quantity", "lines", "priority", "collected", "ordered_at", "promise_at", "first_promise_at"),
            *("dispatched_at", "delivered_at", "cancelled_at", "planned_on", "value"),
            *("customer_ref", "customer_name", "phone", "email", "language", "received_at", "updated_at"),
        ]


class ParcelSerializer(serializers.ModelSerializer[Parcel]):
    warehouse = serializers.CharField(source="warehouse_id", allow_null=True)
    carrier = serializers.CharField(source="carrier_id", allow_null=True)
    lane = serializers.IntegerField(source="lane_id", allow_null=True)
    weight = ExactDecimal()
    lines = LineSerializer(many=True)

    class Meta:
        model = Parcel
        fields = [
            *("number", "version", "state", "wave", "warehouse", "lane", "carrier", "weight", "quantity", "lines"),
            *("dispatched_at", "expected_at", "delivered_at"),
        ]


class OneOrderSerializer(OrderSerializer):
    """An order with its parcels, none when it leaves as a whole."""

    parcels = ParcelSerializer(many=True)

    class Meta(OrderSerializer.Meta):
        fields = [*OrderSerializer.Meta.fields, "parcels"]


class OrderPageSerializer(serializers.Serializer[Any]):
    results = OrderSerializer(many=True)
    next_after = serializers.IntegerField(allow_null=True, help_text="Pass as `after` to get the next page.")


class OrderQuery(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=[*OrderState.values, *DERIVED], required=False)
    region = serializers.CharField(max_length=32, required=False)
    warehouse = serializers.CharField(max_length=32, required=False)
    carrier = serializers.CharField(max_length=32, required=False)
    lane = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    priority = serializers.IntegerField(min_value=0, max_value=100, required=False)
    promise_from = serializers.DateTimeField(required=False)
    promise_to = serializers.DateTimeField(required=False)
    text = serializers.CharField(max_length=64, required=False)
    updated_since = serializers.DateTimeField(required=False)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, required=False)


class OrderList(APIView):
    """GET /orders"""

    @extend_schema(
        operation_id="orders_list",
        summary="Orders, oldest first",
        description="Filters may be combined. A page may be short and still have a `next_after`: rare filters are"
        " searched in steps.",
        parameters=[
            OpenApiParameter(
                "state", enum=[*OrderState.values, *DERIVED], description="allocated, unallocated and late are open."
            ),
            OpenApiParameter("region", description="Covers the regions inside it."),
            OpenApiParameter("warehouse"),
            OpenApiParameter("carrier"),
            OpenApiParameter("lane", int),
            OpenApiParameter("priority", int, description="At least this one."),
            OpenApiParameter("promise_from", OpenApiTypes.DATETIME),
            OpenApiParameter("promise_to", OpenApiTypes.DATETIME, description="Promised before this moment."),
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
        wanted = OrderQuery(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        filters = dict(wanted.validated_data)
        limit, after = filters.pop("limit", 100), filters.pop("after", 0)
        found = Search(by, OrderFilter(**filters)).oldest_first(limit, after)
        orders = {order.pk: order for order in Order.objects.filter(pk__in=found.ids)}
        page = [orders[pk] for pk in found.ids if pk in orders]
        return Response(
            {
                "results": OrderSerializer(page, many=True).data,
                "next_after": int(found.next) if found.next else None,
            }
        )


class OrderDetail(APIView):
    """GET /orders/<external_id>"""

    @extend_schema(operation_id="orders_one", summary="One order with its parcels", responses=OneOrderSerializer)
    def get(self, request: Request, external_id: str) -> Response:
        by = actor_of(request)
        by.require(Permission.VIEW)
        order = get_object_or_404(queries.visible_orders(by), external_id=external_id.replace("\x00", ""))
        return Response(OneOrderSerializer(order).data)
