"""WeChat: its events, signed as it signs them, and consents that the order system collects."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from lxml import etree
from rest_framework import authentication, exceptions, parsers, permissions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import link_actor
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import body
from notifications import gateways, operations
from notifications.api.receipts import Provider, text_of
from notifications.api.webhooks import REFUSED
from notifications.operations.consents import Given
from notifications.operations.receipts import Report

LARGEST = 100_000
SIGNATURE = [OpenApiParameter(name, str, required=True) for name in ("signature", "timestamp", "nonce")]


class Signed(authentication.BaseAuthentication):
    """WeChat signs with the token of the console's settings, shown on the gateway's page: SHA-1 of token, timestamp
    and nonce in alphabetical order."""

    def authenticate(self, request: Request) -> tuple[Provider, None]:
        given = [request.query_params.get(name, "") for name in ("timestamp", "nonce")]
        wanted = hashlib.sha1("".join(sorted([gateways.wechat_token(), *given])).encode()).hexdigest()
        if not hmac.compare_digest(wanted.encode(), request.query_params.get("signature", "").encode()):
            raise exceptions.AuthenticationFailed("The signature is missing or wrong.")
        return Provider(), None

    def authenticate_header(self, request: Request) -> str:
        return "Signature"


class Xml(parsers.BaseParser):
    """Events without entities, DTDs or network."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        raw = stream.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise exceptions.ParseError("The event is too large.")
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
        try:
            root = etree.fromstring(raw, parser)
        except (etree.XMLSyntaxError, ValueError) as error:
            raise exceptions.ParseError("An event is XML.") from error
        if getattr(root.getroottree().docinfo, "doctype", ""):
            raise exceptions.ParseError("An event has no DTD.")
        return root


def said(node: etree._Element, name: str) -> str:
    return (node.findtext(name) or "").strip()[:64]


class WeChatEvents(APIView):
    """What WeChat tells: that people agreed to a notice, and how a notice fared. Other events are answered and left."""

    authentication_classes = [Signed]
    permission_classes = [permissions.IsAuthenticated]
    parser_classes = [Xml]

    @extend_schema(
        operation_id="wechat_verify",
        tags=["receipts"],
        summary="Answers WeChat's question whether the address is ours",
        parameters=[*SIGNATURE, OpenApiParameter("echostr", str, required=True)],
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(request.query_params.get("echostr", "")[:200], content_type="text/plain")

    @extend_schema(
        operation_id="wechat_events",
        tags=["receipts"],
        summary="Takes WeChat's events",
        parameters=SIGNATURE,
        request={"text/xml": OpenApiTypes.STR},
        responses={(200, "text/plain"): OpenApiTypes.STR},
    )
    def post(self, request: Request) -> HttpResponse:
        event: Any = request.data
        by = link_actor("provider", "wechat")
        if given := consents_in(event):
            operations.record_consents(given=given, by=by)
        if reports := reports_in(event):
            operations.record_receipts(reports=reports, by=by)
        return HttpResponse("success", content_type="text/plain")


def consents_in(event: etree._Element) -> list[Given]:
    """Accepted templates of a pop-up; the moment and place in it tell one consent from the next."""
    openid, at = said(event, "FromUserName"), said(event, "CreateTime")
    rows = event.findall("SubscribeMsgPopupEvent/List") + event.findall("SubscribeMsgPopupEvent/list")
    found = []
    for number, row in enumerate(rows[:20]):
        code = said(row, "TemplateId")
        if said(row, "SubscribeStatusString") == "accept" and openid and code:
            digest = hashlib.sha256(f"{openid}:{at}:{code}:{number}".encode()).hexdigest()[:40]
            found.append(Given(openid=openid, code=code, source=f"wechat:{digest}"))
    return found


def reports_in(event: etree._Element) -> list[Report]:
    """subscribe_msg_sent_event names a message by MsgID, TEMPLATESENDJOBFINISH by MsgID of its own."""
    if said(event, "Event") == "TEMPLATESENDJOBFINISH":
        status = said(event, "Status")
        return [Report("", "", status == "success", status, serial=text_of(said(event, "MsgID")))]
    rows = event.findall("SubscribeMsgSentEvent/List") + event.findall("SubscribeMsgSentEvent/list")
    return [
        Report(
            out_id="",
            number="",
            delivered=said(row, "ErrorStatus") == "success" or said(row, "ErrorCode") == "0",
            code=f"wechat_{said(row, 'ErrorCode')}",
            serial=text_of(said(row, "MsgID")),
        )
        for row in rows[:20]
    ]


class ConsentSerializer(serializers.Serializer[Any]):
    """`code` is WeChat's id of the template, `source` whatever tells this act of consent from every other."""

    openid = serializers.CharField(max_length=64)
    code = serializers.CharField(max_length=64)
    source = serializers.CharField(max_length=80)  # type: ignore[assignment]


class ConsentsSerializer(serializers.Serializer[Any]):
    consents = ConsentSerializer(many=True, allow_empty=False)


class ConsentsRecordedSerializer(serializers.Serializer[Any]):
    added = serializers.IntegerField(help_text="Those that were not known by their source.")


class Consents(APIView):
    """POST /consents"""

    @extend_schema(
        operation_id="consents_record",
        tags=["gateways"],
        summary="Enter consents to WeChat subscription notices",
        description="One consent is one message. Sending the same source again adds nothing.",
        parameters=[IDEMPOTENCY_KEY],
        request=ConsentsSerializer,
        responses={200: ConsentsRecordedSerializer, **REFUSED},
    )
    @once
    def post(self, request: Request) -> Response:
        by = actor_of(request)
        rows = body(request, ConsentsSerializer)["consents"]
        return Response({"added": operations.record_consents(given=[Given(**row) for row in rows], by=by)})
