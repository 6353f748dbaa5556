"""Warnings over REST."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.roles import Permission
from alerts import cap, operations, queries
from alerts.models import Warning, WarningRegion


class RawXML(BaseParser):
    """Hands on the bytes, one more than the limit at most, so that the operation can refuse what is too large."""

    media_type = "*/xml"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return stream.read(cap.LARGEST + 1)


class AnyXML(RawXML):
    media_type = "application/*"


class WarningRegionSerializer(serializers.ModelSerializer[WarningRegion]):
    class Meta:
        model = WarningRegion
        fields = ["region_code", "via"]


class WarningSerializer(serializers.ModelSerializer[Warning]):
    regions = WarningRegionSerializer(many=True, read_only=True)

    class Meta:
        model = Warning
        fields = [
            "id",
            "sender",
            "identifier",
            "sent",
            "status",
            "msg_type",
            "live",
            "state",
            "folded_by",
            "language",
            "category",
            "event",
            "urgency",
            "severity",
            "certainty",
            "color",
            "headline",
            "sender_name",
            "effective",
            "onset",
            "expires",
            "received_at",
            "regions",
        ]
        read_only_fields = fields


class CapView(APIView):
    """`POST /api/v1/alerts/cap`: one CAP 1.1 or 1.2 message as application/xml."""

    parser_classes = [RawXML, AnyXML]

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request={"application/xml": OpenApiTypes.BINARY},
        responses={
            201: WarningSerializer,
            200: OpenApiResponse(WarningSerializer, description="This very message was filed before."),
            409: OpenApiResponse(description="Another text was filed under its sender, identifier and time."),
            422: OpenApiResponse(description="Not CAP; `where` and `why` tell what is wrong."),
        },
    )
    @once
    def post(self, request: Request) -> Response:
        raw = request.data if isinstance(request.data, bytes) else b""
        warning = operations.file_warning(xml=raw, by=actor_of(request))
        return Response(WarningSerializer(warning).data, status=201 if warning.fresh else 200)


class WarningsView(APIView):
    """Warnings in force, the severest first."""

    @extend_schema(
        parameters=[
            OpenApiParameter("region", str, many=True, description="GB/T 2260 code; a province covers its cities.")
        ],
        responses=WarningSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        regions = request.query_params.getlist("region") or None
        return Response(WarningSerializer(queries.active_warnings(regions), many=True).data)
