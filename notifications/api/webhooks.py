"""Webhooks over REST: endpoints, their secrets, their log. Each call is one operation."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission
from notifications import events, operations, webhooks
from notifications.models import DeliveryState, DisabledFor, EndpointState, WebhookDelivery, WebhookEndpoint
from notifications.models.webhooks import RETRIES
from notifications.operations.webhooks import WebhookFacts

TAG = ["webhooks"]
REFUSED = {
    403: OpenApiResponse(description="Your role does not allow this."),
    409: OpenApiResponse(description="Not now: `code` and `detail` say why."),
    412: OpenApiResponse(description="Another version than If-Match."),
    422: OpenApiResponse(description="What was sent cannot be used."),
}
LARGEST_PAGE = 200


class WebhookFactsSerializer(serializers.Serializer[Any]):
    """No `kinds` means all of them. `retries` are the waits in seconds between attempts."""

    url = serializers.CharField(max_length=500)
    description = serializers.CharField(max_length=200)
    kinds = serializers.ListField(child=serializers.CharField(max_length=64), max_length=60, required=False)
    region_code = serializers.CharField(max_length=12, required=False, allow_blank=True)
    retries = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=604_800), max_length=20, required=False
    )
    patience_hours = serializers.IntegerField(min_value=1, max_value=720, required=False)


class WebhookHealthSerializer(serializers.Serializer[Any]):
    """Counts of the last 24 hours; `waiting` and `held` of now."""

    light = serializers.ChoiceField(choices=["ok", "shaky", "down", "off", "quiet"])
    waiting = serializers.IntegerField()
    oldest_due = serializers.DateTimeField(allow_null=True)
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    held = serializers.IntegerField()
    average_ms = serializers.IntegerField(allow_null=True)


class WebhookSerializer(WebhookFactsSerializer):
    """An endpoint as it stands."""

    id = serializers.IntegerField()
    version = serializers.IntegerField()
    state = serializers.ChoiceField(choices=EndpointState.choices)
    disabled_for = serializers.ChoiceField(choices=[*DisabledFor.choices, ("", "")])
    disabled_at = serializers.DateTimeField(allow_null=True)
    previous_until = serializers.DateTimeField(allow_null=True, help_text="The old secret signs as well until then.")
    failing_since = serializers.DateTimeField(allow_null=True)
    last_delivered_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    health = WebhookHealthSerializer()


class WebhookSecretSerializer(WebhookSerializer):
    """With the new secret, which is shown this once."""

    secret = serializers.CharField()


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """One event for an endpoint; `event_id` is the webhook-id header."""

    endpoint = serializers.IntegerField(source="endpoint_id")
    payload = serializers.DictField()

    class Meta:
        model = WebhookDelivery
        fields = [
            *("id", "endpoint", "event_id", "kind", "payload", "happened_at", "state", "tries", "due_at", "status"),
            *("problem", "response", "duration_ms", "tried_at", "delivered_at"),
        ]


class DeliveryFilter(serializers.Serializer[Any]):
    state = serializers.ChoiceField(choices=DeliveryState.choices, default="")
    kind = serializers.CharField(max_length=64, default="")
    before = serializers.IntegerField(min_value=1, max_value=2**63 - 1, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=LARGEST_PAGE, default=50)


class EnableSerializer(serializers.Serializer[Any]):
    with_held = serializers.BooleanField(default=False, help_text="Send what was held meanwhile as well.")


class RotateSerializer(serializers.Serializer[Any]):
    overlap_hours = serializers.IntegerField(min_value=0, max_value=168, default=24)


class ReplaySerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    everything = serializers.BooleanField(default=False, help_text="Also what arrived.")


class ReplayedSerializer(serializers.Serializer[Any]):
    replayed = serializers.IntegerField()


class EventKindSerializer(serializers.Serializer[Any]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


def manager(request: Request) -> Actor:
    by = actor_of(request)
    by.require(Permission.MANAGE_TEMPLATES)
    return by


def shown(endpoint: WebhookEndpoint, **extra: object) -> dict[str, Any]:
    ((_endpoint, health),) = webhooks.health([endpoint])
    shape = WebhookSecretSerializer if "secret" in extra else WebhookSerializer
    endpoint.health = health  # type: ignore[attr-defined]
    for name, value in extra.items():
        setattr(endpoint, name, value)
    return dict(shape(endpoint).data)


def facts_of(given: dict[str, Any], known: WebhookEndpoint | None = None) -> WebhookFacts:
    """What was sent over what is known."""
    defaults = {
        "kinds": known.kinds if known else [],
        "region_code": known.region_code if known else "",
        "retries": known.retries if known else list(RETRIES),
        "patience_hours": known.patience_hours if known else 72,
    }
    if known:
        defaults |= {"url": known.url, "description": known.description}
    return WebhookFacts(**{**defaults, **given})


class EventList(APIView):
    """GET /webhooks/events"""

    @extend_schema(
        operation_id="webhook_events",
        tags=TAG,
        summary="Every event that can be subscribed to",
        responses=EventKindSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        manager(request)
        return Response([{"kind": kind, "label": label} for kind, label in events.known().items()])


class WebhookList(APIView):
    """GET and POST /webhooks"""

    @extend_schema(
        operation_id="webhooks_list", tags=TAG, summary="Every endpoint", responses=WebhookSerializer(many=True)
    )
    def get(self, request: Request) -> Response:
        rows = webhooks.health(webhooks.visible_webhooks(manager(request)))
        for endpoint, health in rows:
            endpoint.health = health  # type: ignore[attr-defined]
        return Response(WebhookSerializer([endpoint for endpoint, _health in rows], many=True).data)

    @extend_schema(
        operation_id="webhooks_create",
        tags=TAG,
        summary="Tell a system outside from now on",
        description="The answer holds the secret, this once: a call repeated under its key is answered without it.",
        parameters=[IDEMPOTENCY_KEY],
        request=WebhookFactsSerializer,
        responses={201: WebhookSecretSerializer, **REFUSED},
    )
    @once
    def post(self, request: Request) -> Response:
        by = manager(request)
        endpoint, secret = operations.create_webhook(facts=facts_of(body(request, WebhookFactsSerializer)), by=by)
        return Response(shown(endpoint, secret=secret), status=201)


class WebhookDetail(APIView):
    """GET, PATCH and DELETE /webhooks/<id>"""

    @extend_schema(operation_id="webhook", tags=TAG, summary="One endpoint", responses=WebhookSerializer)
    def get(self, request: Request, pk: int) -> Response:
        endpoint = get_object_or_404(webhooks.visible_webhooks(manager(request)), pk=pk)
        return Response(shown(endpoint), headers={"ETag": f'"{endpoint.version}"'})

    @extend_schema(
        operation_id="webhook_change",
        tags=TAG,
        summary="Change where it listens or what it wants",
        parameters=[IF_MATCH],
        request=WebhookFactsSerializer(partial=True),
        responses={200: WebhookSerializer, **REFUSED},
    )
    def patch(self, request: Request, pk: int) -> Response:
        by = manager(request)
        known = get_object_or_404(webhooks.visible_webhooks(by), pk=pk)
        facts = facts_of(body(request, WebhookFactsSerializer, partial=True), known)
        endpoint = operations.change_webhook(endpoint_id=pk, facts=facts, by=by, expected_version=looked_at(request))
        return Response(shown(endpoint), headers={"ETag": f'"{endpoint.version}"'})

    @extend_schema(
        operation_id="webhook_delete", tags=TAG, summary="Forget an endpoint and its log", responses={204: None}
    )
    def delete(self, request: Request, pk: int) -> Response:
        operations.delete_webhook(endpoint_id=pk, by=actor_of(request))
        return Response(status=204)


class TestSend(APIView):
    """POST /webhooks/<id>/test"""

    @extend_schema(
        operation_id="webhook_test",
        tags=TAG,
        summary="Send a test event now",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: WebhookDeliverySerializer, **REFUSED},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        delivery = operations.try_webhook(endpoint_id=pk, by=actor_of(request))
        return Response(WebhookDeliverySerializer(delivery).data, status=202)


class Enable(APIView):
    """POST /webhooks/<id>/enable"""

    @extend_schema(
        operation_id="webhook_enable",
        tags=TAG,
        summary="Tell it again",
        request=EnableSerializer,
        responses={200: WebhookSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        by = manager(request)
        given = body(request, EnableSerializer)
        return Response(shown(operations.enable_webhook(endpoint_id=pk, by=by, **given)))


class Disable(APIView):
    """POST /webhooks/<id>/disable"""

    @extend_schema(
        operation_id="webhook_disable",
        tags=TAG,
        summary="Send it nothing more; what comes is held",
        request=None,
        responses={200: WebhookSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        return Response(shown(operations.disable_webhook(endpoint_id=pk, by=actor_of(request))))


class Rotate(APIView):
    """POST /webhooks/<id>/rotate"""

    @extend_schema(
        operation_id="webhook_rotate",
        tags=TAG,
        summary="Make a new secret; the old one signs as well for a while",
        request=RotateSerializer,
        responses={200: WebhookSecretSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        by = manager(request)
        given = body(request, RotateSerializer)
        endpoint, secret = operations.rotate_webhook_secret(endpoint_id=pk, by=by, **given)
        return Response(shown(endpoint, secret=secret))


class ReplayRange(APIView):
    """POST /webhooks/<id>/replay"""

    @extend_schema(
        operation_id="webhook_replay",
        tags=TAG,
        summary="Send what happened between two moments and did not arrive again",
        description="Every event keeps its webhook-id. At most 10,000, the oldest first.",
        parameters=[IDEMPOTENCY_KEY],
        request=ReplaySerializer,
        responses={200: ReplayedSerializer, **REFUSED},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        by = manager(request)
        given = body(request, ReplaySerializer)
        count = operations.replay_webhook(endpoint_id=pk, by=by, **given)
        return Response({"replayed": count})


class ReplayOne(APIView):
    """POST /webhooks/deliveries/<id>/replay"""

    @extend_schema(
        operation_id="webhook_delivery_replay",
        tags=TAG,
        summary="Send one event again under its webhook-id",
        parameters=[IDEMPOTENCY_KEY],
        request=None,
        responses={202: WebhookDeliverySerializer, **REFUSED},
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        delivery = operations.replay_delivery(delivery_id=pk, by=actor_of(request))
        return Response(WebhookDeliverySerializer(delivery).data, status=202)


class DeliveryList(APIView):
    """GET /webhooks/<id>/deliveries"""

    @extend_schema(
        operation_id="webhook_deliveries",
        tags=TAG,
        summary="The log of an endpoint, the newest first",
        parameters=[
            OpenApiParameter("state", enum=DeliveryState.values),
            OpenApiParameter("kind"),
            OpenApiParameter("before", int, description="The last page's smallest id."),
            OpenApiParameter("limit", int, description=f"At most {LARGEST_PAGE}; 50 if left out."),
        ],
        responses=WebhookDeliverySerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        endpoint = get_object_or_404(webhooks.visible_webhooks(manager(request)), pk=pk)
        wanted = DeliveryFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        given = dict(wanted.validated_data)
        limit = given.pop("limit")
        rows = webhooks.delivery_log(endpoint, **given)[:limit]
        return Response(WebhookDeliverySerializer(rows, many=True).data)
