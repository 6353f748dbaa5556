"""Stock over REST; the phone page speaks it too."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from inventory import operations, queries
from inventory.models import Kind, Movement, Stock
from journal.numbers import whole

LOGGED = [Kind.RECEIVE, Kind.ISSUE, Kind.RETURN, Kind.COUNT, Kind.WRITE_OFF]
MOST = 500


class Quantity(serializers.DecimalField):
    """A quantity as a plain number in a string: "12", "0.5"."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=12, decimal_places=3, **kwargs)

    def to_representation(self, value: Any) -> str:
        return queries.plain(value)


class StockSerializer(serializers.ModelSerializer[Stock]):
    item = serializers.CharField(source="item.code")
    name = serializers.CharField(source="item.label")
    unit = serializers.CharField(source="item.unit_label")
    whole = serializers.BooleanField(source="item.whole")
    category = serializers.CharField(source="item.get_category_display")
    check = serializers.CharField(source="item.check_label")
    warehouse = serializers.CharField(source="warehouse_code")
    quantity = Quantity()
    par = Quantity()
    missing = Quantity()
    check_due_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = Stock
        fields = [
            *("warehouse", "item", "name", "unit", "whole", "category", "quantity", "par", "missing", "location"),
            *("expires_on", "checked_at", "check_due_at", "check"),
        ]
        read_only_fields = fields


class MovementSerializer(serializers.ModelSerializer[Movement]):
    item = serializers.CharField(source="item.code")
    warehouse = serializers.CharField(source="warehouse_code")
    quantity = Quantity()
    delta = Quantity()
    after = Quantity()

    class Meta:
        model = Movement
        fields = [
            *("id", "kind", "item", "warehouse", "quantity", "delta", "after", "reference", "exercise", "reverses"),
            *("note", "actor", "occurred_at", "recorded_at"),
        ]
        read_only_fields = fields


class NewMovement(serializers.Serializer[Any]):
    """`key` makes a resend harmless; the header Idempotency-Key may carry it instead. `occurred_at` is when a person
    logged it, when the network brought it later."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in LOGGED])
    item = serializers.CharField(max_length=32)
    warehouse = serializers.CharField(max_length=32)
    quantity = serializers.CharField(max_length=20)
    key = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    reference = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class NewSupplyLine(serializers.Serializer[Any]):
    item = serializers.CharField(max_length=32)
    warehouse = serializers.CharField(max_length=32)
    quantity = serializers.CharField(max_length=20)


class NewSupplies(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=64)
    key = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    lines = NewSupplyLine(many=True, allow_empty=False)


class IssuedSerializer(serializers.Serializer[Any]):
    item = serializers.CharField()
    warehouse = serializers.CharField()
    quantity = Quantity()


class ShortageSerializer(serializers.Serializer[Any]):
    item = serializers.CharField()
    warehouse = serializers.CharField()
    asked = Quantity()
    missing = Quantity()


class IssueResultSerializer(serializers.Serializer[Any]):
    issue_id = serializers.IntegerField()
    complete = serializers.BooleanField()
    issued = IssuedSerializer(many=True)
    shortages = ShortageSerializer(many=True)


def key_of(request: Request, data: dict[str, Any]) -> str:
    return data["key"] or request.headers.get("Idempotency-Key", "")


class StockView(APIView):
    @extend_schema(
        summary="Stock",
        parameters=[
            OpenApiParameter("warehouse", str, many=True, description="Only these warehouses."),
            OpenApiParameter("short", bool, description="Only what is below its par."),
        ],
        responses=StockSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        rows = list(queries.stock(request.query_params.getlist("warehouse") or None))
        if request.query_params.get("short") in {"1", "true"}:
            rows = [row for row in rows if row.missing]
        return Response(StockSerializer(rows, many=True).data)


class MovementsView(APIView):
    @extend_schema(
        summary="The ledger, newest first",
        parameters=[
            OpenApiParameter("warehouse", str),
            OpenApiParameter("item", str),
            OpenApiParameter("reference", str),
            OpenApiParameter("limit", int, description="At most 500; 100 by default."),
        ],
        responses=MovementSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        asked = request.query_params
        limit = whole(asked.get("limit", ""), digits=9)
        rows = queries.movements(
            warehouse=asked.get("warehouse", ""), item=asked.get("item", ""), reference=asked.get("reference", "")
        )
        return Response(MovementSerializer(rows[: min(100 if limit is None else limit, MOST)], many=True).data)

    @extend_schema(
        summary="Book a movement",
        request=NewMovement,
        responses={200: MovementSerializer, 201: MovementSerializer},
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    def post(self, request: Request) -> Response:
        form = NewMovement(data=request.data)
        form.is_valid(raise_exception=True)
        data = dict(form.validated_data)
        key = key_of(request, data)
        data.pop("key")
        movement = operations.log_movement(
            **data, key=key, by=actor_of(request), exercise=queries.exercise_of(data["reference"])
        )
        return Response(MovementSerializer(movement).data, status=201 if movement.fresh else 200)


class UndoView(APIView):
    @extend_schema(summary="Undo a movement within ten seconds", request=None, responses=MovementSerializer)
    def post(self, request: Request, movement_id: int) -> Response:
        try:
            reversal = operations.undo_movement(movement_id=movement_id, by=actor_of(request))
        except Movement.DoesNotExist as error:
            raise NotFound from error
        return Response(MovementSerializer(reversal).data)


class SuppliesView(APIView):
    @extend_schema(
        summary="Issue supplies to a matter, as far as there are any",
        request=NewSupplies,
        responses=IssueResultSerializer,
        parameters=[OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER)],
    )
    def post(self, request: Request) -> Response:
        form = NewSupplies(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        result = operations.issue_supplies(
            reference=data["reference"],
            lines=[(line["item"], line["warehouse"], line["quantity"]) for line in data["lines"]],
            by=actor_of(request),
            key=key_of(request, data),
            exercise=queries.exercise_of(data["reference"]),
        )
        return Response(IssueResultSerializer(result).data)
