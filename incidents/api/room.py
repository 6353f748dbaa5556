"""The room over REST: notes, files, the timeline, duties by law, and the situation pack."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import body
from accounts.roles import Permission
from incidents import files, operations, queries
from incidents.api.acts import REFUSED
from incidents.api.shapes import IncidentDetailSerializer, NoteSerializer
from incidents.api.views import detail_of
from incidents.models import Attachment, Decision, Incident
from incidents.refusals import UnusableFile
from incidents.served import response_of
from journal.kinds import describe
from journal.models import Entry
from journal.numbers import whole
from journal.queries import timeline

PAGE = 200


def incident_of(request: Request, incident_id: int) -> Incident:
    """The incident, for those who may look. Raises NotAllowed, NotFound."""
    actor_of(request).require(Permission.VIEW)
    found = Incident.objects.filter(pk=incident_id).first()
    if found is None:
        raise NotFound(_("There is no incident %(id)s.") % {"id": incident_id})
    return found


class Notes(APIView):
    """Notes, decisions and reports of an incident."""

    @extend_schema(
        summary="Notes, decisions and reports, newest first",
        operation_id="notes_list",
        responses={200: NoteSerializer(many=True)},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        rows = Decision.objects.filter(incident=incident_of(request, incident_id))
        return Response(NoteSerializer(rows, many=True).data)

    @extend_schema(
        summary="Keep a note or a decision; nothing changes it afterwards",
        description="Answers with the whole incident, the new note first among its `decisions`.",
        operation_id="incidents_log_entry",
        request=NoteSerializer,
        responses={201: IncidentDetailSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
        examples=[
            OpenApiExample(
                "A decision",
                value={
                    "kind": "decision",
                    "text": "宁波方向全部改走杭州中心",
                    "reason": "G60 封闭到明早 6 点",
                    "alternatives": "等 G60 恢复",
                    "mentions": [12],
                },
                request_only=True,
            ),
            OpenApiExample(
                "A note from paper",
                value={"text": "一楼水位 30 cm", "occurred_at": "2026-03-01T03:12:00+08:00"},
                request_only=True,
            ),
        ],
    )
    @once
    def post(self, request: Request, incident_id: int) -> Response:
        actor = actor_of(request)
        operations.log_entry(incident_id=incident_id, by=actor, **body(request, NoteSerializer))
        answer = detail_of(incident_id, actor)
        answer.status_code = 201
        return answer


class FileSerializer(serializers.ModelSerializer[Attachment]):
    class Meta:
        model = Attachment
        fields = ["id", "subject", "name", "media_type", "size", "sha256", "added_by", "added_at"]
        read_only_fields = fields


class UploadSerializer(serializers.Serializer[Any]):
    """`subject` is what the file belongs to: "decision:5", "measure:7", "legal:data_leak", or blank."""

    file = serializers.FileField(max_length=400, allow_empty_file=True)
    subject = serializers.CharField(max_length=64, required=False, allow_blank=True, default="")


class Files(APIView):
    """Photos and files of an incident: jpeg, png, webp, heic, pdf, txt, csv, xlsx, docx, at most 15 MB each."""

    parser_classes = [MultiPartParser]

    @extend_schema(
        summary="Photos and files, oldest first",
        operation_id="files_list",
        responses={200: FileSerializer(many=True)},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        rows = Attachment.objects.filter(incident=incident_of(request, incident_id))
        return Response(FileSerializer(rows, many=True).data)

    @extend_schema(
        summary="Keep a photo or a file; the same file at the same place is one row",
        operation_id="files_add",
        request={"multipart/form-data": UploadSerializer},
        responses={201: FileSerializer, **REFUSED},
        parameters=[IDEMPOTENCY_KEY],
    )
    @once
    def post(self, request: Request, incident_id: int) -> Response:
        actor = actor_of(request)
        actor.require(Permission.DO_MEASURE)
        given = body(request, UploadSerializer)
        upload = given["file"]
        if upload.size > files.LARGEST:
            raise UnusableFile(_("“%(name)s” is larger than 15 MB.") % {"name": upload.name[-60:]})
        kept = operations.attach_file(
            incident_id=incident_id, name=upload.name, data=upload.read(), subject=given["subject"], by=actor
        )
        return Response(FileSerializer(kept).data, status=201)


class FileBytes(APIView):
    @extend_schema(
        summary="The bytes of a photo or a file, as they were taken",
        operation_id="files_read",
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY, 404: OpenApiResponse()},
    )
    def get(self, request: Request, incident_id: int, file_id: int) -> HttpResponse:
        found = Attachment.objects.filter(incident=incident_of(request, incident_id), pk=file_id).first()
        if found is None or not files.path_of(found.sha256).exists():
            raise NotFound(_("There is no file %(id)s.") % {"id": file_id})
        return response_of(found)


class EntrySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    backfilled = serializers.BooleanField()
    actor = serializers.CharField()
    actor_name = serializers.CharField()
    text = serializers.CharField()
    payload = serializers.DictField()


class Timeline(APIView):
    @extend_schema(
        summary="What happened, in the order in which it was recorded",
        description=f"At most {PAGE} entries; ask again with `after` set to the last `id`.",
        operation_id="incidents_timeline",
        parameters=[OpenApiParameter("after", int, description="Entries with a greater id only.")],
        responses={200: EntrySerializer(many=True)},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        incident = incident_of(request, incident_id)
        since = whole(request.query_params.get("after", "")) or 0
        ids = sorted(timeline(incident.reference).filter(pk__gt=since).order_by().values_list("pk", flat=True))
        rows = Entry.objects.filter(pk__in=ids[:PAGE]).order_by("id")
        lines = [
            {
                **{name: getattr(row["entry"], name) for name in ("id", "kind", "occurred_at", "recorded_at")},
                **{name: getattr(row["entry"], name) for name in ("backfilled", "actor", "payload")},
                "actor_name": row["actor"],
                "text": row["text"],
            }
            for row in describe(list(rows))
        ]
        return Response(EntrySerializer(lines, many=True).data)


class SeenSerializer(serializers.Serializer[Any]):
    """Without `entry`, everything up to now was seen."""

    entry = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False, allow_null=True, default=None)


class ChangesSerializer(serializers.Serializer[Any]):
    since = serializers.DateTimeField(allow_null=True)
    newest = serializers.IntegerField()
    count = serializers.IntegerField()
    overdue = serializers.IntegerField()
    highlights = serializers.ListField(child=serializers.CharField())


class Changes(APIView):
    """What others did and what fell due since the logged-in person last looked."""

    @extend_schema(
        summary="What changed since you last looked; `since` is null before the first look",
        operation_id="incidents_changes",
        responses={200: ChangesSerializer},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        found = queries.changes_since(incident_of(request, incident_id), actor_of(request))
        none: dict[str, Any] = {"since": None, "newest": 0, "count": 0, "overdue": 0, "highlights": []}
        return Response(ChangesSerializer(found if found is not None else none).data)

    @extend_schema(
        summary="You have seen the timeline up to an entry; people only, not keys",
        operation_id="incidents_mark_seen",
        request=SeenSerializer,
        responses={204: None, **REFUSED},
    )
    def post(self, request: Request, incident_id: int) -> Response:
        operations.mark_seen(incident_id=incident_id, by=actor_of(request), **body(request, SeenSerializer))
        return Response(status=204)


class FieldSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    name = serializers.CharField(source="label")
    required = serializers.BooleanField()  # type: ignore[assignment]
    value = serializers.CharField()


class LegalDutySerializer(serializers.Serializer[Any]):
    """`state`: idle (not ticked), open, missed (overdue, still owed), late or done. `form` holds what is known."""

    code = serializers.CharField(source="clock.code")
    name = serializers.CharField(source="clock.label")
    trigger = serializers.CharField()
    authority = serializers.CharField()
    legal_basis = serializers.CharField(source="clock.source")
    minutes = serializers.IntegerField(source="clock.minutes")
    state = serializers.CharField()
    due_at = serializers.DateTimeField(source="deadline.due_at", default=None)
    settled_at = serializers.DateTimeField(source="deadline.settled_at", default=None)
    evidence = serializers.CharField(source="report.evidence", default="")
    form = FieldSerializer(many=True)


class Duties(APIView):
    @extend_schema(
        summary="Every duty by law, when to tick it, its limit and how it was done",
        operation_id="legal_list",
        responses={200: LegalDutySerializer(many=True)},
    )
    def get(self, request: Request, incident_id: int) -> Response:
        return Response(LegalDutySerializer(queries.legal_duties(incident_of(request, incident_id)), many=True).data)


class PackSerializer(serializers.Serializer[Any]):
    format = serializers.ChoiceField(choices=["pdf", "html"], required=False, default="pdf")


class SituationPack(APIView):
    @extend_schema(
        summary="The situation pack as PDF or HTML, in the language of Accept-Language",
        description="It is journalled, therefore a POST. Telephone numbers are in it for those who command.",
        operation_id="incidents_pack",
        request=PackSerializer,
        responses={
            (200, "application/pdf"): OpenApiTypes.BINARY,
            (200, "text/html"): OpenApiTypes.STR,
            403: OpenApiResponse(),
            404: OpenApiResponse(),
        },
        examples=[OpenApiExample("To be printed", value={"format": "pdf"}, request_only=True)],
    )
    def post(self, request: Request, incident_id: int) -> HttpResponse:
        made = operations.export_pack(incident_id=incident_id, by=actor_of(request), **body(request, PackSerializer))
        response = HttpResponse(made.data, content_type=made.media_type)
        response["Content-Disposition"] = f'attachment; filename="{made.name}"'
        response["Cache-Control"] = "private, no-store"
        return response
