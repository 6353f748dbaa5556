"""A template tried on real people before it is approved: masked addresses, length, what is billed."""

from __future__ import annotations

from collections.abc import Sequence

from accounts.actors import Actor
from customers import reach
from customers.models import Preference
from customers.operations.desk import variables
from customers.operations.drafts import policy
from customers.preview import Sample, shown
from customers.queries.customer import matters_of, recipients_of
from dispatch.models import AffectedOrder, AffectedSet, Order
from dispatch.queries import visible_orders
from notifications.examples import examples
from notifications.models import Template

THREE = 3


def orders_of(frozen: AffectedSet, by: Actor) -> list[Order]:
    """Three of a frozen set, those promised first."""
    caught = AffectedOrder.objects.filter(affected_set=frozen).order_by("order_id").values_list("order_id", flat=True)
    return list(visible_orders(by).select_related("region").filter(pk__in=list(caught[:200]))[:THREE])


def order_of(number: str, by: Actor) -> list[Order]:
    """The order with that number; none when there is no such order among the actor's."""
    return list(visible_orders(by).select_related("region").filter(external_id=number)[:THREE])


def tried(template: Template, orders: Sequence[Order]) -> list[Sample]:
    """The words as the orders' customers would read them; what is not known of an order yet is an example."""
    rules, made_up = policy(), examples(template)
    known = Preference.objects.in_bulk([order.customer_ref for order in orders])
    found = []
    for order in orders:
        told = recipients_of(order, matters_of(order))
        values = variables(order, told[0] if told else None, template.language)
        values.pop("time")  # a reply's own deadline
        found.append(
            shown(
                template,
                address_of(order, known.get(order.customer_ref), template.channel),
                {name: values.get(name) or text for name, text in made_up.items()},
                signature=rules.signature,
            )
        )
    return found


def address_of(order: Order, preference: Preference | None, channel: str) -> str:
    """Where the channel reaches an order's customer, "" where it does not."""
    owner, _dot, field = reach.ADDRESS.get(channel, "o.phone").partition(".")
    return str(getattr(order if owner == "o" else preference, field, ""))
