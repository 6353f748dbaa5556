"""Frozen sets of affected orders over REST: what they amount to, their orders, and freezing anew."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.roles import Permission
from dispatch.models import AffectedOrder, AffectedSet
from dispatch.operations import refresh_affected
from dispatch.queries.affected import set_figures
from dispatch.queries.affected_rows import CHANGES, set_page
from dispatch.queries.search import OrderFilter

LARGEST_PAGE = 1000


class AffectedSetSerializer(serializers.ModelSerializer[AffectedSet]):
    class Meta:
        model = AffectedSet
        fields = [
            *("id", "reference", "version", "exercise", "frozen_at", "scope", "orders", "in_transit"),
            *("added", "gone", "changed"),
        ]


class ImpactLineSerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="A region's code, or a priority.")
    orders = serializers.IntegerField()
    value = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True, help_text="yuan")
    at_risk = serializers.IntegerField()


class AffectedFiguresSerializer(serializers.Serializer[Any]):
    orders = serializers.IntegerField()
    in_transit = serializers.IntegerField(help_text="Dispatched already: they can only be detoured.")
    value = serializers.DecimalField(max_digits=None, decimal_places=None, allow_null=True, help_text="yuan")
    valued = serializers.IntegerField(help_text="How many orders have a value.")
    promised = serializers.IntegerField()
    at_risk = serializers.IntegerField(help_text="Promises that the lane's transit time can no longer keep.")
    regions = ImpactLineSerializer(many=True)
    priorities = ImpactLineSerializer(many=True)
    hours = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="[hours that may still pass, orders whose promise is lost after them]; -1 is lost already.",
    )


class AffectedDetailSerializer(AffectedSetSerializer):
    figures = serializers.SerializerMethodField()

    class Meta(AffectedSetSerializer.Meta):
        fields = [*AffectedSetSerializer.Meta.fields, "figures"]

    @extend_schema_field(AffectedFiguresSerializer)
    def get_figures(self, frozen: AffectedSet) -> dict[str, Any]:
        return dict(AffectedFiguresSerializer(asdict(set_figures(frozen))).data)


class AffectedOrderSerializer(serializers.ModelSerializer[AffectedOrder]):
    """An order with the version and allocation it had when it was frozen."""

    order = serializers.CharField(source="order.external_id")
    state = serializers.CharField(source="order.state", help_text="As it is now.")
    region = serializers.CharField(source="order.region_id")
    priority = serializers.IntegerField(source="order.priority")
    promise_at = serializers.DateTimeField(source="order.promise_at", allow_null=True)
    version = serializers.IntegerField(source="order_version")
    warehouse = serializers.CharField(source="warehouse_id", allow_null=True)
    lane = serializers.IntegerField(source="lane_id", allow_null=True)
    carrier = serializers.CharField(source="carrier_id", allow_null=True)

    class Meta:
        model = AffectedOrder
        fields = [
            *("order", "state", "region", "priority", "promise_at", "version", "warehouse", "lane", "carrier"),
            "in_transit",
        ]


class AffectedPageSerializer(serializers.Serializer[Any]):
    results = AffectedOrderSerializer(many=True)
    next_after = serializers.CharField(allow_null=True, help_text="Pass as `after` to get the next page.")


class AffectedList(ListAPIView[AffectedSet]):
    """GET /affected"""

    serializer_class = AffectedSetSerializer

    @extend_schema(
        operation_id="affected_list",
        summary="Frozen sets of affected orders, newest first",
        parameters=[OpenApiParameter("reference", description='Of one matter, such as "incident:42".')],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actor_of(request).require(Permission.VIEW)
        return super().get(request, *args, **kwargs)

    def get_queryset(self) -> Any:
        sets = AffectedSet.objects.order_by("-id")
        reference = self.request.query_params.get("reference", "").replace("\x00", "")
        return sets.filter(reference=reference) if reference else sets


class AffectedDetail(APIView):
    """GET /affected/<id>"""

    @extend_schema(
        operation_id="affected_one", summary="What a frozen set amounts to", responses=AffectedDetailSerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(AffectedDetailSerializer(get_object_or_404(AffectedSet, pk=pk)).data)


class AffectedFilter(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=64, required=False)
    region = serializers.CharField(max_length=32, required=False)
    warehouse = serializers.CharField(max_length=32, required=False)
    carrier = serializers.CharField(max_length=32, required=False)
    lane = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    priority = serializers.IntegerField(min_value=0, max_value=100, required=False)
    in_transit = serializers.BooleanField(required=False)
    change = serializers.ChoiceField(choices=CHANGES, required=False)
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, required=False)


class AffectedOrders(APIView):
    """GET /affected/<id>/orders"""

    @extend_schema(
        operation_id="affected_orders",
        summary="The orders of a frozen set, newest first",
        description="With `change` those that differ from the version before: added, gone (rows of the version"
        " before) or changed. A page may be short and still have a `next_after`: rare filters are searched in steps.",
        parameters=[AffectedFilter],
        responses=AffectedPageSerializer,
    )
    def get(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.VIEW)
        frozen = get_object_or_404(AffectedSet, pk=pk)
        given = AffectedFilter(data=request.query_params)
        given.is_valid(raise_exception=True)
        fields = dict(given.validated_data)
        page = set_page(
            by,
            frozen,
            OrderFilter(**{name: fields[name] for name in FILTERS if name in fields}),
            in_transit=fields.get("in_transit") if "in_transit" in request.query_params else None,
            change=fields.get("change", ""),
            after=str(fields.get("after", "")),
            size=fields.get("limit", 100),
        )
        rows = AffectedOrderSerializer(page.rows, many=True).data
        return Response({"results": rows, "next_after": page.next or None})


FILTERS = ("text", "region", "warehouse", "carrier", "lane", "priority")


class RefreshAffected(APIView):
    """POST /affected/<id>/refresh"""

    @extend_schema(
        operation_id="affected_refresh",
        summary="Freeze what the same scope hits now, as a new version",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={201: AffectedDetailSerializer},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.DO_MEASURE)
        get_object_or_404(AffectedSet, pk=pk)
        return Response(AffectedDetailSerializer(refresh_affected(set_id=pk, by=by)).data, status=201)
