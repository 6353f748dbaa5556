"""What systems outside are told of rerouting, read from the journal.

The reader hands on only what is surely committed, by the same horizon as the feed of assignments: whoever pulls when
told finds the rows there. Exercises are never told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dispatch.models import RerouteRun
from journal.models import Entry
from journal.reader import Reader
from notifications.operations import send_event

FIGURES = {
    "reroute.proposed": ("orders", "assigned", "unroutable", "cost_before", "cost_after", "waves"),
    "reroute.approved": ("orders", "waves"),
    "reroute.applied": ("applied", "skipped", "unroutable"),
    "reroute.rolled_back": ("restored", "kept"),
    "reroute.wave_applied": ("wave", "applied", "skipped"),
    "reroute.wave_rolled_back": ("wave", "restored", "kept"),
}
TOLD = {"reroute.wave_applied": "wave.applied"}
# Those that put rows into the feed, and the figure that says how many.
FED = {"reroute.wave_applied": "applied", "reroute.rolled_back": "restored", "reroute.wave_rolled_back": "restored"}
PLACES = {"region": "regions", "warehouse": "warehouses", "carrier": "carriers", "lane": "lanes"}
MOST_PLACES = 200


def tell(entry: Entry) -> None:
    """Tell what one entry of the journal is about, each of its events once (the key is the entry's id)."""
    if entry.exercise is None:
        HANDLERS[entry.kind](entry)


def send(entry: Entry, kind: str, payload: Mapping[str, Any]) -> None:
    send_event(
        kind=kind,
        payload={"reference": entry.reference, **payload},
        key=f"journal:{entry.pk}:{kind}",
        happened_at=entry.occurred_at,
    )


def tell_run(entry: Entry) -> None:
    known = entry.payload
    payload = {"reroute": known.get("run"), **{name: known[name] for name in FIGURES[entry.kind] if name in known}}
    if kind := TOLD.get(entry.kind, "" if entry.kind == "reroute.wave_rolled_back" else entry.kind):
        send(entry, kind, payload)
    orders = known.get(FED.get(entry.kind, ""), 0)
    if orders:
        # The entry was written in the transaction of its assignments: both have its position in the order of commits.
        cursor = f"{entry.position}.0"
        send(entry, "assignments.available", {"reroute": known.get("run"), "orders": orders, "after": cursor})


def tell_closed(entry: Entry) -> None:
    places: dict[str, list[object]] = {}
    for mention in entry.payload.get("scope", [])[:MOST_PLACES]:
        prefix, _colon, key = str(mention).partition(":")
        if prefix in PLACES:
            places.setdefault(PLACES[prefix], []).append(int(key) if prefix == "lane" and key.isdigit() else key)
    counts = {"lanes_closed": entry.payload.get("lanes", 0), "warehouses_closed": entry.payload.get("warehouses", 0)}
    send(entry, "network.closed", {"scope": places, **counts})


def tell_reopened(entry: Entry) -> None:
    counts = {"lanes_opened": entry.payload.get("lanes", 0), "warehouses_opened": entry.payload.get("warehouses", 0)}
    send(entry, "network.reopened", counts)


def tell_refused(entry: Entry) -> None:
    runs = entry.payload.get("runs", [])
    if not entry.payload.get("refused") or not runs:
        return
    references = sorted(set(RerouteRun.objects.filter(pk__in=runs).values_list("reference", flat=True)))
    figures = {"refused": entry.payload["refused"], "restored": entry.payload.get("restored", 0), "reroutes": runs}
    send(entry, "orders.refused", {**figures, "references": references})


HANDLERS: dict[str, Callable[[Entry], None]] = {
    **dict.fromkeys(FIGURES, tell_run),
    "dispatch.scope_closed": tell_closed,
    "dispatch.scope_reopened": tell_reopened,
    "dispatch.assignments_answered": tell_refused,
}

reader = Reader("webhooks of dispatch", list(HANDLERS), tell)
