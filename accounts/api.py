"""The duty roster over REST: each call is one operation. People are named by their staff number or id."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import operations, queries
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.models import (
    HIGHEST_RANK,
    CalendarDay,
    DayHandling,
    Duty,
    MemberDays,
    Rotation,
    Swap,
    TurnUnit,
)
from accounts.operations import RotationFacts
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission, Post
from journal.clock import now
from journal.refusal import Invalid

TAG = ["roster"]
REFUSED = {
    403: OpenApiResponse(description="Your role does not allow this."),
    409: OpenApiResponse(description="Not now: `code` and `detail` say why."),
    412: OpenApiResponse(description="Another version than If-Match."),
    422: OpenApiResponse(description="What was sent cannot be used."),
}


class RosterTurnSerializer(serializers.ModelSerializer[Duty]):
    """A turn; `source` is rotation, swap or hand."""

    user = serializers.IntegerField(source="user_id")
    name = serializers.CharField(source="user.label")
    source = serializers.CharField()  # type: ignore[assignment]

    class Meta:
        model = Duty
        fields: ClassVar = ["id", "post", "region_code", "rank", "user", "name", "starts_at", "ends_at", "source"]


class DutyNowSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(source="user.pk")
    name = serializers.CharField(source="user.label")
    rank = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class PostNowSerializer(serializers.Serializer[Any]):
    """Who holds a post now; `missing` are the ranks that nobody holds."""

    post = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    region_code = serializers.CharField()
    turns = DutyNowSerializer(many=True)
    missing = serializers.ListField(child=serializers.IntegerField())


class RosterGapSerializer(serializers.Serializer[Any]):
    """A required post without a primary."""

    post = serializers.CharField()
    region_code = serializers.CharField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class RotationTurnSerializer(serializers.Serializer[Any]):
    user = serializers.IntegerField(source="user.pk")
    name = serializers.CharField(source="user.label")
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class RotationPreviewSerializer(serializers.Serializer[Any]):
    """Four weeks ahead. `unknown_years`: their statutory days off are not known, weekdays alone decide."""

    turns = RotationTurnSerializer(many=True)
    unknown_years = serializers.ListField(child=serializers.IntegerField())
    blocked = serializers.IntegerField()


class RotationSerializer(serializers.Serializer[Any]):
    """A rotation. `people` and `rest_people` are ids in the order of their turns."""

    id = serializers.IntegerField(read_only=True)
    version = serializers.IntegerField(read_only=True)
    name = serializers.CharField(max_length=120)
    name_en = serializers.CharField(max_length=120, required=False, allow_blank=True)
    post = serializers.ChoiceField(choices=Post.choices)
    region_code = serializers.CharField(max_length=6, required=False, allow_blank=True)
    rank = serializers.IntegerField(min_value=0, max_value=HIGHEST_RANK, required=False)
    length = serializers.IntegerField(min_value=1, max_value=744, required=False)
    unit = serializers.ChoiceField(choices=TurnUnit.choices, required=False)
    hand_over = serializers.TimeField(required=False)
    zone = serializers.CharField(max_length=40, required=False)
    calendar = serializers.ChoiceField(choices=DayHandling.choices, required=False)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField(required=False, allow_null=True)
    people = serializers.ListField(child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=60)
    rest_people = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**62), max_length=60, required=False
    )

    def to_representation(self, instance: Rotation) -> dict[str, Any]:
        members = list(instance.members.all())
        data = {"people": MemberDays.WORKING, "rest_people": MemberDays.REST}
        found: dict[str, Any] = {
            name: [member.user_id for member in members if member.days == days] for name, days in data.items()
        }
        for name, field in self.fields.items():
            if name not in found:
                value = getattr(instance, str(name))
                found[str(name)] = None if value is None else field.to_representation(value)
        return found


class SwapSerializer(serializers.ModelSerializer[Swap]):
    """Somebody takes over a post's rank for a time."""

    user = serializers.IntegerField(source="user_id", min_value=1, max_value=2**62)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()

    class Meta:
        model = Swap
        fields: ClassVar = [
            *("id", "post", "region_code", "rank", "user", "starts_at", "ends_at", "reason"),
            *("made_at", "cancelled_at"),
        ]
        read_only_fields: ClassVar = ["made_at", "cancelled_at"]


class CalendarDaySerializer(serializers.ModelSerializer[CalendarDay]):
    class Meta:
        model = CalendarDay
        fields: ClassVar = ["day", "rests", "name", "name_en"]


class CalendarDaysBody(serializers.Serializer[Any]):
    """Days that are off (`rests` true), working (false), or as the calendar has them (null)."""

    first = serializers.DateField()
    last = serializers.DateField(required=False)
    rests = serializers.BooleanField(allow_null=True)
    name = serializers.CharField(max_length=60, required=False, allow_blank=True)
    name_en = serializers.CharField(max_length=60, required=False, allow_blank=True)


EXAMPLE = OpenApiExample(
    "Weekly, others on days off",
    value={
        "name": "安全官周轮班",
        "name_en": "Safety weekly",
        "post": "safety",
        "rank": 0,
        "length": 7,
        "unit": "days",
        "hand_over": "08:00",
        "zone": "Asia/Shanghai",
        "calendar": "holidays",
        "starts_on": "2026-11-23",
        "people": [12, 15, 19],
        "rest_people": [21, 22],
    },
    request_only=True,
)
SWAP_EXAMPLE = OpenApiExample(
    "A night",
    value={
        "post": "safety",
        "rank": 0,
        "user": 21,
        "starts_at": "2026-11-24T20:00:00+08:00",
        "ends_at": "2026-11-25T08:00:00+08:00",
        "reason": "family",
    },
    request_only=True,
)


def moment_in(request: Request, name: str) -> datetime:
    """A query parameter as a moment with its zone; now when absent."""
    text = request.query_params.get(name)
    if not text:
        return now()
    field = serializers.DateTimeField()
    try:
        return field.run_validation(text)
    except serializers.ValidationError:
        raise Invalid(_("Write “%(name)s” such as 2026-11-23T08:00:00+08:00.") % {"name": name}) from None


class RosterNow(APIView):
    """Who is on duty now, by post."""

    @extend_schema(tags=TAG, responses=PostNowSerializer(many=True))
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(PostNowSerializer(queries.roster_now(now()), many=True).data)


@extend_schema(
    tags=TAG,
    parameters=[
        OpenApiParameter("since", datetime, description="Turns that end after it; now when absent."),
        OpenApiParameter("post", str),
        OpenApiParameter("region_code", str),
    ],
)
class DutyList(generics.ListAPIView[Duty]):
    """Turns from now on, whoever made them, the earliest first."""

    serializer_class = RosterTurnSerializer
    queryset = Duty.objects.none()

    def get_queryset(self) -> QuerySet[Duty]:
        actor_of(self.request).require(Permission.VIEW)
        rows = Duty.objects.filter(ends_at__gt=moment_in(self.request, "since")).select_related("user")
        for name in ("post", "region_code"):
            if name in self.request.query_params:
                rows = rows.filter(**{name: self.request.query_params[name][:24]})
        return rows.order_by("starts_at", "id")


class GapList(APIView):
    """Where a required post has no primary within the coming week."""

    @extend_schema(tags=TAG, responses=RosterGapSerializer(many=True))
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(RosterGapSerializer(queries.coming_gaps(now()), many=True).data)


def rotation_answer(pk: int, status: int = 200) -> Response:
    rotation = queries.rotations().filter(pk=pk).first()
    if rotation is None:
        raise NotFound(_("There is no rotation %(id)s.") % {"id": pk})
    return Response(RotationSerializer(rotation).data, status=status, headers={"ETag": f'"{rotation.version}"'})


class RotationList(APIView):
    """Rotations in force."""

    @extend_schema(tags=TAG, responses=RotationSerializer(many=True))
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(RotationSerializer(queries.rotations(), many=True).data)

    @extend_schema(
        tags=TAG,
        request=RotationSerializer,
        responses={201: RotationSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
        examples=[EXAMPLE],
    )
    @once
    def post(self, request: Request) -> Response:
        """Make a rotation; its turns stand in the roster for the next eight weeks at once."""
        actor = actor_of(request)
        actor.require(Permission.MANAGE_ACCOUNTS)
        saved = operations.save_rotation(facts=RotationFacts(**body(request, RotationSerializer)), by=actor)
        return rotation_answer(saved.pk, status=201)


class RotationPreviewView(APIView):
    """Four weeks of a rotation that is not saved."""

    @extend_schema(
        tags=TAG, request=RotationSerializer, responses={200: RotationPreviewSerializer, **REFUSED}, examples=[EXAMPLE]
    )
    def post(self, request: Request) -> Response:
        actor = actor_of(request)
        actor.require(Permission.MANAGE_ACCOUNTS)
        found = operations.preview(facts=RotationFacts(**body(request, RotationSerializer)), by=actor)
        return Response(RotationPreviewSerializer(found).data)


class RotationDetail(APIView):
    """One rotation."""

    @extend_schema(tags=TAG, responses=RotationSerializer)
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return rotation_answer(pk)

    @extend_schema(
        tags=TAG,
        request=RotationSerializer,
        responses={200: RotationSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[EXAMPLE],
    )
    def put(self, request: Request, pk: int) -> Response:
        """Change it; turns that have begun stay, those ahead are made anew."""
        actor = actor_of(request)
        actor.require(Permission.MANAGE_ACCOUNTS)
        facts = RotationFacts(**body(request, RotationSerializer))
        operations.save_rotation(facts=facts, rotation_id=pk, expected_version=looked_at(request), by=actor)
        return rotation_answer(pk)

    @extend_schema(tags=TAG, responses={204: None, **REFUSED}, parameters=[IF_MATCH])
    def delete(self, request: Request, pk: int) -> Response:
        """End it now."""
        operations.retire_rotation(rotation_id=pk, expected_version=looked_at(request), by=actor_of(request))
        return Response(status=204)


class SwapList(APIView):
    """Swaps that are not over."""

    @extend_schema(tags=TAG, responses=SwapSerializer(many=True))
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(SwapSerializer(queries.living_swaps(now()), many=True).data)

    @extend_schema(
        tags=TAG,
        request=SwapSerializer,
        responses={201: SwapSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
        examples=[SWAP_EXAMPLE],
    )
    @once
    def post(self, request: Request) -> Response:
        """Let somebody else take over for a time."""
        actor = actor_of(request)
        actor.require(Permission.VIEW)
        swap = operations.swap_duty(**body(request, SwapSerializer), by=actor)
        return Response(SwapSerializer(swap).data, status=201)


class SwapDetail(APIView):
    """One swap."""

    @extend_schema(tags=TAG, responses={204: None, **REFUSED})
    def delete(self, request: Request, pk: int) -> Response:
        """Cancel it; what it replaced holds again from now on."""
        operations.cancel_swap(swap_id=pk, by=actor_of(request))
        return Response(status=204)


class DayList(APIView):
    """The house's own days off and working days."""

    @extend_schema(tags=TAG, responses=CalendarDaySerializer(many=True))
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(CalendarDaySerializer(CalendarDay.objects.all(), many=True).data)

    @extend_schema(
        tags=TAG,
        request=CalendarDaysBody,
        responses={200: CalendarDaySerializer(many=True), **REFUSED},
        examples=[
            OpenApiExample(
                "Spring Festival",
                value={"first": "2027-02-05", "last": "2027-02-11", "rests": True, "name": "春节"},
                request_only=True,
            )
        ],
    )
    def put(self, request: Request) -> Response:
        """Set days; rotations that ask for days off make their turns anew."""
        actor = actor_of(request)
        actor.require(Permission.MANAGE_ACCOUNTS)
        given = body(request, CalendarDaysBody)
        first, last = given.pop("first"), given.pop("last", None)
        operations.set_calendar_days(days=operations.days_between(first, last or first), **given, by=actor)
        return Response(CalendarDaySerializer(CalendarDay.objects.all(), many=True).data)
