"""What happens to the network over REST: closing and opening it again, standby warehouses, files."""

from __future__ import annotations

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import body
from accounts.roles import Permission
from dispatch.models import Cause, WarehouseOpening
from dispatch.operations import close_scope, reopen_scope
from dispatch.operations.closures import explain_closure
from dispatch.operations.lanes import limit_warehouse
from dispatch.operations.network_import import apply_import, find_import, plan_import, upload_network
from dispatch.operations.openings import end_opening, open_warehouse
from dispatch.parts import World
from dispatch.parts.sheets import write_workbook
from dispatch.queries import network_pages
from dispatch.scope import Scope

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BY_HAND = "closure:"


class WhyShape(serializers.Serializer[Any]):
    cause = serializers.ChoiceField(choices=Cause.choices, required=False, allow_blank=True)
    source = serializers.CharField(max_length=120, required=False, allow_blank=True)  # type: ignore[assignment]
    expected_until = serializers.DateTimeField(required=False, allow_null=True)


class NetworkScopeShape(serializers.Serializer[Any]):
    """Codes of regions, warehouses, carriers and hubs (roads and airports too), ids of lanes."""

    regions = serializers.ListField(child=serializers.CharField(max_length=32), required=False)
    warehouses = serializers.ListField(child=serializers.CharField(max_length=32), required=False)
    carriers = serializers.ListField(child=serializers.CharField(max_length=32), required=False)
    hubs = serializers.ListField(child=serializers.CharField(max_length=32), required=False)
    lanes = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False)


class ClosingShape(WhyShape):
    """`name` tells this closing from others; the same name again closes nothing twice."""

    name = serializers.RegexField(r"^[\w.:-]{1,50}$")
    scope = NetworkScopeShape()


class ClosedShape(serializers.Serializer[Any]):
    reference = serializers.CharField()
    lanes = serializers.IntegerField()
    warehouses = serializers.IntegerField()
    hubs = serializers.IntegerField()
    since = serializers.DateTimeField()
    cause = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    expected_until = serializers.DateTimeField(allow_null=True)


class ClosedListShape(serializers.Serializer[Any]):
    results = ClosedShape(many=True)


class LaneCountShape(serializers.Serializer[Any]):
    reference = serializers.CharField()
    lanes = serializers.IntegerField(help_text="How many lanes this call closed or opened.")


class Closings(APIView):
    @extend_schema(summary="What is closed now", operation_id="closings_list", responses={200: ClosedListShape})
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response({"results": ClosedShape(network_pages.closed_now(), many=True).data})

    @extend_schema(
        summary="Close part of the network, and what depends on it",
        operation_id="closings_add",
        parameters=[IDEMPOTENCY_KEY],
        request=ClosingShape,
        responses={201: LaneCountShape},
    )
    @once
    def post(self, request: Request) -> Response:
        actor_of(request).require(Permission.APPROVE_REROUTE)
        given = body(request, ClosingShape)
        name, scope = f"{BY_HAND}{given.pop('name')}", Scope.from_json(given.pop("scope"))
        lanes = close_scope(reference=name, scope=scope, by=actor_of(request), **given)
        return Response({"reference": name, "lanes": lanes}, status=status.HTTP_201_CREATED)


class Closing(APIView):
    @extend_schema(
        summary="Say why something is closed",
        operation_id="closings_explain",
        request=WhyShape,
        responses={204: None},
    )
    def patch(self, request: Request, name: str) -> Response:
        actor_of(request).require(Permission.APPROVE_REROUTE)
        explain_closure(reference=f"{BY_HAND}{name}"[:64], by=actor_of(request), **body(request, WhyShape))
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(
        summary="Open again what was closed under this name",
        operation_id="closings_end",
        request=None,
        responses={200: LaneCountShape},
    )
    def delete(self, request: Request, name: str) -> Response:
        reference = f"{BY_HAND}{name}"[:64].replace("\x00", "")
        lanes = reopen_scope(reference=reference, by=actor_of(request))
        return Response({"reference": reference, "lanes": lanes})


class OpeningShape(serializers.Serializer[Any]):
    reference = serializers.RegexField(r"^[a-z]+:[\w.:-]{1,50}$", help_text="What for: incident:42.")
    throughput = serializers.IntegerField(min_value=1, max_value=10_000_000, required=False, allow_null=True)
    until = serializers.DateTimeField(required=False, allow_null=True)


class OpenedShape(serializers.ModelSerializer[WarehouseOpening]):
    warehouse = serializers.CharField(source="warehouse_id")

    class Meta:
        model = WarehouseOpening
        fields: ClassVar = [
            "id",
            "warehouse",
            "reference",
            "opened_at",
            "usable_from",
            "until",
            "throughput",
            "ended_at",
        ]


class Opening(APIView):
    @extend_schema(
        summary="Open a standby warehouse: it can be used after its lead time",
        operation_id="warehouses_open",
        parameters=[IDEMPOTENCY_KEY],
        request=OpeningShape,
        responses={201: OpenedShape},
    )
    @once
    def post(self, request: Request, key: str) -> Response:
        actor_of(request).require(Permission.APPROVE_REROUTE)
        opening = open_warehouse(code=key.replace("\x00", ""), by=actor_of(request), **body(request, OpeningShape))
        return Response(OpenedShape(opening).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        summary="Put an opened warehouse back on standby",
        operation_id="warehouses_end_opening",
        request=None,
        responses={200: OpenedShape},
    )
    def delete(self, request: Request, key: str) -> Response:
        return Response(OpenedShape(end_opening(code=key.replace("\x00", ""), by=actor_of(request))).data)


class ShareShape(WhyShape):
    share = serializers.FloatField(min_value=0.01, max_value=1, help_text="What still runs; 1: everything.")


class Limit(APIView):
    @extend_schema(
        summary="Say which share of a warehouse runs",
        operation_id="warehouses_limit",
        request=ShareShape,
        responses={204: None},
    )
    def put(self, request: Request, key: str) -> Response:
        actor_of(request).require(Permission.APPROVE_REROUTE)
        limit_warehouse(code=key.replace("\x00", ""), by=actor_of(request), **body(request, ShareShape))
        return Response(status=status.HTTP_204_NO_CONTENT)


class CellFaultShape(serializers.Serializer[Any]):
    sheet = serializers.CharField()
    cell = serializers.CharField(help_text="C12; a row number alone; or blank for the sheet.")
    message = serializers.CharField()
    value = serializers.CharField()


class ChangeShape(serializers.Serializer[Any]):
    kind = serializers.CharField()
    key = serializers.CharField()
    action = serializers.ChoiceField(choices=["add", "change", "retire"])
    title = serializers.CharField()
    fields_changed = serializers.DictField(child=serializers.ListField(child=serializers.CharField()), source="fields")


class PlanShape(serializers.Serializer[Any]):
    """What the file would change. Send `digest` with the call that applies it."""

    id = serializers.IntegerField()
    digest = serializers.CharField()
    faults = CellFaultShape(many=True)
    changes = ChangeShape(many=True)


class FileShape(serializers.Serializer[Any]):
    file = serializers.FileField()
    complete = serializers.BooleanField(required=False, default=False)


class DigestShape(serializers.Serializer[Any]):
    digest = serializers.CharField(max_length=64)


class AppliedShape(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    added = serializers.IntegerField()
    changed = serializers.IntegerField()
    retired = serializers.IntegerField()


class Files(APIView):
    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="Send an Excel or CSV file and learn what it would change",
        operation_id="network_files_add",
        parameters=[IDEMPOTENCY_KEY],
        request={"multipart/form-data": FileShape},
        responses={201: PlanShape},
    )
    @once
    def post(self, request: Request) -> Response:
        by = actor_of(request)
        by.require(Permission.MANAGE_NETWORK)
        given = body(request, FileShape)
        file = given["file"]
        draft = upload_network(content=file.read(), filename=file.name, complete=given["complete"], by=by)
        plan = plan_import(draft=draft, by=by)
        answer = {"id": draft.pk, "digest": plan.digest, "faults": plan.faults, "changes": plan.changes[:1000]}
        return Response(PlanShape(answer).data, status=status.HTTP_201_CREATED)


class FileApply(APIView):
    @extend_schema(
        summary="Apply a file whose changes were looked at",
        operation_id="network_files_apply",
        request=DigestShape,
        responses={200: AppliedShape},
    )
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.MANAGE_NETWORK)
        find_import(pk, by)
        return Response(AppliedShape(apply_import(pk=pk, by=by, **body(request, DigestShape))).data)


class Export(APIView):
    @extend_schema(
        summary="The whole network as Excel",
        operation_id="network_export",
        parameters=[OpenApiParameter("format", str, exclude=True)],
        responses={(200, EXCEL): OpenApiTypes.BINARY},
    )
    def get(self, request: Request) -> HttpResponse:
        actor_of(request).require(Permission.VIEW)
        response = HttpResponse(write_workbook(World()), content_type=EXCEL)
        response["Content-Disposition"] = 'attachment; filename="network.xlsx"'
        return response
