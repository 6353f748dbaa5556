"""Customer notices over REST."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import actor_of
from accounts.idempotency import IDEMPOTENCY_KEY, once
from accounts.rest import body
from accounts.roles import Permission
from customers import audience, operations, queries
from customers.filters import CHANNELS, read_filters
from customers.models import NoticeRun, NoticeWave
from customers.operations.drafts import approvals_needed, policy
from customers.preview import preview_of

MOST = 200


class ProgressSerializer(serializers.Serializer[Any]):
    state = serializers.CharField(help_text="The run's state, or paused.")
    audience = serializers.IntegerField()
    by_channel = serializers.DictField(child=serializers.IntegerField())
    unreachable = serializers.IntegerField()
    waiting = serializers.IntegerField()
    sent = serializers.IntegerField()
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    ambiguous = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    again = serializers.IntegerField(help_text="Messages to people whom the one before did not reach.")
    share = serializers.FloatField()
    first_sent_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class FiltersSerializer(serializers.Serializer[Any]):
    """Whom of the affected a notice is for; all together, each may be left out."""

    regions = serializers.ListField(child=serializers.CharField(max_length=32), required=False, max_length=200)
    at_risk = serializers.BooleanField(required=False, help_text="Promised for before the new estimate.")
    tiers = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=20)
    priority = serializers.IntegerField(required=False, min_value=0, max_value=9, help_text="The lowest one.")
    channels = serializers.ListField(child=serializers.ChoiceField(CHANNELS), required=False)
    value_from = serializers.DecimalField(12, 2, required=False, allow_null=True, min_value=0)
    value_to = serializers.DecimalField(12, 2, required=False, allow_null=True, min_value=0)
    skip_told = serializers.BooleanField(required=False, help_text="Leave out who was told of another matter lately.")


class NoticeWaveSerializer(serializers.ModelSerializer[NoticeWave]):
    class Meta:
        model = NoticeWave
        fields = ["number", "kind", "zone", "recipients", "batch", "released_by", "released_at", "not_before"]
        read_only_fields = fields


class NoticeSerializer(serializers.ModelSerializer[NoticeRun]):
    approvals = serializers.SerializerMethodField()
    approvals_needed = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    waves = NoticeWaveSerializer(many=True, read_only=True)

    class Meta:
        model = NoticeRun
        fields = [
            *("id", "reference", "template", "cause", "cause_en", "since", "eta", "affected_set", "exercise", "state"),
            *("audience", "reachable", "batch", "prepared_by", "prepared_at", "launched_by", "launched_at"),
            *("kind", "follows", "filters", "values", "urgent", "by_zone", "left_out"),
            *("finished_at", "approvals", "approvals_needed", "progress", "waves"),
        ]
        read_only_fields = fields

    def get_approvals(self, run: NoticeRun) -> list[str]:
        return [approval.actor for approval in run.approvals.all()]

    def get_approvals_needed(self, run: NoticeRun) -> int:
        return approvals_needed(run)

    def get_progress(self, run: NoticeRun) -> dict[str, Any]:
        return dict(ProgressSerializer(queries.progress_of(run)).data)


class NewNotice(serializers.Serializer[Any]):
    """`affected_set` defaults to the newest frozen set of the reference, `eta` to the policy's hours from now."""

    reference = serializers.CharField(max_length=64)
    template = serializers.CharField(max_length=40)
    affected_set = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1)
    cause = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    cause_en = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    eta = serializers.DateTimeField(required=False, allow_null=True, default=None)
    filters = FiltersSerializer(required=False)
    urgent = serializers.BooleanField(required=False, allow_null=True, default=None, help_text="Also at night.")


class ChangedNotice(serializers.Serializer[Any]):
    cause = serializers.CharField(max_length=60, required=False, allow_blank=True)
    cause_en = serializers.CharField(max_length=60, required=False, allow_blank=True)
    eta = serializers.DateTimeField(required=False)
    filters = FiltersSerializer(required=False)
    values = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField(allow_blank=True, max_length=500), max_length=2),
        required=False,
        help_text="The template's other variables: {name: [Chinese, English]}.",
    )
    urgent = serializers.BooleanField(required=False)
    by_zone = serializers.BooleanField(required=False, help_text="Province by province.")
    refresh = serializers.BooleanField(required=False, help_text="Take the newest affected set over.")


class SampleSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    language = serializers.CharField()
    destination = serializers.CharField(help_text="Masked.")
    subject = serializers.CharField()
    text = serializers.CharField()
    length = serializers.IntegerField()
    segments = serializers.IntegerField()


class ChannelSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    recipients = serializers.IntegerField()
    segments = serializers.FloatField()
    cost = serializers.DecimalField(max_digits=12, decimal_places=2)
    per_minute = serializers.IntegerField(allow_null=True, help_text="What the gateway takes; null: no limit is set.")
    ahead = serializers.IntegerField(help_text="Messages that wait for the gateway already.")
    finish_at = serializers.DateTimeField(allow_null=True)


class BlockedSerializer(serializers.Serializer[Any]):
    channel = serializers.CharField()
    language = serializers.CharField()
    why = serializers.ChoiceField(["no_words", "no_provider", "not_approved", "in_chinese"])
    people = serializers.IntegerField()


class CountSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField()
    reachable = serializers.IntegerField()
    told = serializers.IntegerField(help_text="Told of this matter before, left out.")
    elsewhere = serializers.IntegerField(help_text="Told of another matter lately, not left out.")
    channels = serializers.DictField(child=serializers.IntegerField())
    languages = serializers.DictField(child=serializers.IntegerField())
    reasons = serializers.DictField(child=serializers.IntegerField())
    zones = serializers.DictField(child=serializers.IntegerField())


class CorrectionSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")
    text_en = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class FollowUpSerializer(serializers.Serializer[Any]):
    eta = serializers.DateTimeField()


class PreviewSerializer(serializers.Serializer[Any]):
    samples = SampleSerializer(many=True)
    channels = ChannelSerializer(many=True)
    reasons = serializers.DictField(child=serializers.IntegerField())
    languages = serializers.DictField(child=serializers.IntegerField())
    longest = serializers.IntegerField()
    cost = serializers.DecimalField(max_digits=12, decimal_places=2)
    zones = serializers.DictField(child=serializers.IntegerField())
    elsewhere = serializers.IntegerField()
    blocked = BlockedSerializer(many=True)
    unsaid = serializers.ListField(child=serializers.CharField())
    starts_at = serializers.DateTimeField()
    held = serializers.BooleanField(help_text="It waits for the end of the quiet hours.")
    finish_at = serializers.DateTimeField(allow_null=True)


def sender(request: Request) -> Actor:
    by = actor_of(request)
    by.require(Permission.SEND_NOTICES)
    return by


def find_notice(pk: int) -> NoticeRun:
    run = NoticeRun.objects.filter(pk=pk).first()
    if run is None:
        raise NotFound
    return run


class NoticesView(APIView):
    @extend_schema(
        summary="Notices, newest first",
        operation_id="notices_list",
        parameters=[OpenApiParameter("reference", str)],
        responses=NoticeSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        actor_of(request).require(Permission.VIEW)
        runs = NoticeRun.objects.order_by("-id")
        if reference := request.query_params.get("reference"):
            runs = runs.filter(reference=reference)
        return Response(NoticeSerializer(runs[:MOST], many=True).data)

    @extend_schema(
        summary="Draft a notice",
        parameters=[IDEMPOTENCY_KEY],
        request=NewNotice,
        responses={201: NoticeSerializer},
    )
    @once
    def post(self, request: Request) -> Response:
        form = NewNotice(data=request.data)
        form.is_valid(raise_exception=True)
        data = dict(form.validated_data)
        run = operations.prepare_notice(
            by=actor_of(request),
            affected_set_id=data.pop("affected_set"),
            exercise=queries.exercise_of(data["reference"]),
            **data,
        )
        return Response(NoticeSerializer(run).data, status=201)


class NoticeView(APIView):
    @extend_schema(summary="A notice and its progress", operation_id="notices_read", responses=NoticeSerializer)
    def get(self, request: Request, pk: int) -> Response:
        actor_of(request).require(Permission.VIEW)
        return Response(NoticeSerializer(find_notice(pk)).data)

    @extend_schema(summary="Change what a notice says before launch", request=ChangedNotice, responses=NoticeSerializer)
    def patch(self, request: Request, pk: int) -> Response:
        by = sender(request)
        form = ChangedNotice(data=request.data)
        form.is_valid(raise_exception=True)
        find_notice(pk)
        run = operations.edit_notice(notice_id=pk, by=by, **form.validated_data)
        return Response(NoticeSerializer(run).data)


class PreviewView(APIView):
    @extend_schema(summary="Preview a notice on real recipients", responses=PreviewSerializer)
    def get(self, request: Request, pk: int) -> Response:
        sender(request)
        return Response(PreviewSerializer(asdict(preview_of(find_notice(pk), policy()))).data)


class CountView(APIView):
    @extend_schema(
        summary="How many a draft would reach with these filters",
        description="Nothing is written.",
        request=FiltersSerializer,
        responses=CountSerializer,
    )
    def post(self, request: Request, pk: int) -> Response:
        sender(request)
        filters = read_filters(body(request, FiltersSerializer))
        return Response(CountSerializer(audience.count(find_notice(pk), filters, policy())).data)


class CorrectView(APIView):
    @extend_schema(
        summary="Draft a correction to those whom a notice told",
        description="One correction of a notice: the same call again returns it.",
        parameters=[IDEMPOTENCY_KEY],
        request=CorrectionSerializer,
        responses=NoticeSerializer,
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        by = sender(request)
        given = body(request, CorrectionSerializer)
        find_notice(pk)
        return Response(NoticeSerializer(operations.correct_notice(notice_id=pk, by=by, **given)).data)


class FollowUpView(APIView):
    @extend_schema(
        summary="Draft a follow-up with a newer estimate",
        description="To everybody told before whose order is on its way; one of a notice.",
        parameters=[IDEMPOTENCY_KEY],
        request=FollowUpSerializer,
        responses=NoticeSerializer,
    )
    @once
    def post(self, request: Request, pk: int) -> Response:
        by = sender(request)
        given = body(request, FollowUpSerializer)
        find_notice(pk)
        return Response(NoticeSerializer(operations.follow_up_notice(notice_id=pk, by=by, **given)).data)


class WaveView(APIView):
    @extend_schema(summary="Send to the next province", request=None, responses=NoticeSerializer)
    def post(self, request: Request, pk: int, number: int) -> Response:
        by = sender(request)
        if not find_notice(pk).waves.filter(number=number).exists():
            raise NotFound
        run = operations.release_wave(notice_id=pk, number=number, by=by)
        return Response(NoticeSerializer(run).data)


class StepView(APIView):
    """Approve, launch, pause, resume, cancel, or retry the failed; each is harmless when sent twice."""

    step = ""

    @extend_schema(request=None, responses=NoticeSerializer)
    def post(self, request: Request, pk: int) -> Response:
        by = sender(request)
        find_notice(pk)
        run = operations.STEPS[self.step](notice_id=pk, by=by)
        return Response(NoticeSerializer(run).data)
