"""Any list of dispatch as an Excel file. None of them holds who an order is for."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any, cast

from django.db.models import BigIntegerField, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.http import FileResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from dispatch.excel import MEDIA, MOST_ROWS, Book, Column, Value, write_book
from dispatch.models import (
    AffectedSet,
    Assignment,
    AssignmentKind,
    Lane,
    Order,
    OrderState,
    Outcome,
    Proposal,
    RerouteRun,
    RerouteWave,
    Stock,
    StockReservation,
    WaveState,
    Zone,
)
from dispatch.queries import visible_orders
from dispatch.queries.affected_rows import CHANGES, set_page
from dispatch.queries.detours import detour_rows
from dispatch.queries.network import closed_lanes
from dispatch.queries.reroutes import require_written
from dispatch.queries.search import Search
from dispatch.views import filters
from journal import clock

CHUNK = 2_000
NO_KEY = 2**63 - 1
Row = Sequence[Value]


def download(request: StaffRequest, title: str, columns: list[Column], rows: Iterable[Row]) -> FileResponse:
    """The rows as a file of this title, with a sheet that says what was asked for, by whom and when."""
    now = timezone.localtime(clock.now())
    asked = "; ".join(f"{name} = {value}" for name, value in sorted(request.GET.items()) if value)
    book = Book(
        title=title,
        columns=columns,
        zone=timezone.get_current_timezone(),
        notes=[
            (_("List"), title),
            (_("Made at"), date_format(now, "Y-m-d H:i:s")),
            (_("Time zone"), timezone.get_current_timezone_name()),
            (_("Made by"), request.user.get_username()),
            (_("Filters"), asked or _("none")),
            (_("Most rows"), _("%(most)s rows; narrow the filters to see the rest.") % {"most": f"{MOST_ROWS:,}"}),
        ],
        notes_title=_("About this list"),
        too_long=_("Only the first %(most)s rows are here. Narrow the filters to see the rest.")
        % {"most": f"{MOST_ROWS:,}"},
    )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    write_book(cast("IO[bytes]", file), book, rows)
    file.seek(0)
    name = f"{slugify(title, allow_unicode=True) or 'list'}-{now:%Y%m%d-%H%M}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=MEDIA)


def in_pages(page: Any) -> Iterator[Any]:
    """Every id of a paged list: `page(after)` gives a Found or SetPage."""
    after = ""
    while True:
        found = page(after)
        yield found
        if not found.next:
            return
        after = found.next


def order_columns() -> list[Column]:
    return [
        Column(_("Order"), width=22),
        Column(_("State"), width=12),
        Column(_("Destination"), width=18),
        Column(_("Region code"), width=12),
        Column(_("Warehouse"), width=18),
        Column(_("Carrier"), width=14),
        Column(_("Lane"), "whole", 10),
        Column(pgettext("order", "Service"), width=12),
        Column(_("Weight, kg"), "number", 12),
        Column(_("Units"), "whole", 10),
        Column(_("Value, yuan"), "number", 14),
        Column(_("Priority"), "whole", 10),
        Column(_("Ordered at"), "moment", 17),
        Column(_("Promise"), "moment", 17),
        Column(_("First promise"), "moment", 17),
        Column(pgettext("order", "Dispatched"), "moment", 17),
        Column(pgettext("order time", "Delivered"), "moment", 17),
        Column(_("Planned for"), "day", 12),
        Column(_("Version"), "whole", 10),
    ]


def order_cells(order: Order) -> Row:
    return (
        *(order.external_id, str(OrderState(order.state).label), order.region.label, order.region_id),
        order.warehouse.label if order.warehouse else None,
        order.carrier.label if order.carrier else None,
        *(order.lane_id, order.service_level, order.weight, order.quantity, order.value, order.priority),
        *(order.ordered_at, order.promise_at, order.first_promise_at, order.dispatched_at, order.delivered_at),
        *(order.planned_on, order.version),
    )


@needs(Permission.VIEW)
@require_GET
def orders(request: StaffRequest) -> FileResponse:
    """The order list with its filters."""
    search = Search(request.actor, filters.order_filter(filters.given(request)))

    def rows() -> Iterator[Row]:
        for found in in_pages(lambda after: search.page(CHUNK, after)):
            kept = Order.objects.select_related("region", "warehouse", "carrier").in_bulk(found.ids)
            for pk in found.ids:
                if pk in kept:
                    yield order_cells(kept[pk])

    return download(request, _("Orders"), order_columns(), rows())


@needs(Permission.VIEW)
@require_GET
def affected(request: StaffRequest, pk: int) -> FileResponse:
    """The orders of a frozen set with its filters."""
    frozen = get_object_or_404(AffectedSet, pk=min(pk, NO_KEY))
    given = filters.given(request, "transit", "change")
    given["state"] = ""
    wanted = filters.order_filter(given)
    columns = [
        Column(_("Order"), width=22),
        Column(_("State now"), width=12),
        Column(_("In transit"), width=10),
        Column(_("Destination"), width=18),
        Column(_("Region code"), width=12),
        Column(_("Warehouse when frozen"), width=20),
        Column(_("Carrier when frozen"), width=18),
        Column(_("Lane when frozen"), "whole", 12),
        Column(_("Value, yuan"), "number", 14),
        Column(_("Priority"), "whole", 10),
        Column(_("Promise"), "moment", 17),
        Column(_("Version when frozen"), "whole", 12),
    ]

    def page(after: str) -> Any:
        return set_page(
            request.actor,
            frozen,
            wanted,
            in_transit={"yes": True, "no": False}.get(given["transit"]),
            change=given["change"] if given["change"] in CHANGES and frozen.version > 1 else "",
            after=after,
            size=CHUNK,
        )

    def rows() -> Iterator[Row]:
        for found in in_pages(page):
            for row in found.rows:
                order = row.order
                yield (
                    *(order.external_id, str(OrderState(order.state).label), _("yes") if row.in_transit else ""),
                    *(order.region.label, order.region_id, row.warehouse.label if row.warehouse else None),
                    *(row.carrier.label if row.carrier else None, row.lane_id, order.value, order.priority),
                    *(order.promise_at, row.order_version),
                )

    title = _("Affected orders, version %(version)s") % {"version": frozen.version}
    return download(request, title, columns, rows())


@needs(Permission.VIEW)
@require_GET
def lanes(request: StaffRequest) -> FileResponse:
    """All lanes, with the filters of the network page but for the state."""
    found = Lane.objects.select_related("warehouse", "region", "carrier").order_by("pk")
    for name in ("warehouse", "region", "carrier"):
        if value := request.GET.get(name, "").replace("\x00", ""):
            found = found.filter(**{f"{name}_id": value}) if name != "region" else of_region(found, value)
    shut = set(closed_lanes())
    columns = [
        Column(_("Lane"), "whole", 10),
        Column(_("Warehouse"), width=18),
        Column(_("Destination"), width=18),
        Column(_("Region code"), width=12),
        Column(_("Carrier"), width=14),
        Column(pgettext("order", "Service"), width=12),
        Column(_("Hours on the way"), "whole", 12),
        Column(_("Cut-off"), width=10),
        Column(_("Orders a day"), "whole", 12),
        Column(_("State"), width=12),
    ]
    rows = (
        (
            *(lane.pk, lane.warehouse.label, lane.region.label, lane.region_id, lane.carrier.label),
            *(lane.service_level, lane.transit_hours, lane.cutoff.strftime("%H:%M") if lane.cutoff else None),
            *(lane.daily_capacity, _("closed") if lane.pk in shut else str(lane.get_state_display())),
        )
        for lane in found.iterator(CHUNK)
    )
    return download(request, _("Lanes"), columns, rows)


def of_region(found: QuerySet[Lane], code: str) -> QuerySet[Lane]:
    from dispatch.scope import covered_regions, six_digits

    return found.filter(region_id__in=covered_regions([six_digits(code)]))


@needs(Permission.VIEW)
@require_GET
def stock(request: StaffRequest) -> FileResponse:
    """What the warehouses have to give."""
    columns = [
        Column(_("Warehouse"), width=18),
        Column(_("Product"), width=24),
        Column(_("Units"), "whole", 12),
        Column(_("Held by reroutes"), "whole", 12),
        Column(pgettext("stock", "As of"), "moment", 17),
        Column(_("Version"), "whole", 12),
    ]
    held = StockReservation.objects.filter(
        warehouse=OuterRef("warehouse"), product=OuterRef("product"), released_at=None
    )
    total = held.order_by().values("product").annotate(units=Sum("units")).values("units")
    found = Stock.objects.select_related("warehouse").order_by("warehouse_id", "product")
    found = found.annotate(held=Coalesce(Subquery(total), 0, output_field=BigIntegerField()))
    if request.actor.warehouses:
        found = found.filter(warehouse_id__in=request.actor.warehouses)
    rows = ((s.warehouse.label, s.product, s.quantity, s.held, s.updated_at, s.version) for s in found.iterator(CHUNK))
    return download(request, _("Stock"), columns, rows)


@needs(Permission.VIEW)
@require_GET
def proposals(request: StaffRequest, pk: int) -> FileResponse:
    """What a reroute proposes for each order, or why it has none."""
    run = get_object_or_404(RerouteRun, pk=min(pk, NO_KEY))
    require_written(run)
    columns = [
        Column(_("Order"), width=22),
        Column(_("Outcome"), width=30),
        Column(_("Wave"), "whole", 8),
        Column(_("Destination"), width=18),
        Column(_("New warehouse"), width=18),
        Column(_("New carrier"), width=14),
        Column(_("New lane"), "whole", 10),
        Column(_("Cost, yuan"), "number", 12),
        Column(_("Cost before, yuan"), "number", 14),
        Column(_("On time"), width=10),
        Column(_("Promise"), "moment", 17),
    ]
    found = Proposal.objects.filter(run=run).order_by("wave", "order_id")
    found = found.select_related("order__region", "lane__carrier", "lane__warehouse", "warehouse")
    if request.actor.regions or request.actor.warehouses:
        found = found.filter(order__in=visible_orders(request.actor))
    on_time = {True: _("yes"), False: _("no"), None: ""}

    def rows() -> Iterator[Row]:
        for row in found.iterator(CHUNK):
            house = row.lane.warehouse if row.lane else row.warehouse
            yield (
                *(row.order.external_id, str(Outcome(row.outcome).label), row.wave or None, row.order.region.label),
                *(house.label if house else None, row.lane.carrier.label if row.lane else None, row.lane_id),
                yuan(row.cost, run.scale),
                yuan(row.cost_before, run.scale),
                *(on_time[row.on_time], row.order.promise_at),
            )

    return download(request, _("Proposals of reroute %(run)s") % {"run": run.pk}, columns, rows())


@needs(Permission.VIEW)
@require_GET
def detours(request: StaffRequest, pk: int) -> FileResponse:
    """What a reroute tells each order in transit."""
    run = get_object_or_404(RerouteRun, pk=min(pk, NO_KEY))
    columns = [
        Column(_("Order"), width=22),
        Column(_("Destination"), width=18),
        Column(_("Instruction"), width=16),
        Column(_("What the order is told"), width=60),
        Column(_("Where it should be"), width=36),
        Column(_("Reason"), width=44),
        Column(_("Hub"), width=12),
        Column(_("New lane"), "whole", 10),
        Column(_("Wave"), "whole", 8),
        Column(pgettext("order", "Dispatched"), "moment", 17),
        Column(_("Promise"), "moment", 17),
    ]

    def rows() -> Iterator[Row]:
        after = 0
        while page := detour_rows(run, after=after, limit=CHUNK):
            seen = visible_orders(request.actor).select_related("region").in_bulk([row.order_id for row in page])
            for row in page:
                if order := seen.get(row.order_id):
                    yield (
                        *(row.order, order.region.label, row.step_name, row.advice, row.place, row.why, row.hub),
                        *(row.lane, row.wave, order.dispatched_at, order.promise_at),
                    )
            after = page[-1].order_id

    return download(request, _("Orders in transit of reroute %(run)s") % {"run": run.pk}, columns, rows())


def yuan(cost: int | None, scale: int) -> float | None:
    return None if cost is None else round(cost / scale, 4)


@needs(Permission.VIEW)
@require_GET
def waves(request: StaffRequest, pk: int) -> FileResponse:
    """The waves of a reroute."""
    run = get_object_or_404(RerouteRun, pk=min(pk, NO_KEY))
    columns = [
        Column(_("Wave"), "whole", 8),
        Column(_("Zone"), width=24),
        Column(_("State"), width=16),
        Column(_("Orders"), "whole", 12),
        Column(pgettext("wave", "Applied"), "whole", 12),
        Column(_("Skipped"), "whole", 12),
        Column(_("Applied at"), "moment", 17),
        Column("SHA-256", width=66),
    ]
    rows = (
        (
            *(wave.number, str(Zone(wave.zone).label), str(WaveState(wave.state).label), wave.orders, wave.applied),
            *(wave.skipped, wave.applied_at, wave.sha256),
        )
        for wave in RerouteWave.objects.filter(run=run).order_by("number")
    )
    return download(request, _("Waves of reroute %(run)s") % {"run": run.pk}, columns, rows)


@needs(Permission.VIEW)
@require_GET
def assignments(request: StaffRequest, pk: int) -> FileResponse:
    """The assignments that a reroute made, with the order system's answers."""
    run = get_object_or_404(RerouteRun, pk=min(pk, NO_KEY))
    columns = [
        Column(_("Assignment"), "whole", 12),
        Column(_("Kind"), width=12),
        Column(_("Order"), width=22),
        Column(_("Order version"), "whole", 10),
        Column(_("Wave"), "whole", 8),
        Column(_("Warehouse"), width=18),
        Column(_("Carrier"), width=14),
        Column(_("Lane"), "whole", 10),
        Column(_("Made at"), "moment", 17),
        Column(_("Answer"), width=12),
        Column(_("Reason"), width=40),
    ]
    found = Assignment.objects.filter(run=run).order_by("id")
    found = found.select_related("order", "warehouse", "carrier", "answer")
    if request.actor.regions or request.actor.warehouses:
        found = found.filter(order__in=visible_orders(request.actor))

    def rows() -> Iterator[Row]:
        for row in found.iterator(CHUNK):
            answer = getattr(row, "answer", None)
            said = "" if answer is None else _("accepted") if answer.accepted else _("refused")
            yield (
                *(row.pk, str(AssignmentKind(row.kind).label), row.order.external_id, row.order_version, row.wave),
                *(row.warehouse.label if row.warehouse else None, row.carrier.label if row.carrier else None),
                *(row.lane_id, row.made_at, said, answer.reason if answer else None),
            )

    return download(request, _("Assignments of reroute %(run)s") % {"run": run.pk}, columns, rows())
