"""One customer's orders, and what they were told, chose and got."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Channel
from customers.models import Choice, Complaint, Grant, GrantState, NoticeLeg, NoticeRecipient, NoticeRun, Reply
from dispatch.models import AffectedOrder, AffectedSet, Order
from notifications.models import Message
from notifications.rendering import DRILL_PREFIX, render
from notifications.states import MessageState

MOST_ORDERS = 50
LINK = re.compile(r"/s/[0-9a-f]+-[\w=-]+/")
SETS_LOOKED_AT = 200


def orders_of(recipient: NoticeRecipient) -> list[Order]:
    """The orders of a notice's recipient among the affected ones, the one promised first at the top."""
    own = Order.objects.filter(pk=recipient.order_id)
    order = own.first()
    if order is not None and recipient.orders > 1 and (order.customer_ref or order.phone):
        ids = AffectedOrder.objects.filter(affected_set_id=recipient.notice.affected_set).values("order_id")
        same = Q(customer_ref=order.customer_ref) if order.customer_ref else Q(customer_ref="", phone=order.phone)
        own = Order.objects.filter(same, pk__in=ids)
    return list(own.select_related("region").order_by("promise_at", "id")[:MOST_ORDERS])


def matters_of(order: Order) -> list[str]:
    """The matters that hit an order, the newest first."""
    sets = list(AffectedSet.objects.order_by("-id").values_list("id", flat=True)[:SETS_LOOKED_AT])
    caught = AffectedOrder.objects.filter(affected_set_id__in=sets, order_id=order.pk).order_by("-affected_set_id")
    return list(dict.fromkeys(caught.values_list("affected_set__reference", flat=True)))


def recipients_of(order: Order, matters: Sequence[str]) -> list[NoticeRecipient]:
    """The notices that an order's customer was to get about these matters, the newest first."""
    runs = NoticeRun.objects.filter(reference__in=matters)
    templates = list(runs.values_list("template", flat=True).distinct())
    who = Q(customer_ref=order.customer_ref) if order.customer_ref else Q(order_id=order.pk)
    rows = NoticeRecipient.objects.filter(who, reference__in=matters, template__in=templates).exclude(channel="")
    return list(rows.select_related("notice").order_by("-id"))


@dataclass(frozen=True)
class Told:
    """A message to the customer, as it reads. `state` is a MessageState."""

    key: str
    template: str
    channel: str
    state: str
    code: str
    text: str
    queued_at: datetime
    sent_at: datetime | None
    done_at: datetime | None

    @property
    def channel_label(self) -> str:
        return str(Channel(self.channel).label)

    @property
    def state_label(self) -> str:
        return str(MessageState(self.state).label)


def told(order: Order, matters: Sequence[str]) -> list[Told]:
    """Everything that the customer of an order was told about it, the newest first."""
    recipients = [row.pk for row in recipients_of(order, matters)]
    keys = [f"{kind}:{pk}" for pk in recipients for kind in ("notice", "survey")]
    legs = NoticeLeg.objects.filter(recipient_id__in=recipients).values_list("recipient_id", "number")
    keys += [f"notice:{pk}:{number}" for pk, number in legs]
    keys += [f"grant:{pk}" for pk in Grant.objects.filter(order_id=order.pk).values_list("pk", flat=True)]
    keys += [f"reply:{pk}" for pk in Reply.objects.filter(order_id=order.pk).values_list("pk", flat=True)]
    messages = Message.objects.filter(key__in=keys).select_related("template")
    return sorted((read(message) for message in messages), key=lambda row: row.queued_at, reverse=True)


def without_link(text: str) -> str:
    """Whoever holds the link acts as the customer: it is not for the desk."""
    return LINK.sub("/s/…/", text)


def read(message: Message) -> Told:
    """A bulk message keeps its variables only; a single one keeps its text."""
    words = message.template
    text = message.body
    if not text:
        text = render(words.body, words.variables, dict.fromkeys(words.variables, "…") | message.variables)
        text = f"{DRILL_PREFIX if message.exercise is not None else ''}{text}"
    text = without_link(text)
    return Told(
        key=message.key,
        template=words.label,
        channel=message.channel,
        state=message.state,
        code=message.code,
        text=text,
        queued_at=message.queued_at,
        sent_at=message.sent_at,
        done_at=message.done_at,
    )


def choices_of(order_ids: Iterable[int], reference: str = "") -> list[Choice]:
    rows = Choice.objects.filter(order_id__in=list(order_ids))
    return list((rows.filter(reference=reference) if reference else rows).order_by("-changed_at"))


def grants_of(order_ids: Iterable[int], reference: str = "") -> list[Grant]:
    """Living grants, the newest first."""
    rows = Grant.objects.filter(order_id__in=list(order_ids)).exclude(state=GrantState.REJECTED)
    return list((rows.filter(reference=reference) if reference else rows).select_related("run").order_by("-id"))


def complaints_of(order: Order) -> list[Complaint]:
    return list(Complaint.objects.filter(order_id=order.pk).order_by("-id"))
