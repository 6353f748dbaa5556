"""Call-outs, posts and attendance over REST: each call is one operation."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission, Post
from incidents import operations
from incidents.api import shapes
from incidents.api.acts import act
from incidents.models import Attendance, CallOut, Incident, PostSeat, Proof

WITNESSED = [(Proof.PHONE, Proof.PHONE.label), (Proof.WITNESS, Proof.WITNESS.label)]


class AcknowledgeSerializer(serializers.Serializer[Any]):
    """`eta_minutes`: in how many minutes they think to be there; send it again to change it."""

    eta_minutes = serializers.IntegerField(min_value=0, max_value=1440, required=False, allow_null=True, default=None)


class ArriveSerializer(serializers.Serializer[Any]):
    """For somebody else: `proof`, and after a phone call in `note` who rang. `arrived_at`: an earlier arrival."""

    arrived_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    proof = serializers.ChoiceField(choices=Proof.choices, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class DeclineSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class TakeSerializer(serializers.Serializer[Any]):
    """Nobody named: oneself. Somebody else needs `proof` (phone or witness) and, after a call, `note`."""

    user_id = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=2**31 - 1)
    taken_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    proof = serializers.ChoiceField(choices=WITNESSED, required=False, allow_blank=True, default="")
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class HandOverSerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    note = serializers.CharField(max_length=2000)


class TakeOverSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=2000)


class SignOutSerializer(serializers.Serializer[Any]):
    user_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class AttendanceSerializer(serializers.ModelSerializer[Attendance]):
    """One line of the sign-in board. `after` is the line that a hand-over ended."""

    post = serializers.ChoiceField(source="seat.post", choices=Post.choices, read_only=True)
    name = serializers.CharField(source="user.label", read_only=True)
    proof = serializers.ChoiceField(choices=Proof.choices, read_only=True)

    class Meta:
        model = Attendance
        fields = ["id", "post", "user", "name", "arrived_at", "left_at", "proof", "witness", "after", "note"]
        read_only_fields = fields


def shown_call(request: Request, call_out_id: int) -> Response:
    call = CallOut.objects.select_related("seat", "user").get(pk=call_out_id)
    data = shapes.CallOutSerializer(call, context={"reasons": True}).data
    return Response(data, headers={"ETag": f'"{call.version}"'})


def named(examples: dict[str, dict[str, Any]]) -> list[OpenApiExample]:
    """{"seen_there": {…}} as examples of what is sent."""
    return [
        OpenApiExample(name.replace("_", " ").capitalize(), value, request_only=True)
        for name, value in examples.items()
    ]


def acts_on(
    what: str, answer: Callable[..., Response], answered: type[serializers.BaseSerializer[Any]]
) -> Callable[..., Any]:
    """What makes the views of acts on one kind of thing: each answers with the thing as it stands then."""

    def view(
        name: str,
        summary: str,
        operation: Callable[..., Any],
        shape: type[serializers.Serializer[Any]],
        **examples: dict[str, Any],
    ) -> Any:
        return act(
            f"{what}_{name}",
            summary,
            operation,
            shape,
            answer=answer,
            answered=answered,
            examples=named(examples),
        )

    return view


def shown_seat(request: Request, incident_id: int, post: str) -> Response:
    seats = PostSeat.objects.select_related("holder").prefetch_related("attendances")
    seat = seats.get(command_post__incident=incident_id, post=post, shift=1)
    return Response(shapes.SeatRowSerializer(seat).data, headers={"ETag": f'"{seat.version}"'})


answer_act = acts_on("callouts", shown_call, shapes.CallOutSerializer)
seat_act = acts_on("posts", shown_seat, shapes.SeatRowSerializer)

CallOutAcknowledge = answer_act(
    "acknowledge",
    "On the way",
    operations.acknowledge_callout,
    AcknowledgeSerializer,
    there_in_12_minutes={"eta_minutes": 12},
)
CallOutArrive = answer_act(
    "arrive",
    "On post; `arrived_at` enters an earlier arrival",
    operations.arrive_callout,
    ArriveSerializer,
    they_rang={"proof": "phone", "note": "王磊 from the site's phone"},
    seen_there_earlier={"proof": "witness", "arrived_at": "2026-07-01T03:12:44+08:00"},
)
CallOutDecline = answer_act(
    "decline",
    "Cannot come: the alternate is called at once",
    operations.decline_callout,
    DeclineSerializer,
    with_a_reason={"reason": "500 km away"},
)


SeatTake = seat_act(
    "take",
    "Take an open post, or sign somebody in",
    operations.take_seat,
    TakeSerializer,
    oneself={},
    somebody_who_rang={"user_id": 7, "proof": "phone", "note": "himself"},
)
SeatHandOver = seat_act(
    "hand_over",
    "Hand a post over",
    operations.hand_over_seat,
    HandOverSerializer,
    relief={"user_id": 9, "note": "Wave 3 waits for approval."},
)
SeatTakeOver = seat_act(
    "take_over",
    "Take a post that somebody holds",
    operations.take_over_seat,
    TakeOverSerializer,
    with_the_reason={"note": "Out of reach for an hour."},
)
SeatSignOut = seat_act(
    "sign_out",
    "Somebody leaves a post",
    operations.sign_out,
    SignOutSerializer,
    sent_home={"user_id": 7, "note": "12 hours on post"},
)


class AttendanceList(APIView):
    @extend_schema(
        summary="The attendance list: who was on which post, and how we know",
        operation_id="posts_attendance",
        responses={200: AttendanceSerializer(many=True)},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        incident = get_object_or_404(Incident, pk=incident_id)
        lines = Attendance.objects.filter(seat__command_post__incident=incident).select_related("seat", "user")
        return Response(AttendanceSerializer(lines.order_by("arrived_at", "id"), many=True).data)
