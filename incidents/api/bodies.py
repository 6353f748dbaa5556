"""What the REST interface of command takes: the bodies of its requests."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from incidents.models import Category, Level, OfficialClass, WarningColor


class ScopeSerializer(serializers.Serializer[Any]):
    """What part of the network is hit: codes of regions (GB/T 2260), warehouses, carriers and hubs, ids of
    lanes."""

    regions = serializers.ListField(child=serializers.CharField(max_length=32), required=False, max_length=10_000)
    warehouses = serializers.ListField(child=serializers.CharField(max_length=32), required=False, max_length=10_000)
    carriers = serializers.ListField(child=serializers.CharField(max_length=32), required=False, max_length=10_000)
    hubs = serializers.ListField(child=serializers.CharField(max_length=32), required=False, max_length=10_000)
    lanes = serializers.ListField(child=serializers.IntegerField(min_value=1), required=False, max_length=10_000)


class Figures(serializers.DictField):
    """Indicators of the severity matrix: {"cities": 3, "outage_it": 45, "lane_share": 0.17}."""

    child = serializers.FloatField(min_value=0, allow_null=True)


class ReportSerializer(serializers.Serializer[Any]):
    title = serializers.CharField(max_length=120)
    category = serializers.ChoiceField(choices=Category.choices)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    site = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    scope = ScopeSerializer(required=False)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    indicators = Figures(required=False, default=dict)
    official_class = serializers.ChoiceField(
        choices=OfficialClass.choices, required=False, allow_blank=True, default=""
    )
    warning_color = serializers.ChoiceField(choices=WarningColor.choices, required=False, allow_blank=True, default="")
    legal_clocks = serializers.ListField(child=serializers.CharField(max_length=40), required=False, default=list)


class GradeSerializer(serializers.Serializer[Any]):
    indicators = Figures(required=False, default=dict)


@extend_schema_serializer(
    examples=[OpenApiExample("Level Ⅱ until tomorrow", {"level": 2, "expected_end_at": "2026-08-11T08:00:00+08:00"})]
)
class RespondSerializer(serializers.Serializer[Any]):
    """`level` defaults to the grade; `expected_end_at` goes into the notice (none: until further notice)."""

    level = serializers.ChoiceField(choices=Level.choices, required=False, allow_null=True, default=None)
    expected_end_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class EstimateSerializer(serializers.Serializer[Any]):
    """Customers who were told another estimate get a follow-up, once customer service lets it go."""

    expected_end_at = serializers.DateTimeField()


class VerifySerializer(serializers.Serializer[Any]):
    """A reported incident is graded at once, unless `grade` is false."""

    grade = serializers.BooleanField(required=False, default=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Prepare for level Ⅲ", {"level": 3, "heed": "台风橙色预警（浙江省气象台）", "actions": "加固库门，货物垫高"}
        )
    ]
)
class WarnSerializer(serializers.Serializer[Any]):
    """`level` says whose plan is prepared: by default the grade, or 3 when a red or orange warning is near. `heed` and
    `actions` are what the notice says (突发事件应对法 Art. 64)."""

    level = serializers.ChoiceField(choices=Level.choices, required=False, allow_null=True, default=None)
    heed = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    actions = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")


class LevelSerializer(serializers.Serializer[Any]):
    level = serializers.ChoiceField(choices=Level.choices)
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class ReasonSerializer(serializers.Serializer[Any]):
    reason = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")


class CloseSerializer(ReasonSerializer):
    """`reopen_lanes`: open what is still closed for the incident; false leaves it closed. `end_openings`: put the
    warehouses that were opened for it back on standby."""

    skip_open = serializers.BooleanField(required=False, default=False)
    reopen_lanes = serializers.BooleanField(required=False, default=True)
    end_openings = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(
    examples=[OpenApiExample("It flared up again", {"reason": "仓库再次进水", "close_lanes": True})]
)
class ReopenSerializer(serializers.Serializer[Any]):
    """`close_lanes`: close the lanes and warehouses of the scope once more."""

    reason = serializers.CharField(max_length=2000)
    close_lanes = serializers.BooleanField(required=False, default=False)


@extend_schema_serializer(
    examples=[OpenApiExample("A duplicate", {"into": 42, "join_scope": True, "reason": "同一起停电"})]
)
class MergeSerializer(ReasonSerializer):
    """`into` is the incident that goes on; `join_scope` makes this one's scope part of that one's."""

    into = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    join_scope = serializers.BooleanField(required=False, default=True)


class ParentSerializer(serializers.Serializer[Any]):
    """The larger incident that this one is part of; null when it stands by itself."""

    parent_id = serializers.IntegerField(min_value=1, max_value=2**31 - 1, allow_null=True)


class ReviewSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)
    skip_open = serializers.BooleanField(required=False, default=False)


class NothingSerializer(serializers.Serializer[Any]):
    """No body is needed."""


class CompleteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")
    done_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class TickSerializer(serializers.Serializer[Any]):
    done = serializers.BooleanField(required=False, default=True)
    done_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class EvidenceSerializer(serializers.Serializer[Any]):
    """`answers` by the codes of the duty's form; leave them out when it was reported without one (a phone call)."""

    evidence = serializers.CharField(max_length=10_000)
    answers = serializers.DictField(
        child=serializers.CharField(max_length=4_000, allow_blank=True), required=False, allow_null=True, default=None
    )
    reported_at = serializers.DateTimeField(required=False, allow_null=True, default=None)


class FactorSerializer(serializers.Serializer[Any]):
    factor = serializers.FloatField(min_value=0.001, max_value=100_000)
