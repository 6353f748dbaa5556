"""Reads of notifications."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from accounts.models import Channel
from journal.models import Installation
from notifications.models import Batch, Chunk, Message, Template
from notifications.refusals import TemplateNotApproved, UnknownTemplate
from notifications.standing import FALLBACK, in_use
from notifications.states import MessageState


def send_held() -> bool:
    """Whether nothing may leave this installation (a restored copy that nobody has released yet)."""
    return Installation.objects.filter(send_hold=True).exists()


def current_templates(code: str) -> list[Template]:
    """The version in use for each channel and language of a purpose (standing.in_use).

    Raises UnknownTemplate, or TemplateNotApproved when there are drafts only.
    """
    versions = Template.objects.filter(code=code)
    found = in_use(versions.filter(state="approved").order_by("version"))
    if not found:
        refuse(code, versions.exists())
    return list(found.values())


def current_template(*, code: str, channel: str, language: str) -> Template:
    """The version in use for a channel, in that language or else in Chinese.

    Raises UnknownTemplate, or TemplateNotApproved when there are drafts only.
    """
    versions = Template.objects.filter(code=code, channel=channel)
    approved = versions.filter(state="approved", language__in=[language, FALLBACK])
    found = in_use(approved.order_by("version"))
    if not found:
        return refuse(f"{code}/{channel}", versions.exists())
    return found.get((channel, language)) or found[channel, FALLBACK]


def refuse(name: str, exists: bool) -> Template:
    if exists:
        raise TemplateNotApproved(_("No version of the template %(name)s is approved.") % {"name": name})
    raise UnknownTemplate(_("There is no template %(name)s.") % {"name": name})


def delivery(keys: Iterable[str]) -> dict[str, MessageState]:
    """Where the messages with these keys stand; unknown keys are absent."""
    rows = Message.objects.filter(key__in=list(keys)).values_list("key", "state")
    return {key: MessageState(state) for key, state in rows}


@dataclass(frozen=True)
class BatchProgress:
    """How far a batch is: messages by state, and the two moments the law and the figures ask for."""

    batch_id: int
    state: str
    total: int
    queued: int
    sent: int
    delivered: int
    failed: int
    ambiguous: int
    cancelled: int
    first_sent_at: datetime | None
    finished_at: datetime | None

    @property
    def accepted(self) -> int:
        """Messages that a provider took, delivered or on their way."""
        return self.sent + self.delivered


COUNTED = ("sent", "delivered", "failed", "ambiguous", "cancelled")


def batch_progress(batch_id: int) -> BatchProgress:
    """The batch's progress, from its chunks' counters (no scan of the messages). Raises Batch.DoesNotExist."""
    batch = Batch.objects.get(pk=batch_id)
    sums = Chunk.objects.filter(batch=batch).aggregate(**{f"n_{name}": Sum(name, default=0) for name in COUNTED})
    counts = {name: int(sums[f"n_{name}"]) for name in COUNTED}
    return BatchProgress(
        batch_id=batch.pk,
        state=batch.state,
        total=batch.total,
        queued=batch.total - sum(counts.values()),
        first_sent_at=batch.first_sent_at,
        finished_at=batch.finished_at,
        **counts,
    )


def inbox(user_id: int) -> QuerySet[Message]:
    """A person's in-app messages, newest first."""
    return Message.objects.filter(user_id=user_id, channel=Channel.IN_APP).order_by("-id")


def unread(user_id: int) -> int:
    return inbox(user_id).filter(read_at=None).count()
