"""Filling, launching and stopping batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from journal import operations as journal
from journal.clock import Now, now
from journal.hints import nudge
from notifications import queries
from notifications.models import Batch, Chunk, Template
from notifications.refusals import (
    BatchEmpty,
    BatchNotOpen,
    IllegalBatchStep,
    UnknownTemplate,
    VariableMissing,
)
from notifications.routes import one_by_one
from notifications.standing import FALLBACK
from notifications.states import ChunkState

CHUNK_SIZE = 10_000
SINGLE_CHUNK_SIZE = 1_000  # where a call carries one message, so that workers share a batch evenly
FIRST_HINTS = 8  # tasks published at a launch; each one that finds more work publishes its successor

FILL = """
WITH filled AS (
    INSERT INTO notifications_message (key, batch_id, template_id, channel, language, destination, variables,
        exercise, state, queued_at)
    SELECT s.key, %s, {template}, s.channel, {language}, s.destination, s.variables, %s, 'queued', %s
    FROM ({select}) AS s(key, channel, destination, language, variables)
    {conflict}
    RETURNING id, channel, template_id
),
numbered AS (
    SELECT id, channel, template_id,
        (row_number() OVER (PARTITION BY channel, template_id ORDER BY id) - 1)
            / CASE WHEN channel = ANY(%s) THEN %s ELSE %s END AS number
    FROM filled
),
chunks AS (
    INSERT INTO notifications_chunk (batch_id, template_id, channel, urgent, exercise, drill, first, last, size,
        state, retries, sent, delivered, failed, ambiguous, cancelled, due_at, attempts)
    SELECT %s, template_id, channel, false, %s, %s, min(id), max(id), count(*),
        'waiting', 0, 0, 0, 0, 0, 0, %s, 0
    FROM numbered GROUP BY channel, template_id, number
    RETURNING size
)
SELECT coalesce(sum(size), 0) FROM chunks
"""

LACKING = """
SELECT s.channel, s.language, array_agg(DISTINCT name)
FROM ({select}) AS s(key, channel, destination, language, variables)
JOIN (VALUES {words}) AS w(template_id, channel, language, variables)
    ON w.channel = s.channel AND w.language = s.language
CROSS JOIN LATERAL unnest(w.variables) AS name
WHERE NOT s.variables ? name
GROUP BY 1, 2 LIMIT 1
"""


@transaction.atomic
def open_batch(
    *, template: str, by: Actor, reference: str, key: str, exercise: int | None = None, urgent: bool = False
) -> Batch:
    """Begin a batch; the same `key` again returns the first one. An `urgent` one does not wait for quiet hours' end.

    Journals notice.batch_opened. Raises UnknownTemplate and TemplateNotApproved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    queries.current_templates(template)
    batch, created = Batch.objects.get_or_create(
        key=key,
        defaults={
            "template": template,
            "reference": reference,
            "exercise": exercise,
            "urgent": urgent,
            "opened_by": str(by),
            "opened_at": now(),
        },
    )
    if created:
        note("notice.batch_opened", batch, by)
    return batch


@transaction.atomic
def fill_batch(batch_id: int, select_sql: str, params: Sequence[Any] = ()) -> int:
    """Put the rows of a SELECT of (key, channel, destination, language, variables jsonb) into an open batch.

    One INSERT … SELECT: no row passes through Python. A key that is known already is left alone, in this batch or any
    other. A language without a template falls back to Chinese. Returns how many rows were added, in chunks of one
    channel and template. All or nothing: a row that lacks a variable refuses the whole call.

    Called by upper rooms' operations only; `select_sql` is never a user's text.
    Raises BatchNotOpen, UnknownTemplate, VariableMissing.
    """
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
    if batch.state != "open":
        raise BatchNotOpen(_("This batch is %(state)s; nothing more can be added to it.") % {"state": batch.state})
    templates = queries.current_templates(batch.template)
    template, template_values = choose(
        templates, lambda row: ("CASE WHEN s.variables ?& %s THEN %s END", [row.variables, row.pk])
    )
    language, language_values = choose(templates, lambda row: ("%s", [row.language]), otherwise="s.language")
    moment = now()
    values = [batch.pk, *template_values, *language_values, batch.exercise, moment, *params]
    single = one_by_one({template.channel for template in templates}, moment)
    values += [single, SINGLE_CHUNK_SIZE, CHUNK_SIZE, batch.pk, batch.exercise, batch.exercise is not None, moment]

    def fill(conflict: str) -> int:
        with transaction.atomic(), connection.cursor() as cursor:
            statement = FILL.format(template=template, language=language, select=select_sql, conflict=conflict)
            cursor.execute(statement, values)
            return cursor.fetchone()[0]

    try:
        try:
            added = fill("")
        except IntegrityError as error:
            if "template_id" in str(error):
                raise
            # Somebody is in it already. Looking out for that costs two fifths, so it is done the second time only.
            added = fill("ON CONFLICT (key) DO NOTHING")
    except IntegrityError as error:
        if "template_id" not in str(error):
            raise
        refuse_fill(batch.template, lacking(templates, select_sql, params))
    batch.total += added
    batch.save(update_fields=["total"])
    return added


def choose(
    templates: Sequence[Template], then: Callable[[Template], tuple[str, list[Any]]], *, otherwise: str = "NULL"
) -> tuple[str, list[Any]]:
    """An SQL expression that picks per channel and language, falling back to Chinese, and its values."""
    parts, values = ["CASE s.channel"], []
    for channel in dict.fromkeys(template.channel for template in templates):
        words = {template.language: template for template in templates if template.channel == channel}
        parts.append("WHEN %s THEN CASE s.language")
        values.append(channel)
        for language, template in words.items():
            part, more = then(template)
            parts.append(f"WHEN %s THEN {part}")
            values += [language, *more]
        part, more = then(words[FALLBACK]) if FALLBACK in words else (otherwise, [])
        parts.append(f"ELSE {part} END")
        values += more
    return " ".join([*parts, f"ELSE {otherwise} END"]), values


def lacking(templates: Sequence[Template], select_sql: str, params: Sequence[Any]) -> tuple[str, str, list[str]] | None:
    words = ", ".join(["(%s::bigint, %s, %s, %s::text[])"] * len(templates))
    known: list[Any] = []
    for template in templates:
        known += [template.pk, template.channel, template.language, template.variables]
    with connection.cursor() as cursor:
        cursor.execute(LACKING.format(words=words, select=select_sql), [*params, *known])
        return cursor.fetchone()


def refuse_fill(template: str, found: tuple[str, str, list[str]] | None) -> NoReturn:
    if found is None:
        raise UnknownTemplate(
            _("Some recipients are on a channel for which there is no template %(template)s.") % {"template": template}
        )
    channel, language, names = found
    raise VariableMissing(
        _("The template %(template)s (%(channel)s, %(language)s) needs a value for: %(names)s.")
        % {"template": template, "channel": channel, "language": language, "names": ", ".join(names)},
        missing=names,
    )


@transaction.atomic
def launch_batch(*, batch_id: int, by: Actor) -> Batch:
    """Let an open batch go. Journals notice.batch_launched. Raises BatchEmpty, IllegalBatchStep, NotAllowed."""
    batch = step(batch_id, by, "launch", "notice.batch_launched")
    if not batch.total:
        raise BatchEmpty(_("Nobody is in this batch; there is nothing to send."))
    release(batch)
    return batch


@transaction.atomic
def pause_batch(*, batch_id: int, by: Actor) -> Batch:
    """Send nothing more until resumed; calls under way end. Journals notice.batch_paused. Raises IllegalBatchStep."""
    batch = step(batch_id, by, "pause", "notice.batch_paused")
    Chunk.objects.filter(batch=batch, state=ChunkState.DUE).exclude(lease_until__gt=Now()).update(
        state=ChunkState.WAITING
    )
    return batch


@transaction.atomic
def resume_batch(*, batch_id: int, by: Actor) -> Batch:
    """Go on after a pause. Journals notice.batch_resumed. Raises IllegalBatchStep, NotAllowed."""
    from notifications.engine.finishing import finish_batch

    batch = step(batch_id, by, "resume", "notice.batch_resumed")
    release(batch)
    finish_batch(batch)
    return batch


@transaction.atomic
def cancel_batch(*, batch_id: int, by: Actor) -> Batch:
    """Send nothing more, ever: what is still queued becomes cancelled (by the workers, chunk by chunk).

    What was handed to a provider stays what it is. Journals notice.batch_cancelled. Raises IllegalBatchStep.
    """
    batch = step(batch_id, by, "cancel", "notice.batch_cancelled")
    release(batch)
    return batch


def step(batch_id: int, by: Actor, name: str, kind: str) -> Batch:
    by.require(Permission.SEND_NOTICES)
    batch = Batch.objects.select_for_update(no_key=True).get(pk=batch_id)
    move = getattr(batch, name)
    if not can_proceed(move):
        raise IllegalBatchStep(
            _("This batch is %(state)s.") % {"state": batch.get_state_display()},  # type: ignore[attr-defined]
            state=batch.state,
            legal=sorted(transition.name for transition in batch.get_available_state_transitions()),  # type: ignore[attr-defined]
        )
    move()
    if name == "launch":
        batch.launched_at = now()
    if name == "cancel":
        batch.finished_at = now()
    batch.save()
    note(kind, batch, by, total=batch.total)
    return batch


def release(batch: Batch) -> None:
    """Let the workers have every chunk that is not done."""
    from notifications import tasks

    chunks = Chunk.objects.filter(batch=batch, state=ChunkState.WAITING).update(
        state=ChunkState.DUE, due_at=Now(), lease_until=None
    )
    for _number in range(min(chunks, FIRST_HINTS)):
        nudge(tasks.send_chunk)


def note(kind: str, batch: Batch, by: Actor, **figures: object) -> None:
    journal.write(
        kind=kind,
        subject=f"batch:{batch.pk}",
        reference=batch.reference,
        by=by,
        payload={"template": f"purpose:{batch.template}", **figures},
        exercise=batch.exercise,
    )
