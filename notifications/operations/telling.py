"""Telling people of the house: each on their channels, in their own language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import structlog
from django.utils import translation

from accounts.actors import Actor
from accounts.models import Channel, User
from accounts.queries import addresses
from journal.refusal import Refusal
from notifications.operations.messages import queue_message

log = structlog.get_logger()


def tell_people(
    users: Iterable[User],
    *,
    template: str,
    variables: Mapping[str, object],
    channels: Iterable[str],
    key: str,
    by: Actor,
    reference: str = "",
    urgent: bool = True,
    exercise: int | None = None,
) -> int:
    """Queue one message per person and channel with the key `key:user:channel`, in the caller's transaction; returns
    how many.

    Whoever has no address on a channel gets none there. `variables` may hold callables, called with the person (in
    that person's language). A message that `queue_message` refuses is logged and left out: a missing template must
    not stop what is told, nor the others.
    """
    people = list(users)
    queued = 0
    for channel in channels:
        known = addresses([user.pk for user in people], channel)
        for user in people:
            destination = str(user.pk) if channel == Channel.IN_APP else known.get(user.pk)
            if not destination:
                continue
            with translation.override(user.language):
                words = {name: str(value(user) if callable(value) else value) for name, value in variables.items()}
            try:
                queue_message(
                    template=template,
                    channel=channel,
                    language=user.language,
                    destination=destination,
                    variables=words,
                    key=f"{key}:{user.pk}:{channel}",
                    by=by,
                    reference=reference,
                    user_id=user.pk,
                    urgent=urgent,
                    exercise=exercise,
                )
                queued += 1
            except Refusal as refusal:
                log.warning("message refused", template=template, channel=channel, reason=str(refusal))
    return queued
