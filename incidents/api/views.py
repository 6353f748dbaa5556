"""Command over REST: each call is one operation."""

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

from accounts.actors import Actor
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import body
from accounts.roles import Permission
from incidents import operations, queries
from incidents.api import bodies, shapes
from incidents.api.acts import REFUSED, act
from incidents.models import Incident, Measure


def detail_of(incident_id: int, actor: Actor) -> Response:
    """The whole incident as it stands now, with its version as ETag."""
    found = (
        Incident.objects.filter(pk=incident_id)
        .prefetch_related(
            "measures", "decisions", "call_outs__seat", "call_outs__user", "announcements", "children", "duplicates"
        )
        .first()
    )
    if found is None:
        raise NotFound(_("There is no incident %(id)s.") % {"id": incident_id})
    data = shapes.IncidentDetailSerializer(found, context={"links": actor.may(Permission.COMMAND)}).data
    return Response(data, headers={"ETag": f'"{found.version}"'})


class IncidentList(generics.ListAPIView[Incident]):
    serializer_class = shapes.IncidentSerializer

    def get_queryset(self) -> QuerySet[Incident]:
        asked = self.request.query_params
        level = asked.get("level", "")
        exercise = {"1": True, "all": None}.get(asked.get("exercise", ""), False)
        return queries.incident_list(
            state=asked.get("state", ""),
            level=int(level) if level.isdecimal() and len(level) == 1 else None,
            category=asked.get("category", ""),
            search=asked.get("search", "").replace("\x00", ""),
            exercise=exercise,
        )

    @extend_schema(
        summary="Incidents, newest first",
        operation_id="incidents_list",
        parameters=[
            OpenApiParameter("state", str, description="A state, or `open` for those not over."),
            OpenApiParameter("level", int),
            OpenApiParameter("category", str),
            OpenApiParameter("search", str),
            OpenApiParameter("exercise", str, description="`1` for drills, `all` for both; real ones otherwise."),
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        actor_of(request).require(Permission.VIEW)
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Report an incident",
        operation_id="incidents_report",
        request=bodies.ReportSerializer,
        responses={201: shapes.IncidentDetailSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
    )
    @once
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        incident = operations.report_incident(by=actor, **body(request, bodies.ReportSerializer))
        answer = detail_of(incident.pk, actor)
        answer.status_code = 201
        return answer


class IncidentDetail(APIView):
    @extend_schema(
        summary="One incident with measures, deadlines, call-outs and legal next steps",
        operation_id="incidents_read",
        responses={200: shapes.IncidentDetailSerializer},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        actor = actor_of(request)
        actor.require(Permission.VIEW)
        return detail_of(incident_id, actor)


def shown_incident(request: Request, incident_id: int, **parts: Any) -> Response:
    return detail_of(incident_id, actor_of(request))


def incident_act(
    name: str, summary: str, operation: Callable[..., Any], shape: type[serializers.Serializer[Any]]
) -> Any:
    """The view of one operation on an incident; answers with the whole incident."""
    return act(
        f"incidents_{name}", summary, operation, shape, answer=shown_incident, answered=shapes.IncidentDetailSerializer
    )


def shown_measure(request: Request, measure_id: int) -> Response:
    measure = Measure.objects.get(pk=measure_id)
    return Response(shapes.MeasureSerializer(measure).data, headers={"ETag": f'"{measure.version}"'})


def measure_act(
    name: str, summary: str, operation: Callable[..., Any], shape: type[serializers.Serializer[Any]] | None
) -> Any:
    """The view of one operation on a measure; answers with the measure."""
    return act(f"measures_{name}", summary, operation, shape, answer=shown_measure, answered=shapes.MeasureSerializer)


MeasureStart = measure_act(
    "start", "Start a measure; for one of the system: approve it, or try again", operations.start_measure, None
)
MeasureComplete = measure_act("complete", "A measure is done", operations.complete_measure, bodies.CompleteSerializer)
MeasureSkip = measure_act("skip", "Skip a measure, with a reason", operations.skip_measure, bodies.ReasonSerializer)
