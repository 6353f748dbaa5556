"""Sheets in which parts of the network are added, changed and retired."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from dataclasses import field as made_by
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.http import StaffRequest, needs
from accounts.roles import Permission
from accounts.views.answers import done
from dispatch.models import Carrier, Hub, HubKind, Region, Warehouse, WorkCalendar
from dispatch.operations.parts import BadPart, add_part, change_part, restore_part, retire_part
from dispatch.parts import KINDS, Child, Field, Kind
from dispatch.parts.reading import texts_of
from dispatch.parts.world import Key, read
from dispatch.queries.network import rows
from journal.kinds import names_in
from journal.numbers import whole
from journal.refusal import AlreadyDone, Refusal

BLANK_ROWS, MOST_ROWS = 2, 80
Choices = list[tuple[str, str]]


@dataclass
class Input:
    """A field as the sheet asks for it."""

    field: Field
    name: str
    value: str
    choices: Choices | None = None
    errors: list[str] = made_by(default_factory=list)
    fixed: bool = False

    @property
    def id(self) -> str:
        return f"part-{self.name}"


@dataclass
class Rows:
    """A child's rows, with some blank ones at the end."""

    child: Child
    lines: list[list[Input]]


@needs(Permission.MANAGE_NETWORK)
@require_http_methods(["GET", "POST"])
def part_add(request: StaffRequest, kind: str) -> HttpResponse:
    """A new thing."""
    sort = kind_or_404(kind)

    def act(values: dict[str, Any]) -> str:
        key = add_part(kind=kind, values=values, by=request.actor)
        return _("Added: %(thing)s") % {"thing": names_in([f"{kind}:{key}"]).get(f"{kind}:{key}", key)}

    preset = {f.name: request.GET.get(f.name, "") for f in sort.fields}
    return answer(request, sort, None, preset, act)


@needs(Permission.MANAGE_NETWORK)
@require_http_methods(["GET", "POST"])
def part_change(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    """What a thing is, and what it is to be."""
    sort = kind_or_404(kind)
    found_key, texts = found(sort, key)

    def act(values: dict[str, Any]) -> str:
        version = whole(request.POST.get("version", ""), digits=9)
        changed = change_part(kind=kind, key=found_key, values=values, by=request.actor, expected_version=version)
        return _("Changed") if changed else _("Nothing was changed")

    return answer(request, sort, found_key, texts, act)


@needs(Permission.MANAGE_NETWORK)
@require_POST
def part_retire(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    """Take a thing out of use."""
    sort = kind_or_404(kind)
    found_key, _texts = found(sort, key)
    retire_part(kind=kind, key=found_key, by=request.actor)
    return done(_("Retired"))


@needs(Permission.MANAGE_NETWORK)
@require_GET
def part_retired(request: StaffRequest, kind: str) -> HttpResponse:
    """What was taken out of use, newest first, each with a way back."""
    sort = kind_or_404(kind)
    if not sort.retirable:
        raise Http404
    gone = list(sort.model._default_manager.exclude(retired_at=None).order_by("-retired_at")[: MOST_ROWS + 1])
    names = names_in([f"{kind}:{thing.pk}" for thing in gone])
    things = [(thing, names.get(f"{kind}:{thing.pk}", str(thing))) for thing in gone[:MOST_ROWS]]
    context = {"kind": sort, "things": things, "more": len(gone) > MOST_ROWS, "most": MOST_ROWS}
    return render(request, "dispatch/part_retired.html", context)


@needs(Permission.MANAGE_NETWORK)
@require_POST
def part_restore(request: StaffRequest, kind: str, key: str) -> HttpResponse:
    """Bring a retired thing back into use, as it was."""
    sort = kind_or_404(kind)
    found_key, _texts = found(sort, key)
    restore_part(kind=kind, key=found_key, by=request.actor)
    return done(_("Back in use"))


def kind_or_404(kind: str) -> Kind:
    if kind not in KINDS:
        raise Http404
    return KINDS[kind]


def found(kind: Kind, key: str) -> tuple[Key, dict[str, Any]]:
    """The thing's key and its values as texts."""
    if kind.numbered and not (key.isascii() and key.isdigit() and len(key) < 19):
        raise Http404
    wanted: Key = int(key) if kind.numbered else key.replace("\x00", "")
    records, _retired = read(kind, wanted)
    if wanted not in records:
        raise Http404
    return wanted, texts_of(kind, records[wanted])


def answer(
    request: StaffRequest, kind: Kind, key: Key | None, texts: Mapping[str, Any], act: Callable[[dict[str, Any]], str]
) -> HttpResponse:
    """GET shows the sheet; POST acts, or shows it again with what is wrong where."""
    if request.method != "POST":
        return show(request, kind, key, texts)
    values, places = sent(request, kind)
    if key is not None and not kind.numbered:
        values[kind.key] = key
    try:
        return done(act(values))
    except AlreadyDone:
        return done()
    except BadPart as refusal:
        errors: dict[str, list[str]] = {}
        for fault in refusal.faults:
            row = places.get(fault.child, [])
            at = row[min(fault.row, len(row) - 1)] if row else 0
            name = f"{fault.child}-{at}-{fault.field}" if fault.child else fault.field
            errors.setdefault(name, []).append(fault.message)
        return show(request, kind, key, filled(request, kind), errors=errors, status=422)
    except Refusal as refusal:
        return show(request, kind, key, filled(request, kind), refusal=str(refusal), status=refusal.status)


def sent(request: StaffRequest, kind: Kind) -> tuple[dict[str, Any], dict[str, list[int]]]:
    """What was filled in, blank rows left out, and which row of the sheet each kept row was."""
    values: dict[str, Any] = {f.name: request.POST.get(f.name, "") for f in kind.fields}
    places: dict[str, list[int]] = {}
    for child in kind.children:
        lines, kept = [], []
        for number, line in enumerate(filled_rows(request, child)):
            # A leg's mode and a choice of yes or no are never blank: what counts is whether anything was typed.
            if any(text for name, text in line.items() if name not in ("works",)):
                lines.append(line)
                kept.append(number)
        values[child.name], places[child.name] = lines, kept
    return values, places


def filled(request: StaffRequest, kind: Kind) -> dict[str, Any]:
    texts: dict[str, Any] = {f.name: request.POST.get(f.name, "") for f in kind.fields}
    return texts | {child.name: filled_rows(request, child) for child in kind.children}


def filled_rows(request: StaffRequest, child: Child) -> list[dict[str, str]]:
    lines = []
    for number in range(MOST_ROWS):
        names = [f"{child.name}-{number}-{f.name}" for f in child.fields]
        if not any(name in request.POST for name in names):
            break
        lines.append({f.name: request.POST.get(name, "") for f, name in zip(child.fields, names, strict=True)})
    return lines


def show(
    request: StaffRequest,
    kind: Kind,
    key: Key | None,
    texts: Mapping[str, Any],
    *,
    errors: Mapping[str, list[str]] | None = None,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    wrong = errors or {}
    things = choices_of(kind)
    inputs = [
        Input(f, f.name, str(texts.get(f.name) or ""), options(f, things), wrong.get(f.name, []), fixed(kind, key, f))
        for f in kind.fields
    ]
    groups = []
    for child in kind.children:
        filled_in = list(texts.get(child.name) or [])
        if errors is None and not refusal:
            filled_in += [{}] * BLANK_ROWS
        lines = []
        for number, line in enumerate(filled_in):
            names = [f"{child.name}-{number}-{f.name}" for f in child.fields]
            lines.append(
                [
                    Input(f, name, str(line.get(f.name) or ""), options(f, things, rows=True), wrong.get(name, []))
                    for f, name in zip(child.fields, names, strict=True)
                ]
            )
        groups.append(Rows(child, lines))
    version = None
    if key is not None and kind.retirable:
        ((version,),) = rows(f"SELECT version FROM {kind.table} WHERE {kind.key} = %(key)s", key=key)
    label = names_in([f"{kind.name}:{key}"]).get(f"{kind.name}:{key}", str(key)) if key is not None else ""
    context = {
        "kind": kind,
        "key": key,
        "label": label,
        "inputs": inputs,
        "groups": groups,
        "version": version,
        "refusal": refusal,
        "regions": [(row.code, row.label) for row in Region.objects.order_by("code")],
        "seen": request.POST.get("version") or version,
        "topic": f"{kind.name}:{key}",
    }
    return render(request, "dispatch/part_sheet.html", context, status=status)


def fixed(kind: Kind, key: Key | None, f: Field) -> bool:
    return key is not None and not kind.numbered and f.name == kind.key


def choices_of(kind: Kind) -> dict[str, Choices]:
    """What the fields of a kind may name; regions are too many for a list and are typed."""
    wanted = {f.names for fields in (kind.fields, *(child.fields for child in kind.children)) for f in fields}
    models: dict[str, type[Any]] = {"warehouse": Warehouse, "carrier": Carrier, "calendar": WorkCalendar, "hub": Hub}
    return {
        name: [
            (row.pk, f"{row.pk} {row.label}") for row in model._default_manager.filter(retired_at=None).order_by("pk")
        ]
        for name, model in models.items()
        if name in wanted
    } | ({"road": roads(True), "stop": roads(False)} if kind.name == "lane" else {})


def rows_in_use(model: type[Any]) -> Any:
    return model.objects.filter(retired_at=None).order_by("pk")


def roads(only: bool) -> Choices:
    hubs = Hub.objects.filter(retired_at=None)
    found = hubs.filter(kind=HubKind.ROAD) if only else hubs.exclude(kind=HubKind.ROAD)
    return [(row.code, f"{row.code} {row.label}") for row in found.order_by("code")]


def options(f: Field, things: Mapping[str, Choices], *, rows: bool = False) -> Choices | None:
    """What a field may be, with a blank choice where it may be blank; None for what is typed."""
    if f.kind == "yes":
        return [("yes", _("yes")), ("no", _("no"))]
    if f.choices is not None:
        found = [(str(value), str(label)) for value, label in f.choices.choices]
    elif f.names == "hub" and rows:
        found = things["road" if f.name == "road" else "stop"]
    elif f.names in things:
        found = things[f.names]
    else:
        return None
    return found if f.required and not rows else [("", "—"), *found]
