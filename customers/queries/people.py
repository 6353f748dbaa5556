"""The people of a notice: where they live, and what each was sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import CharField, Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import NoticeLeg, NoticeRecipient, NoticeRun
from customers.text import mask
from dispatch.models import Order, Region
from notifications.explaining import why
from notifications.models import Message

SHOWS = [
    ("", pgettext_lazy("notice people", "Everybody")),
    ("reached", pgettext_lazy("notice people", "Delivered")),
    ("lost", pgettext_lazy("notice people", "Failed")),
    ("unclear", pgettext_lazy("notice people", "Unclear")),
    ("again", pgettext_lazy("notice people", "Tried again")),
    ("none", pgettext_lazy("notice people", "Not written to")),
]
REASONS = {
    "opted_out": _("wants no messages"),
    "no_address": _("no valid number or address"),
    "no_words": _("no approved words for their channel"),
    "capped": _("written to often enough today"),
    "told_elsewhere": _("told of another matter lately"),
}
CHUNK = 2_000
STATES = {"reached": ["delivered"], "lost": ["failed"], "unclear": ["ambiguous"]}
BY_REGION = """
SELECT o.region_id, count(*) FROM dispatch_affectedorder a JOIN dispatch_order o ON o.id = a.order_id
WHERE a.affected_set_id = %s AND o.state IN ('open', 'dispatched') GROUP BY 1
"""


@dataclass(frozen=True)
class Place:
    """A region with its affected orders, its own and those of the `places` inside it."""

    code: str
    name: str
    orders: int
    places: list[Place]


def region_tree(run: NoticeRun) -> list[Place]:
    """The regions that the run's affected orders go to, as a tree, those with most orders first."""
    with connection.cursor() as cursor:
        cursor.execute(BY_REGION, [run.affected_set])
        own = dict(cursor.fetchall())
    known: dict[str, Region] = {}
    wanted = set(own)
    while wanted:
        found = Region.objects.in_bulk(sorted(wanted))
        known |= found
        wanted = {row.parent_id for row in found.values() if row.parent_id} - set(known)
    below: dict[str | None, list[str]] = defaultdict(list)
    for code, region in known.items():
        below[region.parent_id].append(code)

    def place(code: str) -> Place:
        inside = sorted(map(place, below[code]), key=lambda one: (-one.orders, one.code))
        return Place(code, known[code].label, own.get(code, 0) + sum(one.orders for one in inside), inside)

    return sorted(map(place, below[None]), key=lambda one: (-one.orders, one.code))


@dataclass(frozen=True)
class Told:
    """A recipient with the order that stands for theirs and the messages they got, the first one first."""

    recipient: NoticeRecipient
    order: str
    reason: object
    messages: list[Message]
    addresses: list[str]

    @property
    def pairs(self) -> list[tuple[Message, str]]:
        return list(zip(self.messages, self.addresses, strict=True))

    @property
    def legs(self) -> list[tuple[Message, str, str]]:
        """Each message with what its provider's code means, where it did not arrive."""
        return [(message, address, why(message.state, message.code)) for message, address in self.pairs]


def recipients_of(run: NoticeRun, show: str) -> QuerySet[NoticeRecipient]:
    """Those of a run of whom `show` is true, by the newest message's state."""
    rows = NoticeRecipient.objects.filter(notice=run).order_by("id")
    legs = NoticeLeg.objects.filter(recipient=OuterRef("pk"))
    if show == "none":
        return rows.filter(channel="")
    if show == "again":
        return rows.filter(Exists(legs))
    if show in STATES:
        key = Concat(Value("notice:"), Cast(OuterRef("pk"), CharField()))
        first = Message.objects.filter(key=key, state__in=STATES[show])
        later = Message.objects.filter(key__startswith=Concat(key, Value(":")), state__in=STATES[show])
        return rows.exclude(channel="").filter(Exists(first) & ~Exists(legs) | Exists(legs) & Exists(later))
    return rows


def in_parts(rows: QuerySet[NoticeRecipient], *, masked: bool = True) -> Iterator[Told]:
    """What became of all of them, read in chunks."""
    after = 0
    while part := list(rows.filter(pk__gt=after)[:CHUNK]):
        yield from with_messages(part, masked=masked)
        after = part[-1].pk


def zone_names() -> dict[str, str]:
    """The provinces' labels by their codes."""
    return {row.code: row.label for row in Region.objects.filter(parent=None)}


def with_messages(rows: Sequence[NoticeRecipient], *, masked: bool = True) -> list[Told]:
    """What became of these recipients: a page of them."""
    legs = NoticeLeg.objects.filter(recipient__in=[row.pk for row in rows]).order_by("recipient_id", "number")
    keys: dict[int, list[str]] = {row.pk: [f"notice:{row.pk}"] for row in rows if row.channel}
    for leg in legs:
        keys[leg.recipient_id].append(f"notice:{leg.recipient_id}:{leg.number}")
    wanted = [key for some in keys.values() for key in some]
    found = {message.key: message for message in Message.objects.filter(key__in=wanted)}
    orders = dict(Order.objects.filter(pk__in=[row.order_id for row in rows]).values_list("pk", "external_id"))
    told = []
    for row in rows:
        messages = [found[key] for key in keys.get(row.pk, []) if key in found]
        told.append(
            Told(
                recipient=row,
                order=orders.get(row.order_id, ""),
                reason=REASONS.get(row.reason, ""),
                messages=messages,
                addresses=[hidden(message.destination, masked=masked) for message in messages],
            )
        )
    return told


def hidden(address: str, *, masked: bool) -> str:
    if not address:
        return "—"
    return mask(address) if masked else address
