"""Customers' contacts over REST: they go in, and never come out."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.rest import body
from accounts.roles import Permission
from customers.operations import contacts

MOST_ROWS = 1_000


class ContactRow(serializers.Serializer[Any]):
    """What is left out stays, a blank takes it away. `channel` is sms, email, wechat, push, or none for a customer who
    wants no messages; `language` zh-hans or en; `wechat` the openid, `push` the device token of your app."""

    customer_ref = serializers.CharField(max_length=64)
    channel = serializers.CharField(max_length=16, required=False, allow_blank=True)
    language = serializers.CharField(max_length=10, required=False, allow_blank=True)
    wechat = serializers.CharField(max_length=64, required=False, allow_blank=True)
    push = serializers.CharField(max_length=200, required=False, allow_blank=True)


class ContactRows(serializers.Serializer[Any]):
    rows = serializers.ListField(child=ContactRow(), max_length=MOST_ROWS)


class ContactAnswer(serializers.Serializer[Any]):
    written = serializers.IntegerField(help_text="Customers of whom something changed, or was told for a day.")


class ContactsView(APIView):
    """PUT /contacts/bulk"""

    @extend_schema(
        operation_id="contacts_bulk",
        summary="Tell how customers can be reached beside the number on their orders",
        description="All rows or none. Contacts are shown masked, are in no log, and are wiped when they were not told"
        " again for as long as personal data is kept.",
        request=ContactRows,
        responses=ContactAnswer,
    )
    def put(self, request: Request) -> Response:
        by = actor_of(request)
        by.require(Permission.PUSH_ORDERS)
        return Response({"written": contacts.tell_contacts(rows=body(request, ContactRows)["rows"], by=by)})
