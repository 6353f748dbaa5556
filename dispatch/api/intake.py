"""What the order system sends over REST: orders and stock in bulk, and CloudEvents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import IO, Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.roles import Permission
from dispatch.api.orders import LineSerializer
from dispatch.intake import MOST_BYTES, TooManyOrders, unpacked
from dispatch.intake.events import BATCH, STRUCTURED, read_events
from dispatch.models import OrderState, ParcelState
from dispatch.operations import TooBusy, receive_events, receive_orders, receive_stock

LINE_TYPES = ("application/x-ndjson", "application/ndjson", "application/jsonl")
GZIP = OpenApiParameter(
    "Content-Encoding", str, OpenApiParameter.HEADER, enum=["gzip"], description="At most 10 MB when unpacked."
)
BUSY = "As many calls as the database can serve are at work; Retry-After says in how many seconds to come again."


class BodyParser(BaseParser):
    """Hands the body on as it came, at most one byte more than an intake may have."""

    media_type = "application/json"

    def parse(  # type: ignore[override]
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> bytes:
        return stream.read(MOST_BYTES + 1)


def parser_of(media: str) -> type[BodyParser]:
    return type("BodyParser", (BodyParser,), {"media_type": media})


class IntakeView(APIView):
    """Reads the body as bytes, gzipped or not, and answers a busy intake with Retry-After."""

    parser_classes = [BodyParser, *map(parser_of, LINE_TYPES)]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) > MOST_BYTES:
            raise TooManyOrders("The body is larger than 10 MB; send it in parts.", limit=MOST_BYTES)

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        if isinstance(exc, TooBusy):
            response["Retry-After"] = str(exc.retry_after)
        return response

    def body(self, request: Request) -> bytes:
        body = request.data if isinstance(request.data, bytes) else b""
        return unpacked(body) if request.headers.get("Content-Encoding", "").strip().lower() == "gzip" else body

    def by_lines(self, request: Request) -> bool:
        return (request.content_type or "").partition(";")[0].strip().lower() in LINE_TYPES


class IncomingParcelSerializer(serializers.Serializer[Any]):
    number = serializers.CharField(max_length=64, help_text="The waybill's.")
    state = serializers.ChoiceField(choices=ParcelState.choices, required=False)
    wave = serializers.CharField(max_length=32, required=False)
    warehouse = serializers.CharField(max_length=32, required=False)
    carrier = serializers.CharField(max_length=32, required=False)
    weight = serializers.DecimalField(required=False, max_digits=None, decimal_places=None, help_text="kg")
    quantity = serializers.IntegerField(required=False, min_value=0)
    lines = LineSerializer(many=True, required=False)
    dispatched_at = serializers.DateTimeField(required=False)
    expected_at = serializers.DateTimeField(required=False)
    delivered_at = serializers.DateTimeField(required=False)


class IncomingOrderSerializer(serializers.Serializer[Any]):
    """One row of an intake; with neither region nor the other order fields it is a status update."""

    external_id = serializers.CharField(max_length=64)
    version = serializers.IntegerField(min_value=0, help_text="Only a higher version than the known one is applied.")
    state = serializers.ChoiceField(choices=OrderState.choices, required=False)
    region = serializers.CharField(required=False, max_length=32, help_text="GB/T 2260 code of the destination.")
    service_level = serializers.CharField(required=False, max_length=16)
    warehouse = serializers.CharField(required=False, max_length=32, help_text="Left out: the allocation stays.")
    carrier = serializers.CharField(required=False, max_length=32)
    weight = serializers.DecimalField(required=False, max_digits=None, decimal_places=None, help_text="kg")
    quantity = serializers.IntegerField(required=False, min_value=0, help_text="Left out: the sum of the lines.")
    lines = LineSerializer(many=True, required=False)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=100)
    collected = serializers.BooleanField(required=False, help_text="The customer's own carrier fetches it.")
    ordered_at = serializers.DateTimeField(required=False)
    promise_at = serializers.DateTimeField(required=False)
    dispatched_at = serializers.DateTimeField(required=False)
    delivered_at = serializers.DateTimeField(required=False)
    cancelled_at = serializers.DateTimeField(required=False)
    customer_ref = serializers.CharField(required=False, max_length=64)
    customer_name = serializers.CharField(required=False, max_length=120)
    phone = serializers.CharField(required=False, max_length=32)
    email = serializers.CharField(required=False, max_length=254)
    language = serializers.ChoiceField(choices=["zh-hans", "en"], required=False)
    value = serializers.DecimalField(required=False, max_digits=None, decimal_places=None, help_text="yuan")
    parcels = IncomingParcelSerializer(many=True, required=False, help_text="All parcels of the order, or left out.")


class OutcomeSerializer(serializers.Serializer[Any]):
    index = serializers.IntegerField()
    result = serializers.ChoiceField(choices=["ignored", "rejected", "waiting", "duplicate"])
    external_id = serializers.CharField(required=False)
    code = serializers.CharField(required=False)
    detail = serializers.CharField(required=False, help_text="What is wrong and what to do.")
    field = serializers.CharField(required=False, help_text="The field to mend; empty when it is the row.")


class IntakeSerializer(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    ignored = serializers.IntegerField(help_text="Known in this or a newer version: nothing changed.")
    rejected = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Status updates kept until their order comes.")
    rows = OutcomeSerializer(many=True, help_text="The rows that were ignored or rejected, by index.")


class BulkIntake(IntakeView):
    """PUT /orders/bulk"""

    @extend_schema(
        operation_id="orders_bulk",
        summary="Create and update orders",
        description="Up to 10,000 rows or 10 MB a call, as a JSON array or as NDJSON (application/x-ndjson). A row is"
        " applied where it is newer than what is known, so calls may be repeated, shuffled and late. A bad row is"
        " reported by index, with the field and what to do; the others are applied. A status update that comes before"
        " its order waits for it. Answers 429 with Retry-After when too many calls are at work.",
        parameters=[IDEMPOTENCY_KEY, GZIP],
        request={
            "application/json": IncomingOrderSerializer(many=True),
            "application/x-ndjson": IncomingOrderSerializer(many=True),
        },
        responses={200: IntakeSerializer, 429: OpenApiResponse(description=BUSY)},
        examples=[
            OpenApiExample(
                "an order and a status update",
                value=[
                    {"external_id": "SO-1", "version": 1, "region": "330100", "service_level": "standard"},
                    {"external_id": "SO-2", "version": 7, "state": "dispatched"},
                ],
                request_only=True,
            )
        ],
    )
    @once
    def put(self, request: Request) -> Response:
        body = self.body(request)
        return Response(asdict(receive_orders(body=body, by=actor_of(request), lines=self.by_lines(request))))


class IncomingStockSerializer(serializers.Serializer[Any]):
    warehouse = serializers.CharField(max_length=32)
    product = serializers.CharField(max_length=64)
    quantity = serializers.IntegerField(min_value=0, help_text="Units that orders may still be given.")
    version = serializers.IntegerField(min_value=0, help_text="Only a higher version than the known one is applied.")
    cursor = serializers.CharField(
        required=False,
        max_length=40,
        help_text="The `next` of the last assignments that this figure takes into account. Without it: all that could"
        " be pulled by now.",
    )


class StockIntakeSerializer(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    applied = serializers.IntegerField()
    ignored = serializers.IntegerField(help_text="Known in this or a newer version: nothing changed.")
    rejected = serializers.IntegerField()
    rows = OutcomeSerializer(many=True, help_text="The rejected rows, by index; external_id holds the product.")


class StockBulk(IntakeView):
    """PUT /stock/bulk"""

    @extend_schema(
        operation_id="stock_bulk",
        summary="Set the stock of warehouses",
        description="Up to 10,000 rows or 10 MB a call, as a JSON array or as NDJSON. Repeated and late rows change"
        " nothing. A warehouse and product without a row is not known to have or lack stock.",
        parameters=[IDEMPOTENCY_KEY, GZIP],
        request=IncomingStockSerializer(many=True),
        responses={200: StockIntakeSerializer, 429: OpenApiResponse(description=BUSY)},
    )
    @once
    def put(self, request: Request) -> Response:
        body = self.body(request)
        return Response(asdict(receive_stock(body=body, by=actor_of(request), lines=self.by_lines(request))))


class EventIntakeSerializer(serializers.Serializer[Any]):
    received = serializers.IntegerField()
    used = serializers.IntegerField()
    duplicates = serializers.IntegerField(help_text="Known by source and id.")
    ignored = serializers.IntegerField(help_text="Brought nothing newer.")
    rejected = serializers.IntegerField()
    rows = OutcomeSerializer(many=True, help_text="All but the used events, by index.")


CLOUD_EVENT = inline_serializer(
    "CloudEvent",
    {
        "specversion": serializers.ChoiceField(choices=["1.0"]),
        "id": serializers.CharField(max_length=255),
        "source": serializers.CharField(max_length=255),
        "type": serializers.ChoiceField(choices=["fenghuo.order", "fenghuo.stock"]),
        "data": serializers.DictField(help_text="A row of PUT /orders/bulk or of PUT /stock/bulk."),
    },
)
CLOUD_EVENTS: serializers.ListSerializer[Any] = serializers.ListSerializer(child=CLOUD_EVENT)


class EventsIntake(IntakeView):
    """POST /events"""

    parser_classes = [BodyParser, parser_of(STRUCTURED), parser_of(BATCH)]

    @extend_schema(
        operation_id="events",
        summary="Receive CloudEvents 1.0 with orders and stock",
        description="Structured, batched or binary content mode (ce-id, ce-source, ce-type and ce-specversion headers"
        " over application/json). An event is used once, by its source and id, and changes only what is older than"
        " it. An event sent by itself that is rejected is answered by 422.",
        parameters=[IDEMPOTENCY_KEY, GZIP],
        request={STRUCTURED: CLOUD_EVENT, BATCH: CLOUD_EVENTS},
        responses={
            200: EventIntakeSerializer,
            422: EventIntakeSerializer,
            429: OpenApiResponse(description=BUSY),
        },
    )
    @once
    def post(self, request: Request) -> Response:
        by = actor_of(request)
        by.require(Permission.PUSH_ORDERS)
        body = self.body(request)
        events = read_events(body, request.content_type or "", request.headers)
        told = receive_events(events=events, body=body, by=by)
        return Response(asdict(told), status=422 if events.single and told.rejected else 200)
