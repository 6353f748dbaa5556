"""Which entries of the journal systems outside are told of, and what they are told (see docs/adr/0033).

The event says that something can be pulled; what is pulled is what is so now (`/customer-requests`,
`/compensation/…/grants`), so that an event that comes late, twice or not at all loses nothing.
"""

from __future__ import annotations

from customers.models import ChoiceKind
from dispatch.models import Order
from journal.models import Entry
from journal.reader import Reader
from notifications.operations import send_event

FOR_THE_ORDER_SYSTEM = {f"choice_kind:{kind}" for kind in (ChoiceKind.ADDRESS, ChoiceKind.REFUND)}


def tell(entry: Entry) -> None:
    """Tell what one entry is about, once (the key is the entry's id). An exercise tells nobody outside."""
    if entry.exercise is not None:
        return
    known = entry.payload
    if entry.kind == "compensation.granted":
        payload = {"compensation": known["run"], "orders": known["orders"], "amount": known["amount"]}
    elif known["kind"] in FOR_THE_ORDER_SYSTEM:
        number = Order.objects.filter(pk=known["order"].partition(":")[2]).values_list("external_id", flat=True).first()
        kind = known["kind"].partition(":")[2]
        payload = {"request": known["choice"], "order": number, "kind": kind, "version": known["version"]}
    else:
        return
    send_event(
        kind="customer.asked" if entry.kind == "choice.made" else entry.kind,
        payload={"reference": entry.reference, **payload},
        key=f"journal:{entry.pk}:{entry.kind}",
        happened_at=entry.occurred_at,
    )


reader = Reader("webhooks of customers", ["compensation.granted", "choice.made"], tell)
