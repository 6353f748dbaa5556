"""The rules of sending and of care over REST."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.rest import IF_MATCH, looked_at
from accounts.roles import Permission
from customers.models import CareRules, NoticePolicy
from customers.operations.rules import change_rules, names_of, rules_of


class NoticeRulesSerializer(serializers.ModelSerializer[NoticePolicy]):
    class Meta:
        model = NoticePolicy
        fields = ["version", *names_of("notices")]
        read_only_fields = ["version"]


class CareRulesSerializer(serializers.ModelSerializer[CareRules]):
    class Meta:
        model = CareRules
        fields = ["version", *names_of("care")]
        read_only_fields = ["version"]


class RulesView(APIView):
    area = ""
    shape: type[serializers.ModelSerializer[Any]]

    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(self.shape(rules_of(self.area)).data)

    def patch(self, request: Request) -> Response:
        by = actor_of(request)
        by.require(Permission.MANAGE_TEMPLATES)
        given = self.shape(data=request.data, partial=True)
        given.is_valid(raise_exception=True)
        row = change_rules(
            area=self.area, values=dict(given.validated_data), by=by, expected_version=looked_at(request)
        )
        return Response(self.shape(row).data)


def documented(what: str, shape: type[serializers.ModelSerializer[Any]]) -> Any:
    return extend_schema_view(
        get=extend_schema(summary=f"The {what}", responses=shape),
        patch=extend_schema(
            summary=f"Change some {what}",
            description="Everything or nothing; If-Match holds the version you looked at.",
            parameters=[IF_MATCH],
            request=shape(partial=True),
            responses=shape,
        ),
    )


@documented("rules of sending", NoticeRulesSerializer)
class NoticeRulesView(RulesView):
    area, shape = "notices", NoticeRulesSerializer


@documented("rules of care", CareRulesSerializer)
class CareRulesView(RulesView):
    area, shape = "care", CareRulesSerializer
