"""CloudEvents 1.0 over HTTP: structured, binary and batched content modes. No database here.

An event's `type` says what its data is: `fenghuo.order` an order row, `fenghuo.stock` a stock row. Its `source` and
`id` together name it for ever: the same pair is used once.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

import msgspec

from dispatch.intake.reading import MalformedOrders, refuse_more_than_allowed, refuse_too_large, strict
from dispatch.intake.rows import UNSTORABLE, Fault

STRUCTURED, BATCH = "application/cloudevents+json", "application/cloudevents-batch+json"
JSON_TYPES = ("application/json", "text/json")
ORDER, STOCK = "fenghuo.order", "fenghuo.stock"
LONGEST = 255
TEXTS = ("id", "source", "specversion", "type")


@dataclass(frozen=True)
class Event:
    """`index` in the call; `data` is JSON already decoded."""

    index: int
    source: str
    id: str
    type: str
    data: Any


@dataclass
class Events:
    """The events that can be used, and the faults of the others; `single` when one was sent by itself."""

    received: int
    single: bool
    events: list[Event] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)


def read_events(body: bytes, content_type: str, headers: Mapping[str, str]) -> Events:
    """The events of a call, whichever content mode it is in. Raises MalformedOrders and TooManyOrders."""
    refuse_too_large(body)
    media = content_type.partition(";")[0].strip().lower()
    if media == BATCH:
        values = decoded(body)
        if not isinstance(values, list):
            raise MalformedOrders("A batch of events is a JSON array.")
        refuse_more_than_allowed(len(values))
        return collected(values, single=False)
    if media == STRUCTURED:
        return collected([decoded(body)], single=True)
    return collected([binary_event(body, media, headers)], single=True)


def decoded(body: bytes) -> Any:
    try:
        return strict(body)
    except RecursionError as error:
        raise MalformedOrders("The JSON is nested too deeply.") from error
    except ValueError as error:
        raise MalformedOrders(f"Not valid JSON: {error}") from error


def binary_event(body: bytes, media: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Binary mode: the attributes are headers `ce-…`, percent-encoded, the data is the body."""
    attributes: dict[str, Any] = {
        name[3:].lower(): unquote(value) for name, value in headers.items() if name.lower().startswith("ce-")
    }
    if not attributes:
        raise MalformedOrders(
            f"Send {STRUCTURED}, {BATCH}, or the data as application/json with ce-id, ce-source, ce-type and"
            " ce-specversion headers."
        )
    if media and media not in JSON_TYPES and not media.endswith("+json"):
        raise MalformedOrders("The data of an event is JSON: send it as application/json.")
    return {**attributes, "datacontenttype": media, "data": decoded(body)}


def collected(values: list[Any], *, single: bool) -> Events:
    found = Events(received=len(values), single=single)
    for index, value in enumerate(values):
        event = event_of(index, value)
        if isinstance(event, Fault):
            found.faults.append(event)
        else:
            found.events.append(event)
    return found


def event_of(index: int, value: Any) -> Event | Fault:
    if not isinstance(value, dict):
        return Fault(index, "", "invalid_event", "an event is a JSON object", "")
    for name in TEXTS:
        text = value.get(name)
        if not isinstance(text, str) or not 0 < len(text) <= LONGEST or UNSTORABLE.search(text):
            return Fault(index, "", "invalid_event", f"{name} must be a text of 1 to {LONGEST} characters", name)
    if value["specversion"] != "1.0":
        return Fault(index, "", "invalid_event", "only CloudEvents 1.0 is understood", "specversion")
    media = str(value.get("datacontenttype") or JSON_TYPES[0]).partition(";")[0].strip().lower()
    if media not in JSON_TYPES and not media.endswith("+json"):
        return Fault(index, "", "invalid_event", "the data must be application/json", "datacontenttype")
    if value["type"] not in (ORDER, STOCK):
        return Fault(index, "", "unknown_type", f"send {ORDER} or {STOCK}", "type")
    data = value.get("data")
    if "data_base64" in value:
        try:
            data = strict(base64.b64decode(str(value["data_base64"]), validate=True))
        except (binascii.Error, ValueError, RecursionError):
            return Fault(index, "", "invalid_event", "data_base64 holds no JSON in base64", "data_base64")
    return Event(index, value["source"], value["id"], value["type"], data)


def convert(event: Event, shape: type[Any]) -> Any:
    """The event's data as a row. Raises ValueError (msgspec.ValidationError is one) that says what is wrong."""
    try:
        return msgspec.convert(event.data, shape)
    except (ArithmeticError, RecursionError) as error:
        raise ValueError(str(error)) from error


__all__ = ["BATCH", "ORDER", "STOCK", "STRUCTURED", "Event", "Events", "convert", "read_events"]
