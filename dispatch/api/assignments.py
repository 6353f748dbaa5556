"""What the order system pulls, and what it answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from dispatch import queries
from dispatch.models import AssignmentKind
from dispatch.operations import Answer, answer_assignments
from dispatch.operations.answers import MOST_ANSWERS
from dispatch.queries.feed import MOST


class AssignmentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=AssignmentKind.choices)
    order = serializers.CharField(help_text="The order's external id.")
    order_version = serializers.IntegerField(help_text="The version it was decided for.")
    warehouse = serializers.CharField(allow_null=True)
    lane = serializers.IntegerField(allow_null=True)
    carrier = serializers.CharField(allow_null=True)
    hub = serializers.CharField(
        allow_null=True,
        help_text="For an order in transit: where it leaves its lane, or waits. With `hold`, null: ask.",
    )
    service_level = serializers.CharField()
    reference = serializers.CharField()
    reroute = serializers.IntegerField()
    wave = serializers.IntegerField()
    made_at = serializers.DateTimeField()


class FeedSerializer(serializers.Serializer[Any]):
    results = AssignmentSerializer(many=True)
    next = serializers.CharField(help_text="Keep it, and send it as `after` next time.")
    has_more = serializers.BooleanField(help_text="Ask again at once.")


class FeedFilter(serializers.Serializer[Any]):
    after = serializers.CharField(max_length=40, default="", allow_blank=True)
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=1000)


class AssignmentFeed(APIView):
    """GET /assignments"""

    @extend_schema(
        operation_id="assignments",
        summary="New ways for orders, in the order in which they were decided",
        description="Follow it with the cursor: what `after` lies behind has been seen, and nothing can appear before"
        " `next` later. Ask again with `next` after a while when `has_more` is false. A later row about an order"
        " replaces an earlier one.",
        parameters=[
            OpenApiParameter("after", description="The last answer's `next`; leave it out to begin."),
            OpenApiParameter("limit", int, description=f"At most {MOST}; 1,000 if left out."),
        ],
        responses=FeedSerializer,
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.PUSH_ORDERS)
        wanted = FeedFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        page = queries.assignments_after(wanted.validated_data["after"], wanted.validated_data["limit"])
        return Response({"results": page.rows, "next": page.next, "has_more": page.has_more})


class AnswerSerializer(serializers.Serializer[Any]):
    assignment = serializers.IntegerField(min_value=1, max_value=2**63 - 1)
    status = serializers.ChoiceField(choices=["accepted", "refused"])
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class AnswersSerializer(serializers.Serializer[Any]):
    answers = AnswerSerializer(many=True, max_length=MOST_ANSWERS)  # type: ignore[call-arg]


class AnsweredSerializer(serializers.Serializer[Any]):
    answered = serializers.IntegerField(help_text="Answers that were new or changed.")


class AssignmentAnswers(APIView):
    """POST /assignments/ack"""

    @extend_schema(
        operation_id="assignments_ack",
        summary="Accept or refuse assignments",
        description="May be repeated. A refusal needs a reason.",
        request=AnswersSerializer,
        responses=AnsweredSerializer,
        examples=[
            OpenApiExample(
                "one of each",
                value={
                    "answers": [
                        {"assignment": 1, "status": "accepted"},
                        {"assignment": 2, "status": "refused", "reason": "already on the truck"},
                    ]
                },
                request_only=True,
            )
        ],
    )
    def post(self, request: Request) -> Response:
        given = AnswersSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        answers = [
            Answer(row["assignment"], row["status"] == "accepted", row["reason"])
            for row in given.validated_data["answers"]
        ]
        return Response({"answered": answer_assignments(answers=answers, by=actor_of(request))})
