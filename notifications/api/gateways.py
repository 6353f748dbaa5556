"""Gateways over REST. Secrets go in and never come out."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from notifications import channels, operations
from notifications.api.webhooks import REFUSED, manager
from notifications.explaining import meaning
from notifications.models import Attempt, Gateway, Kind, Message
from notifications.operations.gateways import TEST, GatewayFacts

TAG = ["gateways"]
FACTS = tuple(GatewayFacts.__dataclass_fields__)


class GatewayFactsSerializer(serializers.ModelSerializer[Gateway]):
    """`secret` is kept encrypted and never shown; leave it out to keep the one there is. A limit of null is none."""

    kind = serializers.ChoiceField(choices=Kind.choices, help_text="Whose protocol it speaks; cannot be changed.")
    secret = serializers.CharField(max_length=500, required=False, write_only=True, allow_blank=True)
    enabled = serializers.BooleanField(required=False)
    idempotent = serializers.BooleanField(required=False)

    class Meta:
        model = Gateway
        fields = [*FACTS, "secret"]


class GatewayErrorSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    code = serializers.CharField()
    meaning = serializers.CharField()


class GatewayHealthSerializer(serializers.Serializer[Any]):
    """Of the last 24 hours. `full_until`: its limits let nothing more through until then."""

    light = serializers.ChoiceField(choices=["ok", "shaky", "down", "out", "off", "idle"])
    calls = serializers.IntegerField()
    last_ok = serializers.DateTimeField(allow_null=True)
    full_until = serializers.DateTimeField(allow_null=True)
    last_errors = GatewayErrorSerializer(many=True, source="errors")


class GatewaySerializer(serializers.ModelSerializer[Gateway]):
    """An account as it stands; of its secret only who set it and when."""

    health = GatewayHealthSerializer()

    class Meta:
        model = Gateway
        fields = [
            *("id", "version", "channel", *FACTS, "secret_set_by", "secret_set_at", "out_until", "out_code"),
            *("created_at", "created_by", "health"),
        ]


class GatewayTestSerializer(serializers.Serializer[Any]):
    """How a test fares: the message's state, the provider's own code and what it means."""

    id = serializers.IntegerField()
    state = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()
    meaning = serializers.CharField()


def shown(row: Gateway) -> dict[str, Any]:
    row.health = channels.gateway_health(row)  # type: ignore[attr-defined]
    return dict(GatewaySerializer(row).data)


def facts_of(given: dict[str, Any], known: Gateway | None = None) -> GatewayFacts:
    """What was sent over what is known."""
    before = {name: getattr(known, name) for name in FACTS} if known else {}
    return GatewayFacts(**{**before, **given})


class GatewayList(APIView):
    """GET and POST /gateways"""

    @extend_schema(
        operation_id="gateways_list", tags=TAG, summary="Every gateway", responses=GatewaySerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        manager(request)
        return Response([shown(row) for row in Gateway.objects.all()])

    @extend_schema(
        operation_id="gateways_create",
        tags=TAG,
        summary="Let a channel's messages leave through another account",
        parameters=[IDEMPOTENCY_KEY],
        request=GatewayFactsSerializer,
        responses={201: GatewaySerializer, **REFUSED},
    )
    @once
    def post(self, request: Request) -> Response:
        by = manager(request)
        given = body(request, GatewayFactsSerializer)
        secret = given.pop("secret", "")
        return Response(shown(operations.create_gateway(facts=facts_of(given), secret=secret, by=by)), status=201)


class GatewayDetail(APIView):
    """GET, PATCH and DELETE /gateways/<id>"""

    @extend_schema(operation_id="gateway", tags=TAG, summary="One gateway", responses=GatewaySerializer)
    def get(self, request: Request, pk: int) -> Response:
        manager(request)
        row = get_object_or_404(Gateway, pk=pk)
        return Response(shown(row), headers={"ETag": f'"{row.version}"'})

    @extend_schema(
        operation_id="gateway_change",
        tags=TAG,
        summary="Change an account or its limits",
        description="With a new address the secret must be sent again.",
        parameters=[IF_MATCH],
        request=GatewayFactsSerializer(partial=True),
        responses={200: GatewaySerializer, **REFUSED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        by = manager(request)
        known = get_object_or_404(Gateway, pk=pk)
        given = body(request, GatewayFactsSerializer, partial=True)
        secret = given.pop("secret", "")
        row = operations.change_gateway(
            gateway_id=pk, facts=facts_of(given, known), secret=secret, by=by, expected_version=looked_at(request)
        )
        return Response(shown(row), headers={"ETag": f'"{row.version}"'})

    @extend_schema(
        operation_id="gateway_delete",
        tags=TAG,
        summary="Remove an account that nothing was sent through",
        responses={204: None, **REFUSED},
    )
    def delete(self, request: Request, pk: int) -> Response:
        operations.delete_gateway(gateway_id=pk, by=actor_of(request))
        return Response(status=204)


def outcome(message: Message) -> dict[str, Any]:
    attempt = Attempt.objects.filter(chunk__first=message.pk, chunk__through__isnull=False).order_by("-id").first()
    code = (attempt.code if attempt else "") or message.code
    return {
        "id": message.pk,
        "state": message.state,
        "code": code,
        "detail": attempt.detail if attempt else "",
        "meaning": meaning(code) if code else "",
    }


class GatewayTest(APIView):
    """POST /gateways/<id>/test"""

    @extend_schema(
        operation_id="gateway_test",
        tags=TAG,
        summary="Send a test message to oneself",
        description="Only for people: it goes to the own address of whoever asks.",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: GatewayTestSerializer, **REFUSED},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        message = operations.try_gateway(gateway_id=pk, by=actor_of(request))
        return Response(GatewayTestSerializer(outcome(message)).data, status=202)


class GatewayTestResult(APIView):
    """GET /gateways/tests/<message>"""

    @extend_schema(
        operation_id="gateway_test_result", tags=TAG, summary="How a test fares", responses=GatewayTestSerializer
    )
    def get(self, request: Request, pk: int) -> Response:
        manager(request)
        message = get_object_or_404(Message, pk=pk, key__startswith=f"{TEST}:")
        return Response(GatewayTestSerializer(outcome(message)).data)
