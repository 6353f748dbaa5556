"""Queueing one message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import Channel
from journal import operations as journal
from journal.clock import now, wake
from journal.hints import nudge
from notifications import queries
from notifications.models import Chunk, Message
from notifications.refusals import UnknownChannel, VariableMissing
from notifications.rendering import DRILL_PREFIX, missing, render, render_line
from notifications.states import ChunkState, MessageState


@transaction.atomic
def queue_message(
    *,
    template: str,
    channel: str,
    language: str,
    destination: str,
    variables: Mapping[str, object],
    key: str,
    by: Actor,
    reference: str = "",
    user_id: int | None = None,
    urgent: bool = True,
    exercise: int | None = None,
    due_at: datetime | None = None,
) -> Message:
    """Queue one message in the caller's transaction; it is sent after the commit, not before `due_at`.

    Called inside an upper room's operation, which has authorised its actor. The same `key` again returns the first
    message and changes nothing. The text is rendered here and now, so that what cannot be sent is refused before
    anything leaves. An in-app message is delivered by the commit itself. In an exercise the text begins 【演练】; a
    message to anybody but a participant (`user_id`) never leaves the house: it counts as delivered.

    Journals notice.queued (ids only). Raises UnknownChannel, UnknownTemplate, TemplateNotApproved, VariableMissing.
    """
    if channel not in Channel.values:
        raise UnknownChannel(_("There is no channel %(channel)s.") % {"channel": channel})
    if known := Message.objects.filter(key=key).first():
        return known
    words = queries.current_template(code=template, channel=channel, language=language)
    if lacking := missing(words.variables, variables):
        raise VariableMissing(
            _("The template %(template)s needs a value for: %(names)s.")
            % {"template": template, "names": ", ".join(lacking)},
            missing=lacking,
        )
    prefix = DRILL_PREFIX if exercise is not None else ""
    stays = channel == Channel.IN_APP or (exercise is not None and user_id is None)
    moment = now()
    fields = {
        "template_id": words.pk,
        "channel": channel,
        "language": words.language,
        "destination": destination,
        "variables": {name: str(variables[name]) for name in words.variables},
        "subject": (prefix + render_line(words.subject, words.variables, variables))[:300] if words.subject else "",
        "body": prefix + render(words.body, words.variables, variables),
        "reference": reference,
        "user_id": user_id,
        "exercise": exercise,
        "queued_at": moment,
    }
    if stays:
        fields |= {"state": MessageState.DELIVERED, "sent_at": moment, "done_at": moment}
    with connection.cursor() as cursor:
        # Two callers with the same key: the second waits here and then finds the first one's message.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 7204))", [key])
    message, created = Message.objects.get_or_create(key=key, defaults=fields)
    if not created:
        return message
    if stays:
        if user_id is not None:
            journal.touch(f"user:{user_id}")
    else:
        Chunk.objects.create(
            template_id=words.pk,
            channel=channel,
            urgent=urgent,
            exercise=exercise,
            first=message.pk,
            last=message.pk,
            size=1,
            state=ChunkState.DUE,
            due_at=max(due_at or moment, moment),
        )
        hint(urgent=urgent, later=due_at is not None and due_at > moment)
    payload: dict[str, object] = {"template": f"purpose:{template}", "channel": f"channel:{channel}"}
    if user_id is not None:
        payload["to"] = f"user:{user_id}"
    journal.write(
        kind="notice.queued",
        subject=f"message:{message.pk}",
        reference=reference,
        by=by,
        payload=payload,
        exercise=exercise,
    )
    return message


def hint(*, urgent: bool, later: bool) -> None:
    from notifications import tasks

    if later:
        wake()
    else:
        nudge(tasks.send_staff_messages if urgent else tasks.send_chunk)


@transaction.atomic
def read_inbox(*, user_id: int, by: Actor, up_to: int) -> int:
    """Mark a person's in-app messages up to that id as read and return how many were; only by that person.

    Journals nothing: reading is no act of command.
    """
    if by.user_id != user_id:
        from accounts.actors import NotAllowed
        from accounts.roles import Permission

        raise NotAllowed(by, Permission.VIEW)
    count = queries.inbox(user_id).filter(read_at=None, pk__lte=up_to).update(read_at=now())
    journal.touch(f"user:{user_id}")
    return count
