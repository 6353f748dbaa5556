"""What is known of a notice province by province, where its people are too many to be counted for every look."""

from __future__ import annotations

from django.db import models

from customers.models.notices import NoticeRun


class NoticePlaces(models.Model):
    """How far a large notice was in each province when it was counted last, as `figures` (customers.queries.places).

    A worker counts again at `due_at`, no more while it is null.
    """

    notice = models.OneToOneField(NoticeRun, on_delete=models.CASCADE, primary_key=True, related_name="places")
    figures = models.JSONField(default=list)
    counted_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"provinces of notice {self.notice_id}"
