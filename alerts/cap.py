"""Reading a CAP 1.1 or 1.2 message. Pure: bytes in, frozen values out, or a Malformed that says where and why.

Source of the rules: OASIS Common Alerting Protocol 1.2 and 1.1, sections 3.2 and 3.3 (elements, enumerations, forms).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from lxml import etree

from alerts.shapes import NUMBER, Malformed, read_circle, read_polygon

LARGEST = 1_000_000  # bytes
DEEPEST = 8  # CAP itself needs five levels
MOST_ELEMENTS = 20_000
LONGEST_NAME = 255

NAMESPACES = {"urn:oasis:names:tc:emergency:cap:1.1": "1.1", "urn:oasis:names:tc:emergency:cap:1.2": "1.2"}

STATUS = ("Actual", "Exercise", "System", "Test", "Draft")
MSG_TYPE = ("Alert", "Update", "Cancel", "Ack", "Error")
SCOPE = ("Public", "Restricted", "Private")
CATEGORY = (
    "Geo",
    "Met",
    "Safety",
    "Security",
    "Rescue",
    "Fire",
    "Health",
    "Env",
    "Transport",
    "Infra",
    "CBRNE",
    "Other",
)
RESPONSE = ("Shelter", "Evacuate", "Prepare", "Execute", "Avoid", "Monitor", "Assess", "AllClear", "None")
URGENCY = ("Immediate", "Expected", "Future", "Past", "Unknown")
SEVERITY = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
CERTAINTY = ("Observed", "Likely", "Possible", "Unlikely", "Unknown")
DEPRECATED = {"Very Likely": "Likely"}  # CAP 1.1 tells readers to take it so

# "2026-07-12T08:00:00+08:00": 1.2 wants exactly this form, and forbids "Z"; 1.1 takes any xs:dateTime with a zone.
TIME = {
    "1.2": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"),
    "1.1": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)"),
}
NAME = re.compile(r"[^\s,<&]+")


@dataclass(frozen=True)
class Area:
    """A place: `polygons` are rings of (lat, lon) in WGS84 degrees, `circles` (lat, lon, radius in km)."""

    description: str
    polygons: list[list[tuple[float, float]]] = field(default_factory=list)
    circles: list[tuple[float, float, float]] = field(default_factory=list)
    geocodes: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Info:
    """What a message says in one language."""

    language: str
    categories: list[str]
    event: str
    responses: list[str]
    urgency: str
    severity: str
    certainty: str
    audience: str
    event_codes: list[tuple[str, str]]
    effective: str
    onset: str
    expires: str
    sender_name: str
    headline: str
    description: str
    instruction: str
    web: str
    contact: str
    parameters: list[tuple[str, str]]
    resources: list[dict[str, str]]
    areas: list[Area]


@dataclass(frozen=True)
class Reference:
    """An earlier message, as a later one names it."""

    sender: str
    identifier: str
    sent: str


@dataclass(frozen=True)
class Alert:
    """One CAP message. Times are kept as written; `moment` reads them."""

    version: str
    identifier: str
    sender: str
    sent: str
    status: str
    msg_type: str
    scope: str
    note: str
    references: list[Reference]
    infos: list[Info]

    def infos_as_data(self) -> list[dict[str, Any]]:
        return [asdict(info) for info in self.infos]


def moment(text: str) -> datetime | None:
    """A CAP time as an aware datetime; None for a blank."""
    return datetime.fromisoformat(text) if text else None


def parse(raw: bytes) -> Alert:
    """Read one message. Entities, DTDs and the network are off; a document type is refused outright.

    Raises Malformed: too large, not XML, not CAP, too deep, or an element that breaks the standard.
    """
    root = read_tree(raw)
    name = etree.QName(root)
    version = NAMESPACES.get(name.namespace or "")
    if name.localname != "alert" or version is None:
        raise Malformed(name.localname[:40], not_cap(name))
    alert = Reader(root, "alert", version)
    msg_type = alert.one_of("msgType", MSG_TYPE)
    scope = alert.one_of("scope", SCOPE)
    references = read_references(alert)
    if msg_type in {"Update", "Cancel", "Ack", "Error"} and not references:
        raise Malformed("alert/references", f"a message of type {msg_type} must name the messages it refers to")
    for needed, when in (("restriction", "Restricted"), ("addresses", "Private")):
        text = alert.text(needed)
        if scope == when and not text:
            raise Malformed(f"alert/{needed}", f"is required when scope is {when}")
    for ignored in ("password", "source", "incidents"):
        alert.text(ignored)
    alert.texts("code")
    found = Alert(
        version=version,
        identifier=alert.named("identifier"),
        sender=alert.named("sender"),
        sent=alert.time("sent", required=True),
        status=alert.one_of("status", STATUS),
        msg_type=msg_type,
        scope=scope,
        note=alert.text("note"),
        references=references,
        infos=[read_info(info) for info in alert.children("info")],
    )
    alert.refuse_rest()
    return found


def read_tree(raw: bytes) -> etree._Element:
    if len(raw) > LARGEST:
        raise Malformed("document", "is larger than 1 MB")
    if not raw.strip():
        raise Malformed("document", "is empty")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(raw, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Malformed("document", f"is not well-formed XML ({str(error)[:150]})") from error
    info: Any = root.getroottree().docinfo
    if info.doctype or info.internalDTD is not None:
        raise Malformed("document", "has a document type or entities, which CAP does not use and we do not read")
    count, stack = 0, [(root, 1)]
    while stack:
        element, depth = stack.pop()
        count += 1
        if depth > DEEPEST and in_cap(element):
            raise Malformed("document", f"is nested deeper than {DEEPEST} levels")
        if count > MOST_ELEMENTS:
            raise Malformed("document", f"has more than {MOST_ELEMENTS} elements")
        stack.extend((child, depth + 1) for child in element)
    return root


def in_cap(element: etree._Element) -> bool:
    return isinstance(element.tag, str) and etree.QName(element).namespace in NAMESPACES


def not_cap(name: etree.QName) -> str:
    if name.localname in {"feed", "rss"}:
        return "is a news feed, not a CAP message; send the messages it links to"
    if name.localname == "alert" and "cap" in (name.namespace or ""):
        return "is another version of CAP; send 1.1 or 1.2"
    return "is not the root of a CAP 1.1 or 1.2 message"


class Reader:
    """Takes the children of one element by name, and knows in the end what was left over."""

    def __init__(self, element: etree._Element, where: str, version: str) -> None:
        self.where, self.version = where, version
        self.found: dict[str, list[etree._Element]] = {}
        for child in element:
            # Signatures and extensions of other namespaces are kept in the raw text and not read.
            if isinstance(child.tag, str) and etree.QName(child).namespace == etree.QName(element).namespace:
                self.found.setdefault(etree.QName(child).localname, []).append(child)

    def at(self, name: str) -> str:
        return f"{self.where}/{name}"

    def take(self, name: str, *, single: bool = False) -> list[etree._Element]:
        elements = self.found.pop(name, [])
        if single and len(elements) > 1:
            raise Malformed(self.at(name), "stands more than once")
        return elements

    def texts(self, name: str, *, single: bool = False) -> list[str]:
        texts = []
        for element in self.take(name, single=single):
            if len(element):
                raise Malformed(self.at(name), "holds elements where text belongs")
            texts.append((element.text or "").strip())
        return texts

    def text(self, name: str, *, required: bool = False) -> str:
        found = self.texts(name, single=True)
        if required and not found:
            raise Malformed(self.at(name), "is missing")
        if required and not found[0]:
            raise Malformed(self.at(name), "is empty")
        return found[0] if found else ""

    def named(self, name: str) -> str:
        text = self.text(name, required=True)
        if len(text) > LONGEST_NAME or not NAME.fullmatch(text):
            raise Malformed(self.at(name), "must be at most 255 characters without spaces, commas, < or &")
        return text

    def one_of(self, name: str, allowed: tuple[str, ...]) -> str:
        return self.check(name, self.text(name, required=True), allowed)

    def many_of(self, name: str, allowed: tuple[str, ...]) -> list[str]:
        return [self.check(name, text, allowed) for text in self.texts(name)]

    def check(self, name: str, text: str, allowed: tuple[str, ...]) -> str:
        if self.version == "1.1":
            text = DEPRECATED.get(text, text)
        if text not in allowed:
            raise Malformed(self.at(name), f"is {text[:40]!r}; it must be one of {', '.join(allowed)}")
        return text

    def time(self, name: str, *, required: bool = False) -> str:
        text = self.text(name, required=required)
        if not text:
            return ""
        try:
            read = moment(text) if TIME[self.version].fullmatch(text) else None
        except ValueError:
            read = None
        if read is None:
            raise Malformed(self.at(name), f"is {text[:40]!r}; write it as 2026-07-12T08:00:00+08:00, without Z")
        return text

    def pairs(self, name: str) -> list[tuple[str, str]]:
        """valueName/value pairs; those without a value are left out."""
        found = []
        for child in self.children(name):
            key, value = child.text("valueName", required=True), child.text("value")
            child.refuse_rest()
            if value:
                found.append((key, value))
        return found

    def children(self, name: str) -> list[Reader]:
        elements = self.take(name)
        return [
            Reader(element, f"{self.at(name)}[{number}]" if len(elements) > 1 else self.at(name), self.version)
            for number, element in enumerate(elements, 1)
        ]

    def refuse_rest(self) -> None:
        if self.found:
            raise Malformed(self.at(sorted(self.found)[0]), f"is not an element of CAP {self.version}")


def read_references(alert: Reader) -> list[Reference]:
    found = []
    for word in alert.text("references").split():
        parts = word.split(",")
        if len(parts) != 3 or not all(parts):
            raise Malformed("alert/references", f"{word[:60]!r} is not sender,identifier,sent")
        found.append(Reference(*parts))
    return found


def read_info(info: Reader) -> Info:
    categories = info.many_of("category", CATEGORY)
    if not categories:
        raise Malformed(info.at("category"), "is missing")
    found = Info(
        language=info.text("language") or "en-US",
        categories=categories,
        event=info.text("event", required=True),
        responses=info.many_of("responseType", RESPONSE),
        urgency=info.one_of("urgency", URGENCY),
        severity=info.one_of("severity", SEVERITY),
        certainty=info.one_of("certainty", CERTAINTY),
        audience=info.text("audience"),
        event_codes=info.pairs("eventCode"),
        effective=info.time("effective"),
        onset=info.time("onset"),
        expires=info.time("expires"),
        sender_name=info.text("senderName"),
        headline=info.text("headline"),
        description=info.text("description"),
        instruction=info.text("instruction"),
        web=info.text("web"),
        contact=info.text("contact"),
        parameters=info.pairs("parameter"),
        resources=[read_resource(resource) for resource in info.children("resource")],
        areas=[read_area(area) for area in info.children("area")],
    )
    info.refuse_rest()
    return found


def read_resource(resource: Reader) -> dict[str, str]:
    """A resource without its embedded bytes, which stay in the raw message."""
    found = {
        "description": resource.text("resourceDesc", required=True),
        "mime_type": resource.text("mimeType", required=resource.version == "1.2"),
        "uri": resource.text("uri"),
    }
    for ignored in ("size", "derefUri", "digest"):
        resource.text(ignored)
    resource.refuse_rest()
    return found


def read_area(area: Reader) -> Area:
    found = Area(
        description=area.text("areaDesc", required=True),
        polygons=[read_polygon(text, area.at("polygon")) for text in area.texts("polygon") if text],
        circles=[read_circle(text, area.at("circle")) for text in area.texts("circle") if text],
        geocodes=area.pairs("geocode"),
    )
    for height in ("altitude", "ceiling"):
        text = area.text(height)
        if text and not re.fullmatch(NUMBER, text):
            raise Malformed(area.at(height), f"is {text[:40]!r}, not a number of feet")
    area.refuse_rest()
    return found
