"""Receipts in the providers' own formats, and the state of batches and messages for other systems."""

from __future__ import annotations

import hmac
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import authentication, exceptions, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor, link_actor
from accounts.authentication import actor_of
from accounts.roles import Permission
from notifications import gateways, queries
from notifications.models import Batch
from notifications.operations import record_receipts
from notifications.operations.receipts import Report

MOST_REPORTS = 5_000
LISTENED = {"200000", "200008"}  # to the end; and no key came in time


class Provider:
    """Whoever knows the receipt address: good for receipts and for nothing else."""

    is_authenticated = True
    is_active = True
    pk = "provider"


class ReceiptToken(authentication.BaseAuthentication):
    """Providers push to an address and can send no header of ours: the address carries `?token=`, compared in
    constant time."""

    def authenticate(self, request: Request) -> tuple[Provider, None]:
        given = request.query_params.get("token", "")
        if not hmac.compare_digest(given.encode(), gateways.receipt_token().encode()):
            raise exceptions.AuthenticationFailed("The receipt token is missing or wrong.")
        return Provider(), None

    def authenticate_header(self, request: Request) -> str:
        return "Token"


TOKEN = OpenApiParameter("token", str, required=True, description="The secret of this installation's receipt address.")
DONE = inline_serializer("ReceiptAnswer", {"code": serializers.IntegerField(), "msg": serializers.CharField()})


class ReceiptView(ABC, APIView):
    """Receipts as a provider pushes them: repeated, late and shuffled reports are harmless."""

    authentication_classes = [ReceiptToken]
    permission_classes = [permissions.IsAuthenticated]
    provider: ClassVar[str] = "aliyun"
    answer: ClassVar[dict[str, Any]] = {"code": 0, "msg": "成功"}

    @extend_schema(request=OpenApiTypes.OBJECT, responses=DONE, parameters=[TOKEN], tags=["receipts"])
    def post(self, request: Request) -> Response:
        rows = request.data if isinstance(request.data, list) else [request.data]
        if len(rows) > MOST_REPORTS:
            raise exceptions.ParseError(f"At most {MOST_REPORTS} reports a call.")
        if not all(isinstance(row, dict) for row in rows):
            raise exceptions.ParseError("A receipt is an array of reports.")
        by: Actor = link_actor("provider", self.provider)
        record_receipts(reports=[self.report_of(row) for row in rows], by=by)
        return Response(self.answer)

    @abstractmethod
    def report_of(self, row: dict[str, Any]) -> Report:
        """What one row of the provider's says."""


class SmsReceipts(ReceiptView):
    """Aliyun's SmsReport."""

    def report_of(self, row: dict[str, Any]) -> Report:
        return Report(
            out_id=str(row.get("out_id") or ""),
            number=str(row.get("phone_number") or ""),
            delivered=row.get("success") in {True, "true"},
            code=str(row.get("err_code") or ""),
        )


class VoiceReceipts(ReceiptView):
    """Aliyun's VoiceReport after a call, and its VoiceCallReport meanwhile, which names no number. Who listened to the
    end or pressed a key (`dtmf`) was told."""

    def report_of(self, row: dict[str, Any]) -> Report:
        code, number, pressed = (str(row.get(name) or "") for name in ("status_code", "callee", "dtmf"))
        over = bool(number)
        return Report(
            out_id=str(row.get("out_id") or ""),
            number=number,
            delivered=bool(pressed) or code in LISTENED if over else None,
            code=code,
            pressed=pressed,
        )


class TencentReceipts(ReceiptView):
    """Tencent Cloud's status notification; `sid` is the SerialNo of the message."""

    provider = "tencent"
    answer: ClassVar[dict[str, Any]] = {"result": 0, "errmsg": "OK"}

    def report_of(self, row: dict[str, Any]) -> Report:
        return Report(
            out_id="",
            number="",
            delivered=row.get("report_status") == "SUCCESS",
            code=str(row.get("errmsg") or ""),
            serial=text_of(row.get("sid")),
        )


class PushReceipts(ReceiptView):
    """App push: `id` as the gateway answered, `status` delivered or failed, `code` its own reason."""

    provider = "push"

    def report_of(self, row: dict[str, Any]) -> Report:
        return Report(
            out_id="",
            number="",
            delivered=row.get("status") == "delivered",
            code=str(row.get("code") or ""),
            serial=text_of(row.get("id")),
        )


def text_of(value: object) -> str:
    """A serial as it was kept; what cannot be one is none."""
    text = str(value or "")[:80]
    return "" if "\x00" in text else text


class ProgressSerializer(serializers.Serializer[queries.BatchProgress]):
    batch_id = serializers.IntegerField()
    state = serializers.CharField()
    total = serializers.IntegerField()
    queued = serializers.IntegerField()
    sending = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    ambiguous = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    first_sent_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class BatchView(APIView):
    """How far a batch of notices is."""

    @extend_schema(responses=ProgressSerializer, tags=["notices"])
    def get(self, request: Request, batch_id: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        try:
            progress = queries.batch_progress(batch_id)
        except Batch.DoesNotExist as error:
            raise exceptions.NotFound() from error
        return Response(ProgressSerializer(progress).data)
