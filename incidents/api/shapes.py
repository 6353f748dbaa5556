"""What the REST interface of command answers, and a note, which is taken as it is given."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.roles import Post
from incidents import queries
from incidents.links import call_out_url
from incidents.models import (
    Announcement,
    CallOut,
    CommandPost,
    Deadline,
    DeadlineState,
    Decision,
    Incident,
    Level,
    Measure,
    PostSeat,
    ReadinessCheck,
)
from incidents.queries.room import answers
from incidents.queries.rows import measure_actions


class AnnouncementSerializer(serializers.ModelSerializer[Announcement]):
    """What was made known, with the fields that the law names: [{"code": "level", "zh": "Ⅱ 重大", "en": …}, …]."""

    title = serializers.CharField(source="get_kind_display", read_only=True)
    content = serializers.ListField(
        source="content.fields", child=serializers.DictField(child=serializers.CharField()), read_only=True
    )

    class Meta:
        model = Announcement
        fields = ["id", "kind", "title", "issued_by", "issued_at", "content"]
        read_only_fields = fields


class NoteSerializer(serializers.ModelSerializer[Decision]):
    """A note or a decision. `mentions` are ids of people, who are told; `occurred_at` enters it afterwards."""

    text = serializers.CharField(max_length=10_000)
    reason = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    alternatives = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    mentions = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**31 - 1), required=False, max_length=50, default=list
    )
    made_by = serializers.CharField(read_only=True)
    made_at = serializers.DateTimeField(read_only=True)

    class Meta:
        model = Decision
        fields = [
            *("id", "kind", "text", "reason", "alternatives", "mentions", "occurred_at", "made_by", "made_at"),
        ]


class MeasureSerializer(serializers.ModelSerializer[Measure]):
    """`legal` are the actions its state allows."""

    title = serializers.CharField(source="label", read_only=True)
    instructions = serializers.CharField(read_only=True)
    legal = serializers.SerializerMethodField()

    class Meta:
        model = Measure
        fields = [
            *("id", "incident", "code", "round", "phase", "order", "title", "instructions", "post", "kind", "params"),
            *("after", "needs_approval", "approved_by", "state", "version", "due_at", "started_at", "settled_at"),
            *("settled_by", "note", "progress", "legal"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_legal(self, measure: Measure) -> list[str]:
        return list(measure_actions(measure))


class DeadlineSerializer(serializers.ModelSerializer[Deadline]):
    title = serializers.CharField(source="label", read_only=True)

    class Meta:
        model = Deadline
        fields = [
            *("id", "kind", "subject", "title", "post", "state", "generation"),
            *("started_at", "due_at", "missed_at", "settled_at"),
        ]
        read_only_fields = fields


class CallOutSerializer(serializers.ModelSerializer[CallOut]):
    """`link` opens the call without log-in; only those who may command see it, and why somebody cannot come."""

    post = serializers.CharField(source="seat.post", read_only=True)
    name = serializers.CharField(source="user.label", read_only=True)
    legal = serializers.SerializerMethodField()
    link = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField()

    class Meta:
        model = CallOut
        fields = [
            *("id", "incident", "post", "user", "name", "rank", "state", "called_at", "acknowledged_at", "arrived_at"),
            *("due_at", "eta_at", "proof", "reason", "released_at", "next_rung_at", "version", "legal", "link"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_legal(self, call: CallOut) -> list[str]:
        return list(answers(call))

    @extend_schema_field(serializers.CharField())
    def get_reason(self, call: CallOut) -> str:
        return call.reason if self.context.get("links") or self.context.get("reasons") else ""

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_link(self, call: CallOut) -> str | None:
        return call_out_url(call.pk) if self.context.get("links") else None


class CheckSerializer(serializers.ModelSerializer[ReadinessCheck]):
    title = serializers.CharField(source="label", read_only=True)

    class Meta:
        model = ReadinessCheck
        fields = ["code", "title", "done_at", "done_by"]
        read_only_fields = fields


class SeatRowSerializer(serializers.ModelSerializer[PostSeat]):
    """`here` of the `wanted` people called are on the post, `need` fill it; shift 2 is the relief."""

    holder_name = serializers.CharField(source="holder.label", read_only=True, default="")
    post = serializers.ChoiceField(choices=Post.choices, read_only=True)
    here = serializers.SerializerMethodField()

    class Meta:
        model = PostSeat
        fields = [
            *("post", "shift", "required", "vacant", "wanted", "need", "here", "holder", "holder_name"),
            *("arrived_at", "starts_at", "version"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.IntegerField())
    def get_here(self, seat: PostSeat) -> int:
        return sum(line.left_at is None for line in seat.attendances.all())


class CommandPostSerializer(serializers.ModelSerializer[CommandPost]):
    title = serializers.CharField(source="label", read_only=True)
    seats = SeatRowSerializer(many=True, read_only=True)
    checks = CheckSerializer(many=True, read_only=True)

    class Meta:
        model = CommandPost
        fields = ["title", "state", "opened_at", "manned_at", "ready_at", "confirmed_by", "seats", "checks"]
        read_only_fields = fields


class StepSerializer(serializers.Serializer[Any]):
    action = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    levels = serializers.ListField(child=serializers.IntegerField())


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """`version` goes into If-Match; `legal` are the next steps that the state allows."""

    level_label = serializers.SerializerMethodField()
    legal = serializers.SerializerMethodField()

    class Meta:
        model = Incident
        fields = [
            *("id", "number", "title", "category", "state", "version", "response_level", "level_label", "grade"),
            *("official_class", "warning_color", "provisional", "confirm_by", "generic_plan", "unfilled_posts"),
            *("region_code", "site", "scope", "exercise", "occurred_at", "reported_at", "graded_at", "declared_at"),
            *("recovering_at", "closed_at", "reviewed_at", "dismissed_at", "verified_at", "warned_at", "suspended_at"),
            *("reopened_at", "expected_end_at", "proposed_level", "auto_started", "parent", "merged_into"),
            *("reported_by", "verified_by", "declared_by", "legal"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_level_label(self, incident: Incident) -> str:
        return str(Level(incident.response_level).label) if incident.response_level else ""

    @extend_schema_field(StepSerializer(many=True))
    def get_legal(self, incident: Incident) -> list[dict[str, Any]]:
        return [
            {"action": step.action, "label": step.label, "levels": list(step.levels)}
            for step in queries.legal_steps(incident)
        ]


class IncidentDetailSerializer(IncidentSerializer):
    """Everything about one incident that belongs to command."""

    grade_sentence = serializers.SerializerMethodField()
    plan_version = serializers.SerializerMethodField()
    measures = MeasureSerializer(many=True, read_only=True)
    deadlines = serializers.SerializerMethodField()
    call_outs = CallOutSerializer(many=True, read_only=True)
    command_post = serializers.SerializerMethodField()
    decisions = NoteSerializer(many=True, read_only=True)
    announcements = AnnouncementSerializer(many=True, read_only=True)
    children: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    duplicates: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta(IncidentSerializer.Meta):
        fields = [
            *IncidentSerializer.Meta.fields,
            *("description", "indicators", "measured", "graded_by_indicator", "grade_sentence", "plan", "plan_version"),
            *("plan_snapshot", "measures", "deadlines", "call_outs", "command_post", "decisions"),
            *("announcements", "children", "duplicates"),
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.CharField())
    def get_grade_sentence(self, incident: Incident) -> str:
        return queries.grade_sentence(incident)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_plan_version(self, incident: Incident) -> int | None:
        return incident.plan_snapshot.get("version")

    @extend_schema_field(DeadlineSerializer(many=True))
    def get_deadlines(self, incident: Incident) -> Any:
        rows = incident.deadlines.exclude(state=DeadlineState.CANCELLED).order_by("due_at", "id")
        return DeadlineSerializer(rows, many=True).data

    @extend_schema_field(CommandPostSerializer(allow_null=True))
    def get_command_post(self, incident: Incident) -> Any:
        posts = CommandPost.objects.filter(incident=incident)
        post = posts.prefetch_related("seats__holder", "seats__attendances", "checks").first()
        return CommandPostSerializer(post).data if post else None


class RefusalSerializer(serializers.Serializer[Any]):
    """Why not, and what is possible instead."""

    code = serializers.CharField()
    detail = serializers.CharField()
    state = serializers.CharField(required=False)
    version = serializers.IntegerField(required=False)
    legal = serializers.ListField(child=serializers.CharField(), required=False)
    errors = serializers.DictField(child=serializers.CharField(), required=False)  # type: ignore[assignment]
    changed = serializers.ListField(child=serializers.DictField(), required=False)
