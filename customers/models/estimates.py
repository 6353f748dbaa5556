"""What is known anew of a matter whose customers were told something else."""

from __future__ import annotations

from django.db import models


class NewEstimate(models.Model):
    """Until when a matter is expected to last now, as `given_by` said: a worker drafts the follow-up at `due_at`.

    Each is a row of its own and points at no notice: whoever gives one must not wait for a notice that is being filled.
    """

    reference = models.CharField(max_length=64)
    eta = models.DateTimeField()
    given_by = models.CharField(max_length=64)
    due_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.reference} until {self.eta}"
