"""The parts of the network over REST: reading, adding, changing and retiring them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, looked_at
from accounts.roles import Permission
from dispatch.models import HubKind, Mode, RegionLevel, WarehouseKind
from dispatch.operations.parts import add_part, change_part, restore_part, retire_part
from dispatch.parts import KINDS, Record
from dispatch.parts.world import Key, read
from dispatch.queries.network import rows


def text(longest: int = 32, **extra: Any) -> serializers.CharField:
    return serializers.CharField(max_length=longest, **extra)


def optional_text(longest: int = 32) -> serializers.CharField:
    return serializers.CharField(max_length=longest, required=False, allow_blank=True)


def reference() -> serializers.CharField:
    return serializers.CharField(max_length=32, required=False, allow_null=True, allow_blank=True)


def figure(**extra: Any) -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, required=False, **extra)


def amount(**extra: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=60, decimal_places=30, min_value=0, required=False, **extra)


class PartShape(serializers.Serializer[Any]):
    """`version` counts the changes; send it as If-Match when you change or retire the thing."""

    name = text(120)
    name_en = optional_text(120)
    version = serializers.IntegerField(read_only=True)


class PlaceShape(PartShape):
    lat = serializers.FloatField(required=False, allow_null=True, min_value=-90, max_value=90)
    lon = serializers.FloatField(required=False, allow_null=True, min_value=-180, max_value=180)


class RegionShape(PlaceShape):
    code = text()
    level = serializers.ChoiceField(choices=RegionLevel.choices)
    parent = reference()  # type: ignore[assignment]
    core = serializers.BooleanField(required=False)


class WarehouseShape(PlaceShape):
    """A `standby` warehouse serves nobody until it is opened, and can be used `lead_hours` after that."""

    code = text()
    kind = serializers.ChoiceField(choices=WarehouseKind.choices)
    region = reference()
    daily_capacity = figure()
    unit_cost = amount()
    full_assortment = serializers.BooleanField(required=False)
    standby = serializers.BooleanField(required=False)
    lead_hours = figure()


class HubShape(PlaceShape):
    code = text()
    kind = serializers.ChoiceField(choices=HubKind.choices)
    region = reference()
    daily_capacity = figure(allow_null=True)


class CarrierShape(PartShape):
    code = text()
    calendar = reference()


class CalendarDayShape(serializers.Serializer[Any]):
    day = serializers.DateField()
    works = serializers.BooleanField()


class CalendarShape(PartShape):
    """`weekdays`: "12345" is Monday to Friday."""

    code = text()
    weekdays = optional_text(20)
    holidays_off = serializers.BooleanField(required=False)
    days = CalendarDayShape(many=True, required=False)


class LegShape(serializers.Serializer[Any]):
    """A leg by `mode` to `hub`; the last one has none and goes to the destination. `road` is a hub of kind road."""

    mode = serializers.ChoiceField(choices=Mode.choices)
    hub = reference()
    road = reference()
    hours = figure(allow_null=True)
    km = figure(allow_null=True)


class RateShape(serializers.Serializer[Any]):
    """Freight is max(`minimum`, `rate` x weight) for weights in kg from `min_weight` to `max_weight` (null: no end)."""

    min_weight = amount()
    max_weight = amount(allow_null=True)
    minimum = amount()
    rate = amount()


class LaneShape(serializers.Serializer[Any]):
    """Half of the orders arrive within `transit_hours`, nine in ten within `p90_hours`. `daily_capacity` null: no
    limit. `legs` and `rates` are replaced as a whole when they are sent."""

    id = serializers.IntegerField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    warehouse = text()
    region = text()
    carrier = text()
    service_level = text(16)
    origin = optional_text()
    mode = optional_text(16)
    transit_hours = figure()
    p90_hours = figure(allow_null=True)
    cutoff = serializers.TimeField(required=False, allow_null=True)
    daily_capacity = figure(allow_null=True)
    calendar = reference()
    risk = serializers.FloatField(required=False, min_value=0, max_value=1)
    legs = LegShape(many=True, required=False)
    rates = RateShape(many=True, required=False)


class ContractShape(serializers.Serializer[Any]):
    """Orders a day that a carrier guarantees, and what more it carries at `surge_price` CNY an order on top."""

    number = text()
    version = serializers.IntegerField(read_only=True)
    carrier = text()
    warehouse = reference()
    region = reference()
    service_level = optional_text(16)
    valid_from = serializers.DateField()
    valid_until = serializers.DateField(required=False, allow_null=True)
    guaranteed = figure()
    surge = figure()
    surge_price = amount()


Shape = type[serializers.Serializer[Any]]


def as_text(value: Any) -> str:
    """A value as dispatch.parts reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat()
    if isinstance(value, float):
        return format(value, "f")
    return str(value)


def texts(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: [{own: as_text(item) for own, item in row.items()} for row in value]
        if isinstance(value, list)
        else as_text(value)
        for name, value in values.items()
    }


def shown(kind: str, key: Key, record: Record, version: int | None) -> dict[str, Any]:
    """A record as the API tells it."""
    sort = KINDS[kind]
    found: dict[str, Any] = {"id": key} if sort.numbered else {}
    for field in sort.fields:
        value = record[field.name]
        exact = field.kind == "decimal" and not isinstance(value, float) and value is not None
        found[field.name] = field.show(value) if exact or isinstance(value, tuple | time) else value
    for child in sort.children:
        found[child.name] = [
            {
                field.name: field.show(value) if field.kind == "decimal" and value is not None else value
                for field, value in zip(child.fields, row, strict=True)
            }
            for row in record[child.name]
        ]
    return found | ({"version": version} if version is not None else {})


def one(kind: str, key: Key) -> dict[str, Any]:
    """A thing as it stands. Raises Http404."""
    sort = KINDS[kind]
    records, _retired = read(sort, key)
    if key not in records:
        raise Http404
    version = None
    if sort.retirable:
        ((version,),) = rows(f"SELECT version FROM {sort.table} WHERE {sort.key} = %(key)s", key=key)
    return shown(kind, key, records[key], version)


def key_of(kind: str, given: str) -> Key:
    """The key in an address. Raises Http404."""
    if not KINDS[kind].numbered:
        return given.replace("\x00", "")
    if not (given.isascii() and given.isdigit() and len(given) < 19):
        raise Http404
    return int(given)


class PartView(APIView):
    """One thing of a kind."""

    kind: ClassVar[str]
    shape: ClassVar[Shape]

    def get(self, request: Request, key: str) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(one(self.kind, key_of(self.kind, key)))

    def patch(self, request: Request, key: str) -> Response:
        actor_of(request).require(Permission.MANAGE_NETWORK)
        given = self.shape(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        change_part(
            kind=self.kind,
            key=key_of(self.kind, key),
            values=texts(given.validated_data),
            by=actor_of(request),
            expected_version=looked_at(request),
        )
        return Response(one(self.kind, key_of(self.kind, key)))


class RetirablePartView(PartView):
    def delete(self, request: Request, key: str) -> Response:
        actor_of(request).require(Permission.MANAGE_NETWORK)
        retire_part(
            kind=self.kind, key=key_of(self.kind, key), by=actor_of(request), expected_version=looked_at(request)
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RestoreView(APIView):
    """A retired thing comes back."""

    kind: ClassVar[str]
    shape: ClassVar[Shape]

    def post(self, request: Request, key: str) -> Response:
        actor_of(request).require(Permission.MANAGE_NETWORK)
        found = key_of(self.kind, key)
        restore_part(kind=self.kind, key=found, by=actor_of(request))
        return Response(one(self.kind, found))


class PartsView(APIView):
    """Adding a thing; what a kind has is read from its own list, or from here for kinds without one."""

    kind: ClassVar[str]
    shape: ClassVar[Shape]

    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        sort = KINDS[self.kind]
        records, retired = read(sort)
        versions = dict(rows(f"SELECT {sort.key}, version FROM {sort.table}")) if sort.retirable else {}
        found = [shown(self.kind, key, row, versions.get(key)) for key, row in records.items() if key not in retired]
        return Response({"results": found})

    @once
    def post(self, request: Request) -> Response:
        actor_of(request).require(Permission.MANAGE_NETWORK)
        given = self.shape(data=request.data)
        given.is_valid(raise_exception=True)
        key = add_part(kind=self.kind, values=texts(given.validated_data), by=actor_of(request))
        return Response(one(self.kind, key), status=status.HTTP_201_CREATED)


KEY = OpenApiParameter("key", str, OpenApiParameter.PATH)


def views(kind: str, shape: Shape) -> dict[str, Any]:
    """The documented views of a kind: `many`, `one` and `restore`."""
    sort, title = KINDS[kind], kind.capitalize()
    answers = {200: shape}
    change = extend_schema(
        summary=f"Change a {kind}",
        operation_id=f"{kind}s_change",
        parameters=[KEY, IF_MATCH],
        request=shape,
        responses=answers,
    )
    described = {
        "get": extend_schema(summary=f"A {kind}", operation_id=f"{kind}s_read", parameters=[KEY], responses=answers),
        "patch": change,
    }
    if sort.retirable:
        described["delete"] = extend_schema(
            summary=f"Retire a {kind}: nothing uses it any more, and it keeps its name",
            operation_id=f"{kind}s_retire",
            parameters=[KEY, IF_MATCH],
            request=None,
            responses={204: None},
        )
    base = RetirablePartView if sort.retirable else PartView
    single = extend_schema_view(**described)(type(f"{title}Part", (base,), {"kind": kind, "shape": shape}))
    listed = type(f"{title}ListAnswer", (serializers.Serializer,), {"results": shape(many=True)})
    many = extend_schema_view(
        get=extend_schema(summary=f"All of kind {kind}", operation_id=f"{kind}s_all", responses={200: listed}),
        post=extend_schema(
            summary=f"Add a {kind}",
            operation_id=f"{kind}s_add",
            parameters=[IDEMPOTENCY_KEY],
            request=shape,
            responses={201: shape},
        ),
    )(type(f"{title}Parts", (PartsView,), {"kind": kind, "shape": shape}))
    restore = extend_schema_view(
        post=extend_schema(
            summary=f"Bring a retired {kind} back",
            operation_id=f"{kind}s_restore",
            parameters=[KEY],
            request=None,
            responses=answers,
        )
    )(type(f"{title}Restore", (RestoreView,), {"kind": kind, "shape": shape}))
    return {"many": many, "one": single, "restore": restore}


SHAPES: dict[str, Shape] = {
    "region": RegionShape,
    "warehouse": WarehouseShape,
    "hub": HubShape,
    "carrier": CarrierShape,
    "calendar": CalendarShape,
    "lane": LaneShape,
    "contract": ContractShape,
}
VIEWS = {kind: views(kind, shape) for kind, shape in SHAPES.items()}
