"""The rules of command over REST: each area as a whole, with its history."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission
from incidents import operations, queries
from incidents.api import planshapes as shapes
from incidents.api.acts import REFUSED
from incidents.models import RuleVersion

AREA = OpenApiParameter("area", str, OpenApiParameter.PATH, enum=shapes.AREAS)


def answer(area: str) -> Response:
    version = queries.newest_rules(area)
    if version is None:
        raise NotFound(_("There are no rules called %(area)s.") % {"area": area[:40]})
    return Response(shapes.RuleVersionSerializer(version).data, headers={"ETag": f'"{version.number}"'})


class Rules(APIView):
    @extend_schema(
        summary="An area of the rules as it is in force",
        operation_id="rules_read",
        responses={200: shapes.RuleVersionSerializer},
        parameters=[AREA],
    )
    def get(self, request: Request, area: str) -> Response:
        actor_of(request).require(Permission.VIEW)
        return answer(area)

    @extend_schema(
        summary="Change an area of the rules as a whole, with the reason",
        operation_id="rules_write",
        request=shapes.RulesWriteSerializer,
        responses={200: shapes.RuleVersionSerializer, **REFUSED},
        parameters=[AREA, IF_MATCH],
    )
    def put(self, request: Request, area: str) -> Response:
        given = body(request, shapes.RulesWriteSerializer)
        operations.write_rules(area=area, by=actor_of(request), expected_number=looked_at(request), **given)
        return answer(area)


class RuleVersions(generics.ListAPIView[RuleVersion]):
    serializer_class = shapes.RuleVersionSerializer
    queryset = RuleVersion.objects.none()

    def get_queryset(self) -> QuerySet[RuleVersion]:
        return RuleVersion.objects.filter(area=self.kwargs["area"]).order_by("-number")

    @extend_schema(
        summary="Every version of an area of the rules, newest first", operation_id="rules_versions", parameters=[AREA]
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actor_of(request).require(Permission.VIEW)
        return super().get(request, *args, **kwargs)
