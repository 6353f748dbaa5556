"""Customers' wishes, satisfaction and the support desk over REST."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import IF_MATCH, body, looked_at
from accounts.roles import Permission
from customers.models import Choice, ChoiceKind, ChoiceState, Complaint
from customers.operations import choices, desk, survey
from customers.queries import satisfaction
from customers.text import mask
from dispatch.models import Order
from dispatch.queries import visible_orders
from notifications.sealing import Unreadable, unseal

MOST, PAGE = 200, 500


class WishSerializer(serializers.Serializer[Any]):
    """`address` is there for a new address only, in clear: it is for the order system."""

    id = serializers.IntegerField()
    order = serializers.CharField()
    reference = serializers.CharField()
    kind = serializers.ChoiceField(choices=ChoiceKind.choices)
    state = serializers.ChoiceField(choices=ChoiceState.choices)
    version = serializers.IntegerField(help_text="Send it back as If-Match: 412 when the customer changed their mind.")
    address = serializers.CharField()
    asked_at = serializers.DateTimeField()
    changed_at = serializers.DateTimeField()


class WishPage(serializers.Serializer[Any]):
    rows = WishSerializer(many=True)
    next_after = serializers.IntegerField(allow_null=True)


class WishFilter(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, default=0)


class WishAnswer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=["taken", "done", "refused"])
    answer = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="What the customer reads about it."
    )


def spoken(rows: list[Choice]) -> list[dict[str, Any]]:
    numbers = dict(Order.objects.filter(pk__in=[row.order_id for row in rows]).values_list("pk", "external_id"))
    return [
        {
            **{name: getattr(row, name) for name in ("id", "reference", "kind", "state", "version")},
            "order": numbers.get(row.order_id, ""),
            "address": address_of(row),
            "asked_at": row.asked_at,
            "changed_at": row.changed_at,
        }
        for row in rows
    ]


def address_of(choice: Choice) -> str:
    try:
        return unseal(choice.sealed) if choice.sealed else ""
    except Unreadable:
        return ""


class WishesView(APIView):
    @extend_schema(
        summary="What customers ask of the order system, and nobody has done yet",
        description="Refunds and new addresses that are asked for or being done, the oldest first. It shows what is so"
        " now, so that nothing is lost when an event `customer.asked` was.",
        parameters=[WishFilter],
        responses=WishPage,
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.PUSH_ORDERS)
        wanted = WishFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        rows = list(open_wishes().filter(pk__gt=wanted.validated_data["after"])[:PAGE])
        following = rows[-1].pk if len(rows) == PAGE else None
        return Response(WishPage({"rows": spoken(rows), "next_after": following}).data)


def open_wishes() -> QuerySet[Choice]:
    asked = Choice.objects.filter(state__in=[ChoiceState.ASKED, ChoiceState.TAKEN], exercise=None)
    return asked.filter(kind__in=[ChoiceKind.ADDRESS, ChoiceKind.REFUND]).order_by("pk")


class WishView(APIView):
    @extend_schema(
        summary="Answer a customer's wish", parameters=[IF_MATCH], request=WishAnswer, responses=WishSerializer
    )
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.PUSH_ORDERS)
        get_object_or_404(Choice, pk=pk)
        asked = body(request, WishAnswer)
        choice = choices.answer_choice(choice_id=pk, by=by, version=looked_at(request), **asked)
        return Response(WishSerializer(spoken([choice])[0]).data)


class SurveyMatter(serializers.Serializer[Any]):
    reference = serializers.CharField(max_length=64)


class SurveySerializer(serializers.Serializer[Any]):
    reference = serializers.CharField()
    asked = serializers.IntegerField()
    proposed_at = serializers.DateTimeField(allow_null=True)
    sent_at = serializers.DateTimeField(allow_null=True)
    closes_at = serializers.DateTimeField(allow_null=True)


class ScoreSerializer(serializers.Serializer[Any]):
    score = serializers.IntegerField()
    comment = serializers.CharField()
    changed_at = serializers.DateTimeField()


class SatisfactionSerializer(serializers.Serializer[Any]):
    replies = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Scores 4 and 5 of all replies.")
    by_score = serializers.DictField(child=serializers.IntegerField())
    comments = ScoreSerializer(many=True, help_text="Low marks first.")


class SurveysView(APIView):
    @extend_schema(
        summary="Ask customers whose parcels have arrived how satisfied they were",
        parameters=[IDEMPOTENCY_KEY],
        request=SurveyMatter,
        responses={201: SurveySerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        round_ = survey.send_survey(**body(request, SurveyMatter), by=actor_of(request))
        return Response(SurveySerializer(round_).data, status=201)


class SatisfactionView(APIView):
    @extend_schema(
        summary="How satisfied a matter's customers were",
        parameters=[OpenApiParameter("reference", str, required=True)],
        responses=SatisfactionSerializer,
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.SERVE_CUSTOMERS)
        wanted = SurveyMatter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        reference = wanted.validated_data["reference"]
        found = satisfaction.csat(reference)
        data = {"replies": found.replies, "share": found.share, "by_score": found.by_score}
        return Response(SatisfactionSerializer({**data, "comments": satisfaction.comments(reference)}).data)


class ComplaintSerializer(serializers.ModelSerializer[Complaint]):
    order = serializers.SerializerMethodField()

    class Meta:
        model = Complaint
        fields = [
            *("id", "order", "reference", "state", "words", "opened_by", "opened_at", "due_at", "overdue_at"),
            *("answer", "answered_by", "answered_at"),
        ]
        read_only_fields = fields

    def get_order(self, complaint: Complaint) -> str:
        return Order.objects.filter(pk=complaint.order_id).values_list("external_id", flat=True).first() or ""


class NewComplaint(serializers.Serializer[Any]):
    order = serializers.CharField(max_length=64, help_text="The order's number.")
    words = serializers.CharField(max_length=1000)


class ComplaintAnswer(serializers.Serializer[Any]):
    answer = serializers.CharField(max_length=1000)
    template = serializers.CharField(max_length=40, default="", allow_blank=True, help_text="A reply to send, too.")
    channel = serializers.CharField(max_length=5, default="sms", help_text="sms or email.")


class NewReply(serializers.Serializer[Any]):
    order = serializers.CharField(max_length=64, help_text="The order's number.")
    template = serializers.CharField(max_length=40, help_text="A template whose code begins reply_.")
    channel = serializers.CharField(max_length=5, default="sms", help_text="sms or email.")


class ReplySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    template = serializers.CharField()
    channel = serializers.CharField()
    sent_at = serializers.DateTimeField()


class DeskSearch(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=64, help_text="Exactly an order's number or a phone number.")


class FoundSerializer(serializers.Serializer[Any]):
    order = serializers.CharField()
    state = serializers.CharField()
    phone = serializers.CharField(help_text="Masked.")


def order_of(request: Request, number: str) -> int:
    """The order of a number that this caller may see; 0 for none, which operations refuse."""
    found = visible_orders(actor_of(request)).filter(external_id=number)
    return found.values_list("pk", flat=True).first() or 0


class DeskSearchView(APIView):
    @extend_schema(
        summary="Find orders by their number or the customer's phone",
        description="A POST, so that no phone number stands in an address or a log.",
        request=DeskSearch,
        responses=FoundSerializer(many=True),
    )
    def post(self, request: Request) -> Response:
        by = actor_of(request)
        found = desk.search(**body(request, DeskSearch), by=by)
        rows = [{"order": row.external_id, "state": row.state, "phone": mask(row.phone)} for row in found]
        return Response(FoundSerializer(rows, many=True).data)


class ComplaintsView(APIView):
    @extend_schema(
        summary="Complaints, those due first at the top",
        operation_id="complaints_list",
        responses=ComplaintSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.SERVE_CUSTOMERS)
        rows = Complaint.objects.order_by("-state", "due_at")
        return Response(ComplaintSerializer(rows[:MOST], many=True).data)

    @extend_schema(
        summary="Take a complaint",
        parameters=[IDEMPOTENCY_KEY],
        request=NewComplaint,
        responses={201: ComplaintSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        asked = body(request, NewComplaint)
        complaint = desk.open_complaint(
            order_id=order_of(request, asked["order"]), words_of_customer=asked["words"], by=actor_of(request)
        )
        return Response(ComplaintSerializer(complaint).data, status=201)


class ComplaintView(APIView):
    @extend_schema(summary="Answer a complaint", request=ComplaintAnswer, responses=ComplaintSerializer)
    def post(self, request: Request, pk: int) -> Response:
        by = actor_of(request)
        by.require(Permission.SERVE_CUSTOMERS)
        get_object_or_404(Complaint, pk=pk)
        complaint = desk.answer_complaint(complaint_id=pk, by=by, **body(request, ComplaintAnswer))
        return Response(ComplaintSerializer(complaint).data)


class RepliesView(APIView):
    @extend_schema(
        summary="Send a customer one of the approved replies",
        parameters=[IDEMPOTENCY_KEY],
        request=NewReply,
        responses={201: ReplySerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        asked = body(request, NewReply)
        asked["order_id"] = order_of(request, asked.pop("order"))
        reply = desk.reply_to_customer(**asked, by=actor_of(request))
        return Response(ReplySerializer(reply).data, status=201)
