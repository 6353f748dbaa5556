"""Plans over REST: read, written, handed in, approved, compared, and where none is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission
from incidents import operations, queries
from incidents.api import planshapes as shapes
from incidents.api.acts import REFUSED, act
from incidents.models import Plan
from incidents.queries.plans import Cell


def found_plan(plan_id: int) -> Plan:
    plan = Plan.objects.prefetch_related("measures").filter(pk=plan_id).first()
    if plan is None:
        raise NotFound(_("There is no plan %(id)s.") % {"id": plan_id})
    return plan


def answer(plan_id: int, status: int = 200) -> Response:
    """The whole plan as it stands now, with its revision as ETag."""
    plan = found_plan(plan_id)
    data = shapes.PlanDetailSerializer(plan).data
    return Response(data, status=status, headers={"ETag": f'"{plan.revision}"'})


class PlanList(generics.ListAPIView[Plan]):
    serializer_class = shapes.PlanSerializer

    def get_queryset(self) -> QuerySet[Plan]:
        rows = Plan.objects.order_by("category", "level", "region_code", "-version")
        for name in ("category", "state"):
            if value := self.request.query_params.get(name, "").replace("\x00", ""):
                rows = rows.filter(**{name: value})
        return rows

    @extend_schema(
        summary="Plans",
        operation_id="plans_list",
        parameters=[OpenApiParameter("category", str), OpenApiParameter("state", str)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actor_of(request).require(Permission.VIEW)
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Begin a draft, empty or as a copy",
        operation_id="plans_draft",
        request=shapes.DraftSerializer,
        responses={201: shapes.PlanDetailSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
    )
    @once
    def post(self, request: Request) -> Response:
        plan = operations.draft_plan(by=actor_of(request), **body(request, shapes.DraftSerializer))
        return answer(plan.pk, 201)


class PlanDetail(APIView):
    @extend_schema(
        summary="One plan with its measures", operation_id="plans_read", responses={200: shapes.PlanDetailSerializer}
    )
    def get(self, request: Request, plan_id: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return answer(plan_id)

    @extend_schema(
        summary="Write a draft",
        operation_id="plans_write",
        request=shapes.PlanWriteSerializer,
        responses={200: shapes.PlanDetailSerializer, **REFUSED},
        parameters=[IF_MATCH],
    )
    def put(self, request: Request, plan_id: int) -> Response:
        given = body(request, shapes.PlanWriteSerializer)
        measures = given.pop("measures", None)
        operations.write_plan(
            plan_id=plan_id,
            by=actor_of(request),
            texts=given,
            measures=measures,
            expected_version=looked_at(request),
        )
        return answer(plan_id)

    @extend_schema(
        summary="Throw a draft away",
        operation_id="plans_delete",
        responses={204: None, **REFUSED},
        parameters=[IF_MATCH],
    )
    def delete(self, request: Request, plan_id: int) -> Response:
        operations.delete_plan(plan_id=plan_id, by=actor_of(request), expected_version=looked_at(request))
        return Response(status=204)


def plan_act(
    name: str, summary: str, operation: Callable[..., Any], shape: type[serializers.Serializer[Any]] | None = None
) -> Any:
    """The view of one step in a plan's life; answers with the whole plan."""
    return act(
        f"plans_{name}",
        summary,
        operation,
        shape,
        answer=lambda request, plan_id: answer(plan_id),
        answered=shapes.PlanDetailSerializer,
    )


PlanSubmit = plan_act("submit", "Hand a draft in for review", operations.submit_plan)
PlanSendBack = plan_act(
    "send_back", "Send a plan back to be changed", operations.send_back_plan, shapes.SendBackSerializer
)
PlanApprove = plan_act("approve", "Approve a plan; another person than who handed it in", operations.approve_plan)
PlanRetire = plan_act("retire", "Use a plan no more", operations.retire_plan)


class PlanDiff(APIView):
    @extend_schema(
        summary="What differs between two plans",
        operation_id="plans_diff",
        responses={200: shapes.DifferenceSerializer},
    )
    def get(self, request: Request, plan_id: int, other_id: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        difference = queries.plan_difference(found_plan(plan_id), found_plan(other_id))
        return Response(difference.to_json())


def cell_json(cell: Cell) -> dict[str, Any]:
    return {
        "category": cell.category,
        "level": cell.level,
        "fit": cell.fit,
        "runs": cell.runs.pk if cell.runs else None,
        "runs_version": cell.runs.version if cell.runs else None,
        "draft": cell.draft.pk if cell.draft else None,
        "narrower": list(cell.narrower),
        "gap": cell.gap,
    }


class PlanCoverage(APIView):
    @extend_schema(
        summary="What a response would run, by category and level, and the gaps",
        operation_id="plans_coverage",
        responses={200: shapes.CoverageSerializer(many=True)},
        parameters=[
            OpenApiParameter(
                "region", str, description="Six digits; left out: everywhere; `all`: every region worth looking at too."
            )
        ],
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        asked = request.query_params.get("region", "").replace("\x00", "")[:6]
        regions = ["", *(row.code for row in queries.coverage_regions())] if asked == "all" else [asked]
        return Response(
            [
                {
                    "region": grid.region,
                    "gaps": grid.gaps,
                    "cells": [cell_json(cell) for row in grid.rows for cell in row.cells],
                }
                for grid in queries.coverage(regions)
            ]
        )
