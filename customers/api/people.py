"""Who a notice is for, over REST: province by province, and one by one."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.roles import Permission
from customers.api.notices import find_notice
from customers.queries import people
from customers.queries.places import places_of

PAGE, MOST = 100, 1_000


class PlaceSerializer(serializers.Serializer[Any]):
    zone = serializers.CharField()
    name = serializers.CharField()
    people = serializers.IntegerField()
    told = serializers.IntegerField(help_text="A provider took the newest message to them.")
    waiting = serializers.IntegerField()
    failed = serializers.IntegerField()
    unclear = serializers.IntegerField()
    unreachable = serializers.IntegerField()


class PlacesSerializer(serializers.Serializer[Any]):
    counted_at = serializers.DateTimeField(
        allow_null=True, help_text="Of many people a worker counts now and then; null: counted just now."
    )
    rows = PlaceSerializer(many=True)


class PlacesView(APIView):
    @extend_schema(summary="How far a notice is in each province", responses=PlacesSerializer)
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(PlacesSerializer(asdict(places_of(find_notice(pk)))).data)


class SentSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    channel = serializers.CharField()
    destination = serializers.CharField(help_text="Masked.")
    state = serializers.CharField()
    code = serializers.CharField()
    sent_at = serializers.DateTimeField(allow_null=True)


class PersonSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    order = serializers.CharField(help_text="The order that stands for theirs.")
    orders = serializers.IntegerField()
    zone = serializers.CharField()
    channel = serializers.CharField(help_text="Blank: not written to, for the reason.")
    reason = serializers.CharField()
    messages = SentSerializer(many=True)


class PeopleQuery(serializers.Serializer[Any]):
    show = serializers.ChoiceField([code for code, _label in people.SHOWS], required=False, default="")
    after = serializers.IntegerField(required=False, default=0, min_value=0, max_value=2**63 - 1)
    limit = serializers.IntegerField(required=False, default=PAGE, min_value=1, max_value=MOST)


class NoticePeopleView(APIView):
    @extend_schema(
        summary="Everybody of a notice, with the messages they got",
        description="In order of id; ask for the next ones with `after`, the last id of these. Addresses are masked.",
        parameters=[
            OpenApiParameter("show", str, enum=[code for code, _label in people.SHOWS if code]),
            OpenApiParameter("after", int),
            OpenApiParameter("limit", int),
        ],
        responses=PersonSerializer(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.SEND_NOTICES)
        asked = PeopleQuery(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        given = asked.validated_data
        rows = people.recipients_of(find_notice(pk), given["show"]).filter(pk__gt=given["after"])[: given["limit"]]
        found = [person_of(told) for told in people.with_messages(list(rows))]
        return Response(PersonSerializer(found, many=True).data)


def person_of(told: people.Told) -> dict[str, Any]:
    row = told.recipient
    messages = [
        {
            **{name: getattr(message, name) for name in ("id", "channel", "state", "code", "sent_at")},
            "destination": address,
        }
        for message, address in told.pairs
    ]
    facts = {name: getattr(row, name) for name in ("id", "orders", "zone", "channel", "reason")}
    return {**facts, "order": told.order, "messages": messages}
