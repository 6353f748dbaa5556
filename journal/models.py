"""What happened: append-only entries in one hash chain per subject, and the small tables the clock and readers need."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Entry(models.Model):
    """One fact. The database refuses to change or delete it, and computes `hash` itself (`journal_append`).

    `position` orders entries by commit as readers see it: epoch << 48 | transaction id.
    """

    position = models.BigIntegerField()
    recorded_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    backfilled = models.BooleanField(default=False)
    kind = models.CharField(max_length=64)
    subject = models.CharField(max_length=64)
    reference = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=64)
    payload = models.JSONField()
    exercise = models.BigIntegerField(null=True)
    seq = models.BigIntegerField()
    previous_hash = models.BinaryField()
    hash = models.BinaryField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["position", "id"], name="entry_by_position"),
            models.Index(fields=["reference", "id"], name="entry_by_reference"),
            models.Index(fields=["kind", "id"], name="entry_by_kind"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "seq"], name="one_entry_per_subject_and_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} #{self.seq} {self.kind}"


class Head(models.Model):
    """The end of one subject's chain; its row is the chain's lock."""

    subject = models.CharField(max_length=64, primary_key=True)
    seq = models.BigIntegerField()
    hash = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.subject} #{self.seq}"


class ReaderCursor(models.Model):
    """How far a named journal reader has come."""

    name = models.CharField(max_length=64, primary_key=True)
    position = models.BigIntegerField(default=0)
    entry = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} at {self.position}.{self.entry}"


class ClockBeat(models.Model):
    """A clock's sign of life, in real time (never shifted by a test's offset)."""

    clock = models.CharField(max_length=128, primary_key=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.clock} {self.beat_at:%H:%M:%S}"


class Touch(models.Model):
    """A change of a matter that made no entry, kept for some minutes: fragments made before it are too old.

    Rows are only added, so that touching locks nobody out.
    """

    topic = models.CharField(max_length=64)
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["topic", "id"], name="touch_by_topic")]

    def __str__(self) -> str:
        return f"{self.topic} {self.at:%H:%M:%S}"


class Installation(models.Model):
    """Facts about this installation as a whole; exactly one row.

    `epoch` rises at each restore, so that positions stay ordered although a new server counts transactions from the
    beginning. `send_hold` keeps a restored copy from messaging anybody until an administrator releases it.
    `time_offset` can be other than zero only in a test database.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    epoch = models.SmallIntegerField(default=0)
    send_hold = models.BooleanField(default=False)
    time_offset = models.DurationField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=models.Q(id=1), name="one_installation_row"),
        ]

    def __str__(self) -> str:
        return f"epoch {self.epoch}"


class Leased(models.Model):
    """A row that is a job: due at a time, worked on under a lease, fenced by its attempt number."""

    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)

    class Meta:
        abstract = True
