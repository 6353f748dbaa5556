"""One message over REST: its state and history, never its address but by unmasking."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.rest import body
from accounts.roles import Permission
from notifications import operations
from notifications.history import history
from notifications.masking import mask
from notifications.models import Message
from notifications.operations.privacy import ViewReason


class EventSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    what = serializers.ChoiceField(["state", "call"])
    state = serializers.CharField(help_text="The state it came to, or the outcome of the call.")
    code = serializers.CharField()
    gateway = serializers.CharField()
    reference = serializers.CharField(help_text="The provider's id of the call.")


class OneMessageSerializer(serializers.ModelSerializer[Message]):
    destination = serializers.SerializerMethodField(help_text="Masked; blank when it was purged.")
    history = serializers.SerializerMethodField()

    class Meta:
        model = Message
        fields = ["id", "key", "channel", "language", "destination", "state", "code", "exercise", "history"]
        fields += ["queued_at", "sent_at", "done_at"]
        read_only_fields = fields

    def get_destination(self, message: Message) -> str:
        return mask(message.destination) if message.destination else ""

    @extend_schema_field(EventSerializer(many=True))
    def get_history(self, message: Message) -> list[dict[str, Any]]:
        return list(EventSerializer(history(message), many=True).data)


class ViewReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.ChoiceField(ViewReason.choices)


class AddressSerializer(serializers.Serializer[Any]):
    destination = serializers.CharField()


class RetentionSerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(help_text="How long messages keep addresses and texts.")


def find(pk: int) -> Message:
    message = Message.objects.filter(pk=pk).first()
    if message is None:
        raise NotFound
    return message


class MessageView(APIView):
    @extend_schema(summary="A message and its history", responses=OneMessageSerializer)
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(OneMessageSerializer(find(pk)).data)


class UnmaskView(APIView):
    @extend_schema(
        summary="The whole address of a message",
        description="For a reason that the journal keeps.",
        request=ViewReasonSerializer,
        responses=AddressSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.SERVE_CUSTOMERS)
        reason = body(request, ViewReasonSerializer)["reason"]
        find(pk)
        answer = Response({"destination": operations.unmask_message(message_id=pk, reason=reason, by=by)})
        answer["Cache-Control"] = "no-store"
        return answer


class RetentionView(APIView):
    @extend_schema(summary="How long messages keep personal data", responses=RetentionSerializer)
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response({"days": operations.retention().days})

    @extend_schema(
        summary="Change how long messages keep personal data",
        request=RetentionSerializer,
        responses=RetentionSerializer,
    )
    def patch(self, request: Request) -> Response:
        by = actor_of(request)
        row = operations.set_retention(days=body(request, RetentionSerializer)["days"], by=by)
        return Response({"days": row.days})
