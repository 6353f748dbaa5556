"""Lists of the network over REST, page by page."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, Case, QuerySet, When
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import generics, serializers

from accounts.authentication import actor_of
from accounts.roles import Permission
from dispatch.api.orders import ExactDecimal
from dispatch.models import Lane, LaneRate, Region, Warehouse
from dispatch.queries import closed_lanes, closed_warehouses


class RegionSerializer(serializers.ModelSerializer[Region]):
    parent = serializers.CharField(source="parent_id", allow_null=True)  # type: ignore[assignment]

    class Meta:
        model = Region
        fields = ["code", "name", "name_en", "level", "parent", "lat", "lon", "core"]


class WarehouseSerializer(serializers.ModelSerializer[Warehouse]):
    region = serializers.CharField(source="region_id", allow_null=True)
    unit_cost = ExactDecimal()
    closed = serializers.BooleanField()

    class Meta:
        model = Warehouse
        fields = [
            *("code", "name", "name_en", "kind", "region", "lat", "lon", "daily_capacity", "unit_cost"),
            *("full_assortment", "closed"),
        ]


class LaneRateSerializer(serializers.ModelSerializer[LaneRate]):
    min_weight = ExactDecimal()
    max_weight = ExactDecimal(allow_null=True)
    minimum = ExactDecimal()
    rate = ExactDecimal()

    class Meta:
        model = LaneRate
        fields = ["min_weight", "max_weight", "minimum", "rate"]


class LaneSerializer(serializers.ModelSerializer[Lane]):
    warehouse = serializers.CharField(source="warehouse_id")
    region = serializers.CharField(source="region_id")
    carrier = serializers.CharField(source="carrier_id")
    closed = serializers.BooleanField()
    rates = LaneRateSerializer(many=True)

    class Meta:
        model = Lane
        fields = [
            *("id", "warehouse", "region", "carrier", "service_level", "origin", "mode", "transit_hours", "cutoff"),
            *("daily_capacity", "state", "closed", "rates"),
        ]


class NetworkList(generics.ListAPIView[Any]):
    """A list that whoever may see the command centre may read."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        actor_of(request).require(Permission.VIEW)


@extend_schema_view(get=extend_schema(summary="Regions", operation_id="regions_list"))
class RegionList(NetworkList):
    serializer_class = RegionSerializer
    queryset = Region.objects.order_by("code")


@extend_schema_view(get=extend_schema(summary="Warehouses", operation_id="warehouses_list"))
class WarehouseList(NetworkList):
    serializer_class = WarehouseSerializer

    def get_queryset(self) -> QuerySet[Warehouse]:
        shut = Case(When(code__in=closed_warehouses(), then=True), default=False, output_field=BooleanField())
        return Warehouse.objects.filter(retired_at=None).annotate(closed=shut).order_by("code")


@extend_schema_view(
    get=extend_schema(
        summary="Lanes",
        operation_id="lanes_list",
        parameters=[OpenApiParameter("warehouse"), OpenApiParameter("region"), OpenApiParameter("carrier")],
    )
)
class LaneList(NetworkList):
    serializer_class = LaneSerializer

    def get_queryset(self) -> QuerySet[Lane]:
        shut = Case(When(pk__in=closed_lanes(), then=True), default=False, output_field=BooleanField())
        lanes = Lane.objects.filter(retired_at=None).annotate(closed=shut).prefetch_related("rates").order_by("id")
        for name in ("warehouse", "region", "carrier"):
            if code := self.request.query_params.get(name, "").replace("\x00", ""):
                lanes = lanes.filter(**{f"{name}_id": code})
        return lanes
