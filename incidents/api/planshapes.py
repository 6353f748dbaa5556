"""What the REST interface of plans and rules takes and gives."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from accounts.roles import Post
from incidents.models import Category, Level, MeasureKind, Phase, Plan, PlanMeasure, RuleArea, RuleVersion
from incidents.plancheck import LONGEST_TEXT
from incidents.planfields import TEXTS
from incidents.queries.plans import GENERIC, OWN, WIDER

MEASURE_EXAMPLE = {
    "code": "call_out",
    "phase": "activation",
    "name": "召集响应人员",
    "name_en": "Call the response staff out",
    "post": "duty_officer",
    "due_minutes": 15,
    "kind": "call_out",
    "params": {"posts": ["operations", "site"], "crews": [{"post": "site", "call": 4, "need": 2}]},
    "after": [],
    "needs_approval": False,
}
WRITE_EXAMPLE = {
    "name": "台风应急预案（Ⅱ级）",
    "name_en": "Typhoon plan (level Ⅱ)",
    "objectives": "先保人、再保货、后保时效。",
    "objectives_en": "People first, then goods, then promises.",
    "contacts": [{"name": "气象服务", "name_en": "Weather service", "phone": "12121"}],
    "supplies": [{"item": "PUMP", "quantity": 2}],
    "legal_clocks": ["network_blocked"],
    "auto_start": True,
    "auto_conditions": [{"indicator": "lane_share", "at_least": 0.15}],
    "measures": [MEASURE_EXAMPLE],
}


class PlanMeasureSerializer(serializers.ModelSerializer[PlanMeasure]):
    class Meta:
        model = PlanMeasure
        fields = [
            *("code", "phase", "order", "name", "name_en", "instruction", "instruction_en", "post", "due_minutes"),
            *("kind", "params", "after", "needs_approval"),
        ]
        read_only_fields = fields


class PlanSerializer(serializers.ModelSerializer[Plan]):
    """`version` counts the plans of a category, level and region; `revision` goes into If-Match."""

    class Meta:
        model = Plan
        fields = [
            *("id", "name", "name_en", "category", "level", "region_code", "version", "revision", "state"),
            *("drafted_by", "submitted_by", "submitted_at", "review_note", "approved_by", "approved_at"),
        ]
        read_only_fields = fields


class PlanDetailSerializer(PlanSerializer):
    measures = PlanMeasureSerializer(many=True, read_only=True)

    class Meta(PlanSerializer.Meta):
        fields = [
            *PlanSerializer.Meta.fields,
            *("trigger", "trigger_en", "objectives", "objectives_en", "exit_condition", "exit_condition_en"),
            *("review", "review_en", "contacts", "supplies", "legal_clocks", "auto_start", "auto_conditions"),
            *("based_on", "measures"),
        ]
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample("The next version of a plan", value={"source_id": 7}, request_only=True),
        OpenApiExample("A copy for a province", value={"source_id": 7, "region_code": "330000"}, request_only=True),
        OpenApiExample("An empty plan", value={"category": "accident", "level": 2}, request_only=True),
    ]
)
class DraftSerializer(serializers.Serializer[Any]):
    """A copy of `source_id`, or an empty plan for a category and level."""

    source_id = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**63 - 1
    )
    category = serializers.ChoiceField(choices=Category.choices, required=False, allow_null=True, default=None)
    level = serializers.ChoiceField(choices=Level.choices, required=False, allow_null=True, default=None)
    region_code = serializers.CharField(max_length=6, required=False, allow_blank=True, allow_null=True, default=None)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    name_en = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class MeasureWriteSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(max_length=40)
    phase = serializers.ChoiceField(choices=Phase.choices)
    name = serializers.CharField(max_length=120)
    name_en = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    instruction = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    instruction_en = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    post = serializers.ChoiceField(choices=Post.choices)
    due_minutes = serializers.IntegerField(min_value=1, max_value=60 * 24 * 365)
    kind = serializers.ChoiceField(choices=MeasureKind.choices, required=False, default=MeasureKind.CHECKLIST)
    params = serializers.DictField(child=serializers.JSONField(), required=False, default=dict)
    after = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)
    needs_approval = serializers.BooleanField(required=False, default=False)


class ContactSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=120)
    name_en = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")
    phone = serializers.CharField(max_length=120, required=False, allow_blank=True, default="")


class SupplySerializer(serializers.Serializer[Any]):
    item = serializers.CharField(max_length=32)
    quantity = serializers.FloatField(min_value=0.001)


class ConditionSerializer(serializers.Serializer[Any]):
    indicator = serializers.CharField(max_length=40)
    at_least = serializers.FloatField(min_value=0)


@extend_schema_serializer(examples=[OpenApiExample("A whole plan", value=WRITE_EXAMPLE, request_only=True)])
class PlanWriteSerializer(serializers.Serializer[Any]):
    """Fields that are left out stay as they are; `measures`, when given, replaces all of them in this order."""

    name = serializers.CharField(max_length=120, required=False)
    name_en = serializers.CharField(max_length=120, required=False, allow_blank=True)
    contacts = ContactSerializer(many=True, required=False)
    supplies = SupplySerializer(many=True, required=False)
    legal_clocks = serializers.ListField(child=serializers.CharField(max_length=40), required=False)
    auto_start = serializers.BooleanField(required=False)
    auto_conditions = ConditionSerializer(many=True, required=False)
    measures = MeasureWriteSerializer(many=True, required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        texts = {
            name: serializers.CharField(max_length=LONGEST_TEXT, required=False, allow_blank=True) for name in TEXTS
        }
        return {**super().get_fields(), **texts}


class SendBackSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=4000, help_text="What has to be changed.")


class PairSerializer(serializers.Serializer[Any]):
    change = serializers.ChoiceField(choices=["same", "added", "removed", "changed"])
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class TextChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    paragraphs = PairSerializer(many=True)


class FieldChangeSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)


class MeasureChangeSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    change = serializers.ChoiceField(choices=["added", "removed", "changed"])
    name = serializers.CharField()
    name_en = serializers.CharField()
    fields = FieldChangeSerializer(many=True)  # type: ignore[assignment]


class DifferenceSerializer(serializers.Serializer[Any]):
    """From the first plan of the address to the second."""

    texts = TextChangeSerializer(many=True)
    measures = MeasureChangeSerializer(many=True)
    reordered = serializers.BooleanField()
    contacts = PairSerializer(many=True)
    supplies = PairSerializer(many=True)
    legal_clocks = PairSerializer(many=True)
    auto = PairSerializer(many=True)


class CoverageCellSerializer(serializers.Serializer[Any]):
    """`runs` is the plan that a response would run; null is the generic minimum: a gap."""

    category = serializers.ChoiceField(choices=Category.choices)
    level = serializers.ChoiceField(choices=Level.choices)
    fit = serializers.ChoiceField(choices=[OWN, WIDER, GENERIC])
    runs = serializers.IntegerField(allow_null=True)
    runs_version = serializers.IntegerField(allow_null=True)
    draft = serializers.IntegerField(allow_null=True)
    narrower = serializers.ListField(child=serializers.CharField())
    gap = serializers.BooleanField()


class CoverageSerializer(serializers.Serializer[Any]):
    region = serializers.CharField(allow_blank=True)
    gaps = serializers.IntegerField()
    cells = CoverageCellSerializer(many=True)


class RuleVersionSerializer(serializers.ModelSerializer[RuleVersion]):
    class Meta:
        model = RuleVersion
        fields = ["area", "number", "note", "made_by", "made_at", "content"]
        read_only_fields = fields


LIMITS = {"4": 0.02, "3": 0.05, "2": 0.15, "1": 0.3}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The severity matrix (one row shown)",
            value={
                "note": "2026 防汛演练后调整",
                "content": [
                    {"code": "lane_share", "group": "lanes", "name": "受阻线路占比", "name_en": "active lanes blocked",
                     "unit": "share", "measured": True, "limits": LIMITS},
                ],
            },
            request_only=True,
        ),
        OpenApiExample(
            "The call-out ladder",
            value={
                "note": "先发短信",
                "content": [
                    {"after_minutes": 0, "kind": "channel", "value": "sms"},
                    {"after_minutes": 4, "kind": "channel", "value": "voice"},
                    {"after_minutes": 8, "kind": "alternate", "value": "1"},
                ],
            },
            request_only=True,
        ),
    ]
)  # fmt: skip
class RulesWriteSerializer(serializers.Serializer[Any]):
    """All rows of the area, as GET gives them."""

    content = serializers.ListField(child=serializers.DictField(child=serializers.JSONField(allow_null=True)))
    note = serializers.CharField(max_length=400, help_text="Why the rules are changed.")


AREAS = RuleArea.values
