"""What the network is made of, kind by kind, field by field."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Choices, Model
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from dispatch import models
from dispatch.parts import fields as f
from dispatch.parts.fields import Field

MOST = 2_000_000_000


@dataclass(frozen=True)
class Child:
    """Rows that belong to a thing and are replaced together: a lane's legs and rates, a calendar's days."""

    name: str
    label: str | Promise
    table: str
    parent: str
    fields: tuple[Field, ...]
    numbered: bool = False  # rows have a `position` of their own


@dataclass(frozen=True)
class Kind:
    """A kind of thing. `key` is the field that names it; a lane is named by a number that the database gives."""

    name: str
    label: str | Promise
    plural: str | Promise
    model: type[Model]
    key: str
    fields: tuple[Field, ...]
    children: tuple[Child, ...] = ()
    icon: str = "box"
    retirable: bool = True
    numbered: bool = False
    fixed: tuple[tuple[str, str], ...] = ()

    @property
    def table(self) -> str:
        return self.model._meta.db_table

    def field(self, name: str) -> Field:
        return next(field for field in self.fields if field.name == name)

    def child(self, name: str) -> Child:
        return next(child for child in self.children if child.name == name)

    def column(self, name: str) -> str:
        """The table's column of a field."""
        return f"{name}_id" if self.field(name).names else name


def named() -> tuple[Field, ...]:
    return (
        Field("code", _("Code"), f.code, f.plain, required=True),
        Field("name", pgettext_lazy("network", "Name"), f.text(120), f.plain, required=True),
        Field("name_en", _("English name"), f.text(120), f.plain),
    )


def thing(name: str, label: Any, kind: str, *, required: bool = False, note: Any = "") -> Field:
    read = f.code if required else f.code_or_none
    return Field(name, label, read, f.plain, required=required, names=kind, kind="thing", note=note)


def chosen(name: str, label: Any, choices: type[Choices], *, blank: bool = False) -> Field:
    read = f.choice(choices, blank=blank)
    return Field(name, label, read, f.plain, required=not blank, choices=choices, kind="choice")


def count(name: str, label: Any, *, optional: bool = False, most: int = MOST, least: int = 0, note: Any = "") -> Field:
    read = f.whole_or_none(least, most) if optional else f.whole(least, most)
    return Field(name, label, read, f.plain, kind="number", note=note)


def money(name: str, label: Any, *, optional: bool = False) -> Field:
    read = f.decimal_or_none if optional else f.decimal
    return Field(name, label, read, f.show_number, kind="decimal")


def yes(name: str, label: Any) -> Field:
    return Field(name, label, f.yes_no, f.show_yes, kind="yes")


LATITUDE = Field("lat", _("Latitude"), f.between(-90, 90), f.show_number, kind="decimal")
LONGITUDE = Field("lon", _("Longitude"), f.between(-180, 180), f.show_number, kind="decimal")
SERVICE = Field("service_level", _("Service level"), f.text(16), f.plain)
ALL_BLANK = _("Blank for all.")

REGION = Kind(
    "region",
    _("Region"),
    _("Regions"),
    models.Region,
    "code",
    (
        *named(),
        chosen("level", _("Level"), models.RegionLevel),
        thing("parent", _("Lies in"), "region"),
        LATITUDE,
        LONGITUDE,
        yes("core", _("Core region")),
    ),
    icon="map-pin",
    retirable=False,
)
WAREHOUSE = Kind(
    "warehouse",
    _("Warehouse"),
    _("Warehouses"),
    models.Warehouse,
    "code",
    (
        *named(),
        chosen("kind", _("Kind"), models.WarehouseKind),
        thing("region", _("Region"), "region"),
        LATITUDE,
        LONGITUDE,
        count("daily_capacity", _("Orders a day")),
        money("unit_cost", _("Handling cost of a unit, CNY")),
        yes("full_assortment", _("Keeps every product")),
        yes("standby", _("On standby until it is opened")),
        count("lead_hours", _("Hours from opening to use"), most=2000),
    ),
    icon="warehouse",
)
HUB = Kind(
    "hub",
    _("Hub or road"),
    _("Hubs and roads"),
    models.Hub,
    "code",
    (
        *named(),
        chosen("kind", _("Kind"), models.HubKind),
        thing("region", _("Region"), "region"),
        LATITUDE,
        LONGITUDE,
        count("daily_capacity", _("Orders a day"), optional=True),
    ),
    icon="waypoints",
)
CARRIER = Kind(
    "carrier",
    _("Carrier"),
    _("Carriers"),
    models.Carrier,
    "code",
    (*named(), thing("calendar", _("Calendar"), "calendar", note=_("Blank: runs every day."))),
    icon="truck",
)
CALENDAR = Kind(
    "calendar",
    _("Calendar"),
    _("Calendars"),
    models.WorkCalendar,
    "code",
    (
        *named(),
        Field(
            *("weekdays", _("Days of the week"), f.weekdays, f.show_weekdays),
            note=_("1 is Monday: 12345 for working days."),
        ),
        yes("holidays_off", _("Rests on statutory days off")),
    ),
    (
        Child(
            "days",
            _("Single days"),
            "dispatch_calendarday",
            "calendar_id",
            (Field("day", _("Day"), f.day, f.plain, required=True, kind="date"), yes("works", _("Runs"))),
        ),
    ),
    icon="calendar-days",
)
LEGS = Child(
    "legs",
    _("Legs"),
    "dispatch_laneleg",
    "lane_id",
    (
        chosen("mode", _("Mode"), models.Mode),
        thing("hub", _("To the hub"), "hub", note=_("Blank: to the destination.")),
        thing("road", _("By the road"), "hub"),
        count("hours", _("Hours"), optional=True, most=2000),
        count("km", _("Kilometres"), optional=True, most=100_000),
    ),
    numbered=True,
)
RATES = Child(
    "rates",
    _("Rates"),
    "dispatch_lanerate",
    "lane_id",
    (
        money("min_weight", _("From kg")),
        money("max_weight", _("To kg"), optional=True),
        money("minimum", _("At least, CNY")),
        money("rate", _("CNY per kg")),
    ),
)
LANE = Kind(
    "lane",
    _("Lane"),
    _("Lanes"),
    models.Lane,
    "id",
    (
        thing("warehouse", _("Warehouse"), "warehouse", required=True),
        thing("region", _("Destination"), "region", required=True),
        thing("carrier", _("Carrier"), "carrier", required=True),
        replace(SERVICE, required=True),
        Field("origin", _("Leaves from"), f.text(32), f.plain),
        Field("mode", _("Mode"), f.text(16), f.plain, choices=models.Mode),
        count("transit_hours", _("Hours, half arrive"), most=9000, least=0),
        count("p90_hours", _("Hours, nine in ten arrive"), optional=True, most=9000),
        Field("cutoff", _("Cut-off"), f.at_time, f.show_time, kind="time"),
        count("daily_capacity", _("Orders a day"), optional=True, note=_("Blank: no limit.")),
        thing("calendar", _("Calendar"), "calendar", note=_("Blank: its carrier's.")),
        Field("risk", _("Lasting risk, 0 to 1"), f.between(0, 1, blank=0.0), f.show_number, kind="decimal"),
    ),
    (LEGS, RATES),
    icon="route",
    numbered=True,
    fixed=(("state", "open"),),
)
CONTRACT = Kind(
    "contract",
    pgettext_lazy("carrier", "Contract"),
    pgettext_lazy("carrier", "Contracts"),
    models.CarrierContract,
    "number",
    (
        Field("number", _("Number"), f.code, f.plain, required=True),
        thing("carrier", _("Carrier"), "carrier", required=True),
        thing("warehouse", _("Warehouse"), "warehouse", note=ALL_BLANK),
        thing("region", _("Destination"), "region", note=ALL_BLANK),
        replace(SERVICE, note=ALL_BLANK),
        Field("valid_from", _("Valid from"), f.day, f.plain, required=True, kind="date"),
        Field("valid_until", _("Valid until"), f.day_or_none, f.plain, kind="date", note=_("Blank: without end.")),
        count("guaranteed", _("Guaranteed orders a day")),
        count("surge", _("More orders a day on call")),
        money("surge_price", _("Surcharge of these, CNY")),
    ),
    icon="file-signature",
)

# In this sequence they are written: what others name comes first.
KINDS: dict[str, Kind] = {kind.name: kind for kind in (REGION, CALENDAR, CARRIER, HUB, WAREHOUSE, LANE, CONTRACT)}
