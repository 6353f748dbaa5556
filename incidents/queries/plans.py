"""Reads of plans: one as plain data, two compared, and where a response would find none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dispatch.models import Region, Warehouse
from incidents.models import Category, Level, Plan
from incidents.plandiff import Content, Difference, compare
from incidents.planfields import MEASURE_FIELDS, NAMES, TEXTS, covers, narrowest

OWN, WIDER, GENERIC = "own", "wider", "generic"


def content_of(plan: Plan) -> Content:
    """A plan as `plandiff` compares it."""
    return {
        "texts": {name: getattr(plan, name) for name in (*NAMES, *TEXTS)},
        "measures": [
            {name: getattr(row, name) for name in MEASURE_FIELDS} for row in plan.measures.order_by("order", "id")
        ],
        "contacts": plan.contacts,
        "supplies": plan.supplies,
        "legal_clocks": plan.legal_clocks,
        "auto_start": plan.auto_start,
        "auto_conditions": plan.auto_conditions,
    }


def plan_difference(before: Plan, after: Plan) -> Difference:
    return compare(content_of(before), content_of(after))


def in_force(plan: Plan) -> Plan | None:
    """The approved version for exactly this plan's category, level and region."""
    return Plan.objects.filter(
        category=plan.category, level=plan.level, region_code=plan.region_code, state=Plan.State.APPROVED
    ).first()


@dataclass(frozen=True)
class Cell:
    """What a response of a category at a level would run in a region.

    `runs` is the plan (None: the generic minimum); `fit` says whether it is the region's own, a wider one's or none;
    `draft` is the newest version under way for exactly this region; `narrower` are regions inside with plans.
    """

    category: str
    level: int
    runs: Plan | None
    fit: str
    draft: Plan | None
    narrower: tuple[str, ...] = ()

    @property
    def gap(self) -> bool:
        return self.runs is None

    @property
    def level_label(self) -> str:
        return str(Level(self.level).label)


@dataclass(frozen=True)
class CoverageRow:
    category: str
    label: str
    cells: list[Cell]


@dataclass(frozen=True)
class Coverage:
    """Category × level for one region ("" is everywhere)."""

    region: str
    rows: list[CoverageRow]

    @property
    def gaps(self) -> int:
        return sum(cell.gap for row in self.rows for cell in row.cells)


def coverage_regions() -> list[Region]:
    """Regions worth looking at: those with a plan, with a warehouse, and every province of the network."""
    codes = {
        *Plan.objects.exclude(region_code="").exclude(state=Plan.State.RETIRED).values_list("region_code", flat=True),
        *Warehouse.objects.exclude(region=None).values_list("region_id", flat=True),
        *Region.objects.filter(level="province").values_list("code", flat=True),
    }
    return list(Region.objects.filter(code__in=codes).order_by("code"))


def coverage(regions: Iterable[str]) -> list[Coverage]:
    """What would run where, decided as a response decides it (`drawing.choose_plan`)."""
    plans = list(Plan.objects.exclude(state=Plan.State.RETIRED).order_by("-version"))

    def cell(category: str, level: int, region: str) -> Cell:
        here = [plan for plan in plans if plan.category == category and plan.level == level]
        approved = [plan for plan in here if plan.state == Plan.State.APPROVED]
        runs = narrowest(approved, region)
        fit = GENERIC if runs is None else OWN if runs.region_code == region else WIDER
        draft = next((plan for plan in here if plan.region_code == region and plan.state != Plan.State.APPROVED), None)
        inside = {
            plan.region_code for plan in approved if plan.region_code != region and covers(region, plan.region_code)
        }
        return Cell(category, level, runs, fit, draft, tuple(sorted(inside - {""})))

    return [
        Coverage(
            region,
            [
                CoverageRow(code, str(label), [cell(code, level, region) for level in Level.values])
                for code, label in Category.choices
            ],
        )
        for region in regions
    ]
