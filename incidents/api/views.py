"""Command over REST: each call is one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.roles import Permission
from incidents import operations, queries
from incidents.api import shapes
from incidents.models import Incident, Measure
from journal.refusal import Invalid

IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER, description="The version you looked at; 412 when it changed meanwhile."
)
REFUSED = {
    403: OpenApiResponse(description="Your role does not allow this."),
    409: OpenApiResponse(shapes.RefusalSerializer, description="Not now; `legal` lists the next steps."),
    412: OpenApiResponse(shapes.RefusalSerializer, description="Another version than If-Match; `changed` says why."),
    422: OpenApiResponse(shapes.RefusalSerializer, description="What was sent cannot be used."),
}


class BadVersion(Invalid):
    """If-Match must hold the incident's version as a number."""


def looked_at(request: Request) -> int | None:
    """The version in If-Match ("7", quoted or not), or None. Raises BadVersion."""
    given = request.headers.get("If-Match", "").strip()
    if not given or given == "*":
        return None
    text = given.removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadVersion(_("If-Match must hold the incident's version, a number."))
    return int(text)


def body(request: Request, shape: type[serializers.Serializer[Any]]) -> dict[str, Any]:
    given = shape(data=request.data)
    given.is_valid(raise_exception=True)
    return dict(given.validated_data)


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
        request=shapes.ReportSerializer,
        responses={201: shapes.IncidentDetailSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
    )
    @once
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        incident = operations.report_incident(by=actor, **body(request, shapes.ReportSerializer))
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


class IncidentAct(APIView):
    """A change of one incident; answers with the whole incident."""

    shape: ClassVar[type[serializers.Serializer[Any]]]
    operation: ClassVar[Callable[..., Any]]

    def act(self, request: Request, incident_id: int, **more: Any) -> Response:
        actor = actor_of(request)
        given = {**body(request, self.shape), **more, "expected_version": looked_at(request)}
        type(self).operation(incident_id=incident_id, by=actor, **given)
        return detail_of(incident_id, actor)

    def post(self, request: Request, incident_id: int) -> Response:
        return self.act(request, incident_id)


def incident_act(
    name: str, summary: str, operation: Callable[..., Any], shape: type[serializers.Serializer[Any]]
) -> Any:
    """The view of one operation on an incident; further parts of the address go to the operation."""

    def post(self: IncidentAct, request: Request, incident_id: int, **parts: Any) -> Response:
        return self.act(request, incident_id, **parts)

    documented = extend_schema(
        summary=summary,
        operation_id=f"incidents_{name}",
        request=None if shape is shapes.NothingSerializer else shape,
        responses={200: shapes.IncidentDetailSerializer, **REFUSED},
        parameters=[IF_MATCH],
    )(post)
    fields = {"shape": shape, "operation": staticmethod(operation), "post": documented}
    return type(f"{name.title().replace('_', '')}View", (IncidentAct,), {**fields, "__doc__": operation.__doc__})


class MeasureAct(APIView):
    """A change of one measure; answers with the measure."""

    @staticmethod
    def answer(measure_id: int) -> Response:
        measure = Measure.objects.get(pk=measure_id)
        return Response(shapes.MeasureSerializer(measure).data, headers={"ETag": f'"{measure.version}"'})


class MeasureStart(MeasureAct):
    @extend_schema(
        summary="Start a measure; for one of the system: approve it, or try again",
        operation_id="measures_start",
        request=None,
        responses={200: shapes.MeasureSerializer, **REFUSED},
        parameters=[IF_MATCH],
    )
    def post(self, request: Request, measure_id: int) -> Response:
        operations.start_measure(measure_id=measure_id, by=actor_of(request), expected_version=looked_at(request))
        return self.answer(measure_id)


class MeasureComplete(MeasureAct):
    @extend_schema(
        summary="A measure is done",
        operation_id="measures_complete",
        request=shapes.CompleteSerializer,
        responses={200: shapes.MeasureSerializer, **REFUSED},
        parameters=[IF_MATCH],
    )
    def post(self, request: Request, measure_id: int) -> Response:
        given = body(request, shapes.CompleteSerializer)
        operations.complete_measure(
            measure_id=measure_id, by=actor_of(request), expected_version=looked_at(request), **given
        )
        return self.answer(measure_id)


class MeasureSkip(MeasureAct):
    @extend_schema(
        summary="Skip a measure, with a reason",
        operation_id="measures_skip",
        request=shapes.ReasonSerializer,
        responses={200: shapes.MeasureSerializer, **REFUSED},
        parameters=[IF_MATCH],
    )
    def post(self, request: Request, measure_id: int) -> Response:
        given = body(request, shapes.ReasonSerializer)
        operations.skip_measure(
            measure_id=measure_id, by=actor_of(request), expected_version=looked_at(request), **given
        )
        return self.answer(measure_id)
