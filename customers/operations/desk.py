"""The support desk: replies in one click, complaints and their clock, and looking behind the mask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, TextChoices
from django.db.models.functions import Right
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from accounts.actors import CLOCK, Actor
from accounts.models import Channel, User
from accounts.queries import able, on_duty
from accounts.roles import Permission, Post
from customers import links, pace
from customers.models import Complaint, ComplaintState, NoticeRecipient, Preference, Reply
from customers.operations import noting
from customers.operations.rules import care_rules
from customers.queries.customer import matters_of, recipients_of
from customers.queries.notices import exercise_of
from customers.reach import EMAIL, PHONE
from customers.texts import spoken
from dispatch.models import Order
from dispatch.queries import visible_orders
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal
from notifications.models import Template
from notifications.operations import queue_message, tell_people
from notifications.queries import current_template

REPLIES = "reply_"
# What a reply can fill in.
FILLED = frozenset({"no", "area", "eta", "time", "url", "cause"})
LONGEST_WORDS = 1000
MOST_TOLD = 20
BATCH, SHOWN, SAME_END = 50, 50, 5_000


class UnmaskReason(TextChoices):
    CALL_BACK = "call_back", _lazy("call the customer back")
    VERIFY = "verify", _lazy("make sure who is calling")
    ADDRESS = "address", _lazy("set the delivery right")
    COMPLAINT = "complaint", _lazy("answer a complaint")


class BadReason(Invalid):
    """Looking behind the mask needs one of the known reasons."""


class TooFast(Refusal):
    """So many searches are no service to a customer."""

    status = 429


class NoSuchOrder(Invalid):
    """The order is unknown, or not one that this person may see."""


class Unreachable(Refusal):
    """The customer has no address on that channel, or wants no messages."""


class BadReply(Invalid):
    """There is no such reply, or something it needs is not known."""


class BadComplaint(Invalid):
    """A complaint needs words, and an answer, too."""


class ComplaintOpen(Refusal):
    """The order has an open complaint already."""


class ComplaintMoved(Refusal):
    """The complaint is answered already."""


def search(*, text: str, by: Actor) -> list[Order]:
    """The orders of exactly this number or exactly this phone number that `by` may see, the newest first.

    So many a minute as the rules say. Journals nothing: what is found is masked. Raises TooFast, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    if not pace.allow("desk", str(by), care_rules().search_per_minute):
        raise TooFast(_("That were many searches in a minute; wait a moment."))
    text = text.replace("\x00", "").strip()
    if not text:
        return []
    orders = visible_orders(by).select_related("region")
    found = list(orders.filter(external_id=text))
    digits = re.sub(r"[\s()-]", "", text).removeprefix("+86")
    if len(digits) >= 7 and re.fullmatch(r"\+?[0-9]+", digits):
        tail = orders.exclude(phone="").alias(phone_end=Right("phone", 4)).filter(phone_end=digits[-4:])
        same = [row for row in tail[:SAME_END] if bare(row.phone) == digits]
        found += [row for row in same if row not in found]
    return sorted(found, key=lambda row: -row.pk)[:SHOWN]


def bare(phone: str) -> str:
    return re.sub(r"[\s()-]", "", phone).removeprefix("+86")


@transaction.atomic
def unmask_customer(*, order_id: int, reason: str, by: Actor) -> dict[str, str]:
    """Name, phone and e-mail of an order's customer in clear, for one of the known reasons, which is kept.

    Journals customer.unmasked with the reason, no free text: the journal holds nothing personal. Raises BadReason,
    NoSuchOrder, TooFast, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    order = seen(order_id, by)
    if reason not in UnmaskReason.values:
        raise BadReason(_("Say what for: choose one of the reasons."), allowed=UnmaskReason.values)
    if not pace.allow("unmask", str(by), care_rules().search_per_minute):
        raise TooFast(_("That were many searches in a minute; wait a moment."))
    journal.write(
        kind="customer.unmasked",
        subject=f"order:{order.pk}",
        by=by,
        payload={"order": f"order:{order.pk}", "reason": f"unmask_reason:{reason}"},
    )
    return {"name": order.customer_name, "phone": order.phone, "email": order.email}


@transaction.atomic
def reply_to_customer(*, order_id: int, template: str, channel: str, by: Actor) -> Reply:
    """Send an order's customer one of the approved replies, through the template engine.

    Journals customer.replied (and what notifications journals). Raises BadReply, Unreachable, NoSuchOrder, TooFast,
    TemplateNotApproved, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    order = seen(order_id, by)
    if not template.startswith(REPLIES) or channel not in {Channel.SMS, Channel.EMAIL}:
        raise BadReply(_("Choose one of the replies and a channel."))
    if not pace.allow("reply", str(order.pk), 5):
        raise TooFast(_("This customer got several replies just now; wait a minute."))
    return send_reply(order, template, channel, by)


def reply_words(order: Order, matters: Sequence[str], template: str, channel: str) -> tuple[Template, dict[str, str]]:
    """The words of a reply in the customer's language, and what fills them. Raises BadReply, TemplateNotApproved."""
    told = recipients_of(order, matters)
    language = "en" if order.language.startswith("en") else "zh-hans"
    known = variables(order, told[0] if told else None, language)
    words = current_template(code=template, channel=channel, language=language)
    if lacking := [name for name in words.variables if not known.get(name)]:
        raise BadReply(
            _("This reply needs %(names)s, which is not known for this order.") % {"names": ", ".join(lacking)}
        )
    return words, {name: known[name] for name in words.variables}


def send_reply(order: Order, template: str, channel: str, by: Actor) -> Reply:
    destination = order.phone if channel == Channel.SMS else order.email
    pattern = PHONE if channel == Channel.SMS else EMAIL
    if not re.match(pattern, destination) or Preference.objects.filter(pk=order.customer_ref, channel="none").exists():
        raise Unreachable(_("The customer cannot be reached this way."))
    matters = matters_of(order)
    words, known = reply_words(order, matters, template, channel)
    reference = matters[0] if matters else ""
    reply = Reply.objects.create(
        order_id=order.pk,
        reference=reference,
        template=template,
        channel=channel,
        sent_by=str(by),
        sent_at=clock.now(),
    )
    queue_message(
        template=template,
        channel=channel,
        language=words.language,
        destination=destination,
        variables=known,
        key=f"reply:{reply.pk}",
        by=by,
        reference=reference,
        urgent=False,
        exercise=exercise_of(reference) if reference else None,
    )
    journal.write(
        kind="customer.replied",
        subject=f"order:{order.pk}",
        reference=reference,
        by=by,
        payload={"order": f"order:{order.pk}", "reply": reply.pk, "template": f"purpose:{template}"},
    )
    return reply


def variables(order: Order, recipient: NoticeRecipient | None, language: str) -> dict[str, str]:
    """What a reply may say about an order; what is not known is blank."""
    zone = ZoneInfo(settings.TIME_ZONE)
    place = 1 if language == "en" else 0

    def said(moment: datetime | None) -> str:
        return spoken(moment.astimezone(zone))[place] if moment else ""

    run = recipient.notice if recipient else None
    url = ""
    if recipient is not None and run is not None and run.launched_at:
        url = f"{settings.PUBLIC_URL}/s/{links.make_token(recipient.pk, links.link_key(settings.SECRET_KEY))}/"
    return {
        "no": order.external_id,
        "area": (order.region.name_en if language == "en" else "") or order.region.name,
        "eta": said(run.eta if run else order.promise_at),
        "time": said(clock.now() + timedelta(days=care_rules().complaint_days)),
        "url": url,
        "cause": (run.cause_en if language == "en" else run.cause) if run else "",
    }


@transaction.atomic
def open_complaint(*, order_id: int, words_of_customer: str, by: Actor) -> Complaint:
    """Take a customer's complaint; from now it has to be answered within the rules' days (快递暂行条例: seven).

    Journals complaint.opened (no words). Raises BadComplaint, ComplaintOpen, NoSuchOrder, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    order = seen(order_id, by)
    text = words(words_of_customer, LONGEST_WORDS)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7405))", [f"complaint {order.pk}"])
    if Complaint.objects.filter(order_id=order.pk, state=ComplaintState.OPEN).exists():
        raise ComplaintOpen(_("This order has an open complaint already; answer that one."))
    matters, moment = matters_of(order), clock.now()
    complaint = Complaint.objects.create(
        order_id=order.pk,
        reference=matters[0] if matters else "",
        exercise=exercise_of(matters[0]) if matters else None,
        words=text,
        opened_by=str(by),
        opened_at=moment,
        due_at=moment + timedelta(days=care_rules().complaint_days),
    )
    note("complaint.opened", complaint, by)
    clock.wake()
    return complaint


@transaction.atomic
def answer_complaint(*, complaint_id: int, answer: str, by: Actor, template: str = "", channel: str = "") -> Complaint:
    """Close a complaint with the answer that the customer got, by a reply of ours too if `template` names one.

    Journals complaint.answered, whether in time. Raises BadComplaint, ComplaintMoved, what a reply raises, NotAllowed.
    """
    by.require(Permission.SERVE_CUSTOMERS)
    complaint = Complaint.objects.select_for_update().get(pk=complaint_id)
    order = seen(complaint.order_id, by)
    if complaint.state != ComplaintState.OPEN:
        raise ComplaintMoved(_("This complaint is answered already."))
    text = words(answer, LONGEST_WORDS)
    if template:
        if not template.startswith(REPLIES) or channel not in {Channel.SMS, Channel.EMAIL}:
            raise BadReply(_("Choose one of the replies and a channel."))
        send_reply(order, template, channel, by)
    complaint.answer_it()
    complaint.answer, complaint.answered_by, complaint.answered_at = text, str(by), clock.now()
    complaint.save()
    note("complaint.answered", complaint, by, in_time=complaint.answered_at <= complaint.due_at)
    return complaint


@transaction.atomic
def find_overdue() -> int:
    """Mark complaints that were not answered in time, once each, and tell the customer service lead on duty (whoever
    serves customers where nobody is). Called by the clock.

    Journals complaint.overdue. Returns how many there were.
    """
    moment = clock.now()
    late = Complaint.objects.filter(state=ComplaintState.OPEN, overdue_at=None, due_at__lte=moment)
    rows = list(late.select_for_update(skip_locked=True).order_by("due_at")[:BATCH])
    people = in_charge(moment) if rows else []
    numbers = dict(Order.objects.filter(pk__in=[row.order_id for row in rows]).values_list("pk", "external_id"))
    for complaint in rows:
        complaint.overdue_at = moment
        complaint.save(update_fields=["overdue_at", "state"])
        tell_people(
            people,
            template="complaint_overdue",
            variables={
                "no": numbers.get(complaint.order_id, complaint.order_id),
                "time": f"{complaint.due_at.astimezone(ZoneInfo(settings.TIME_ZONE)):%m-%d %H:%M}",
                "url": f"{settings.PUBLIC_URL}/desk/{complaint.order_id}/",
            },
            channels=[Channel.IN_APP, Channel.SMS],
            key=f"complaint-overdue:{complaint.pk}",
            by=CLOCK,
            reference=complaint.reference,
            exercise=complaint.exercise,
        )
        note("complaint.overdue", complaint, CLOCK, told=[f"user:{user.pk}" for user in people])
    return len(rows)


def next_overdue() -> datetime | None:
    open_ones = Complaint.objects.filter(state=ComplaintState.OPEN, overdue_at=None)
    return open_ones.aggregate(at=Min("due_at"))["at"]


def in_charge(moment: datetime) -> list[User]:
    """The customer service lead on duty, else whoever serves customers."""
    officers = on_duty(post=Post.CUSTOMER_SERVICE, at=moment)[:1]
    return officers or list(able(Permission.SERVE_CUSTOMERS)[:MOST_TOLD])


def seen(order_id: int, by: Actor) -> Order:
    order = visible_orders(by).select_related("region").filter(pk=order_id).first()
    if order is None:
        raise NoSuchOrder(_("There is no such order, or it is not one of yours."))
    return order


def words(text: str, most: int) -> str:
    text = " ".join(text.replace("\x00", "").split())
    if not text or len(text) > most:
        raise BadComplaint(_("Write something, in at most %(most)s characters.") % {"most": most})
    return text


def note(kind: str, complaint: Complaint, by: Actor, **figures: object) -> None:
    payload = {"complaint": complaint.pk, "order": f"order:{complaint.order_id}", **figures}
    noting.write(kind, "complaint", complaint, by, payload)
