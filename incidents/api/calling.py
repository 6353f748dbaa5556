"""Call-outs, posts and attendance over REST: each call is one operation."""

from __future__ import annotations

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
from incidents.api.views import IF_MATCH, REFUSED, body, looked_at
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


class CallOutAct(APIView):
    """An answer to a call-out, by the person called or logged for them."""

    @staticmethod
    def answer(call: CallOut) -> Response:
        found = CallOut.objects.select_related("seat", "user").get(pk=call.pk)
        return Response(
            shapes.CallOutSerializer(found, context={"reasons": True}).data, headers={"ETag": f'"{found.version}"'}
        )


class CallOutAcknowledge(CallOutAct):
    @extend_schema(
        summary="On the way",
        operation_id="callouts_acknowledge",
        request=AcknowledgeSerializer,
        responses={200: shapes.CallOutSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[OpenApiExample("On the way, there in 12 minutes", {"eta_minutes": 12}, request_only=True)],
    )
    def post(self, request: Request, call_out_id: int) -> Response:
        given = body(request, AcknowledgeSerializer)
        return self.answer(
            operations.acknowledge_callout(
                call_out_id=call_out_id, by=actor_of(request), expected_version=looked_at(request), **given
            )
        )


class CallOutArrive(CallOutAct):
    @extend_schema(
        summary="On post; `arrived_at` enters an earlier arrival",
        operation_id="callouts_arrive",
        request=ArriveSerializer,
        responses={200: shapes.CallOutSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[
            OpenApiExample("They rang", {"proof": "phone", "note": "王磊 from the site's phone"}, request_only=True),
            OpenApiExample(
                "Seen there earlier",
                {"proof": "witness", "arrived_at": "2026-07-01T03:12:44+08:00"},
                request_only=True,
            ),
        ],
    )
    def post(self, request: Request, call_out_id: int) -> Response:
        given = body(request, ArriveSerializer)
        return self.answer(
            operations.arrive_callout(
                call_out_id=call_out_id, by=actor_of(request), expected_version=looked_at(request), **given
            )
        )


class CallOutDecline(CallOutAct):
    @extend_schema(
        summary="Cannot come: the alternate is called at once",
        operation_id="callouts_decline",
        request=DeclineSerializer,
        responses={200: shapes.CallOutSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[OpenApiExample("With a reason", {"reason": "500 km away"}, request_only=True)],
    )
    def post(self, request: Request, call_out_id: int) -> Response:
        given = body(request, DeclineSerializer)
        return self.answer(
            operations.decline_callout(
                call_out_id=call_out_id, by=actor_of(request), expected_version=looked_at(request), **given
            )
        )


class SeatAct(APIView):
    """A change of one post; answers with the post as it stands, its version as ETag."""

    @staticmethod
    def answer(incident_id: int, post: str) -> Response:
        seats = PostSeat.objects.select_related("holder").prefetch_related("attendances")
        seat = seats.get(command_post__incident=incident_id, post=post, shift=1)
        return Response(shapes.SeatRowSerializer(seat).data, headers={"ETag": f'"{seat.version}"'})


class SeatTake(SeatAct):
    @extend_schema(
        summary="Take an open post, or sign somebody in",
        operation_id="posts_take",
        request=TakeSerializer,
        responses={200: shapes.SeatRowSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[
            OpenApiExample("Oneself", {}, request_only=True),
            OpenApiExample("Somebody who rang", {"user_id": 7, "proof": "phone", "note": "himself"}, request_only=True),
        ],
    )
    def post(self, request: Request, incident_id: int, post: str) -> Response:
        given = body(request, TakeSerializer)
        operations.take_seat(
            incident_id=incident_id, post=post, by=actor_of(request), expected_version=looked_at(request), **given
        )
        return self.answer(incident_id, post)


class SeatHandOver(SeatAct):
    @extend_schema(
        summary="Hand a post over",
        operation_id="posts_hand_over",
        request=HandOverSerializer,
        responses={200: shapes.SeatRowSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[
            OpenApiExample("Relief", {"user_id": 9, "note": "Wave 3 waits for approval."}, request_only=True),
        ],
    )
    def post(self, request: Request, incident_id: int, post: str) -> Response:
        given = body(request, HandOverSerializer)
        operations.hand_over_seat(
            incident_id=incident_id, post=post, by=actor_of(request), expected_version=looked_at(request), **given
        )
        return self.answer(incident_id, post)


class SeatTakeOver(SeatAct):
    @extend_schema(
        summary="Take a post that somebody holds",
        operation_id="posts_take_over",
        request=TakeOverSerializer,
        responses={200: shapes.SeatRowSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[OpenApiExample("With the reason", {"note": "Out of reach for an hour."}, request_only=True)],
    )
    def post(self, request: Request, incident_id: int, post: str) -> Response:
        given = body(request, TakeOverSerializer)
        operations.take_over_seat(
            incident_id=incident_id, post=post, by=actor_of(request), expected_version=looked_at(request), **given
        )
        return self.answer(incident_id, post)


class SeatSignOut(SeatAct):
    @extend_schema(
        summary="Somebody leaves a post",
        operation_id="posts_sign_out",
        request=SignOutSerializer,
        responses={200: shapes.SeatRowSerializer, **REFUSED},
        parameters=[IF_MATCH],
        examples=[OpenApiExample("Sent home", {"user_id": 7, "note": "12 hours on post"}, request_only=True)],
    )
    def post(self, request: Request, incident_id: int, post: str) -> Response:
        given = body(request, SignOutSerializer)
        operations.sign_out(
            incident_id=incident_id, post=post, by=actor_of(request), expected_version=looked_at(request), **given
        )
        return self.answer(incident_id, post)


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
