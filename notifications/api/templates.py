"""Templates over REST: written, approved by a second person, and known to providers by their ids."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.models import Channel
from accounts.rest import body
from accounts.roles import Permission
from notifications import operations
from notifications.api.webhooks import REFUSED, manager
from notifications.models import Kind, Registration, Review, Template
from notifications.standing import able

TAG = ["templates"]


class ProviderSerializer(serializers.ModelSerializer[Registration]):
    """By which ids a kind of provider knows the words, plain and with 【演练】, and what it said of each."""

    class Meta:
        model = Registration
        fields = [
            *("kind", "code", "drill_code", "fields", "state", "drill_state", "reason"),
            *("decided_by", "decided_at", "ask_at"),
        ]
        read_only_fields = fields


class TemplateSerializer(serializers.ModelSerializer[Template]):
    """A version of the words. `sendable`: somebody may send them now; where a provider keeps a copy of its own, only
    once it has approved them."""

    language = serializers.CharField()
    state = serializers.CharField(help_text="draft, approved or retired")
    registrations = ProviderSerializer(many=True)
    sendable = serializers.SerializerMethodField()

    class Meta:
        model = Template
        fields = [
            *("id", "code", "channel", "language", "version", "name", "name_en", "subject", "body", "variables"),
            *("state", "created_by", "approved_by", "approved_at", "sendable", "registrations"),
        ]
        read_only_fields = fields

    def get_sendable(self, template: Template) -> bool:
        return template.state == "approved" and template.pk in self.context["able"]


class NewTemplate(serializers.Serializer[Any]):
    """`body` and `subject` may use the declared variables as ${name}."""

    code = serializers.RegexField(r"^[a-z][a-z0-9_]{0,39}$")
    channel = serializers.ChoiceField(Channel.choices)
    language = serializers.CharField(max_length=10, help_text="zh-hans or en")
    body = serializers.CharField(max_length=4000)
    subject = serializers.CharField(max_length=200, default="", allow_blank=True)
    variables = serializers.ListField(child=serializers.RegexField(r"^[a-z_][a-z0-9_]{0,39}$"), max_length=20)
    name = serializers.CharField(max_length=120, default="", allow_blank=True)
    name_en = serializers.CharField(max_length=120, default="", allow_blank=True)


class TemplateFilter(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40, required=False)
    channel = serializers.ChoiceField(Channel.choices, required=False)
    language = serializers.CharField(max_length=10, required=False)
    state = serializers.CharField(max_length=10, required=False)


class RegistrationFacts(serializers.Serializer[Any]):
    """A blank `code` takes the entry out. Verdicts and a reason that are left out stay; a new id begins as
    submitted."""

    code = serializers.CharField(max_length=64, allow_blank=True)
    drill_code = serializers.CharField(max_length=64, default="", allow_blank=True)
    fields = serializers.ListField(child=serializers.CharField(max_length=40), max_length=20, default=list)  # type: ignore[assignment]
    state = serializers.ChoiceField(Review.choices, default="", allow_blank=True)
    drill_state = serializers.ChoiceField(Review.choices, default="", allow_blank=True)
    reason = serializers.CharField(max_length=200, required=False, allow_blank=True)


def shown(*rows: Template) -> list[dict[str, Any]]:
    return list(TemplateSerializer(rows, many=True, context={"able": able(rows)}).data)


class TemplateList(APIView):
    """GET and POST /templates"""

    @extend_schema(
        operation_id="templates_list",
        tags=TAG,
        summary="Versions of the words, by purpose, channel and language, the newest first",
        parameters=[OpenApiParameter(name, str) for name in ("code", "channel", "language", "state")],
        responses=TemplateSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        wanted = TemplateFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        rows = Template.objects.filter(**wanted.validated_data).prefetch_related("registrations")
        return Response(shown(*rows))

    @extend_schema(
        operation_id="templates_create",
        tags=TAG,
        summary="Write a new version as a draft",
        parameters=[IDEMPOTENCY_KEY],
        request=NewTemplate,
        responses={201: TemplateSerializer, **REFUSED},
    )
    @once
    def post(self, request: Request) -> Response:
        by = manager(request)
        return Response(shown(operations.add_version(**body(request, NewTemplate), by=by))[0], status=201)


class TemplateDetail(APIView):
    """GET /templates/<id>"""

    @extend_schema(operation_id="template", tags=TAG, summary="One version", responses=TemplateSerializer)
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(shown(get_object_or_404(Template, pk=pk))[0])


class TemplateStep(APIView):
    """POST /templates/<id>/approve and /retire"""

    step = ""

    @extend_schema(
        tags=TAG,
        summary="Approve or retire a version",
        description="A draft is approved by somebody other than its author. When a version is retired, an older"
        " approved one, if any, is used again.",
        request=None,
        responses={200: TemplateSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int) -> Response:
        by = manager(request)
        row = get_object_or_404(Template, pk=pk)
        return Response(shown(STEPS[self.step](template_id=row.pk, by=by))[0])


STEPS = {"approve": operations.approve_template, "retire": operations.retire_template}
KIND = OpenApiParameter("kind", str, OpenApiParameter.PATH, enum=Kind.values)


class Provider(APIView):
    """PUT /templates/<id>/providers/<kind>"""

    @extend_schema(
        operation_id="template_provider",
        tags=TAG,
        summary="Enter a provider's ids of the words, and what it said of them",
        parameters=[KIND],
        request=RegistrationFacts,
        responses={200: TemplateSerializer, **REFUSED},
    )
    def put(self, request: Request, pk: int, kind: str) -> Response:
        by = manager(request)
        row = get_object_or_404(Template, pk=pk)
        operations.register_template(template_id=row.pk, kind=kind, by=by, **body(request, RegistrationFacts))
        return Response(shown(row)[0])


class Asking(APIView):
    """POST /templates/<id>/providers/<kind>/ask"""

    @extend_schema(
        operation_id="template_provider_ask",
        tags=TAG,
        summary="Have the provider asked what it said of the words; read the answer with the template a little later",
        parameters=[KIND],
        request=None,
        responses={202: TemplateSerializer, **REFUSED},
    )
    def post(self, request: Request, pk: int, kind: str) -> Response:
        by = manager(request)
        row = get_object_or_404(Template, pk=pk)
        operations.ask_providers(kind=kind, template_id=row.pk, by=by)
        return Response(shown(row)[0], status=202)
