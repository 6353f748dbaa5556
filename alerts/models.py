"""Official warnings as they came in (CAP 1.1 and 1.2), kept whole, and the regions they touch."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Color(models.TextChoices):
    """The colour of a Chinese warning signal, from the issuer or derived from the severity."""

    RED = "red", _("Red")
    ORANGE = "orange", _("Orange")
    YELLOW = "yellow", _("Yellow")
    BLUE = "blue", _("Blue")


class State(models.TextChoices):
    """Where a warning stands in its chain. Expiry is not a state: it is read from `expires`."""

    CURRENT = "current", _("In force")
    SUPERSEDED = "superseded", pgettext_lazy("warning", "Superseded")
    CANCELLED = "cancelled", pgettext_lazy("warning", "Cancelled")


class Warning(models.Model):
    """One CAP message. An issued one is never edited: an Update or Cancel folds those it refers to.

    `sent_text` is `sent` as written, because the identity of a message is its literal (sender, identifier, sent).
    `live` tells status Actual: everything else is kept, shown as such, and never calls anybody.
    The columns from `language` to `expires` are those of the message's first info; `infos` holds all of them.
    """

    sender = models.CharField(max_length=255)
    identifier = models.CharField(max_length=255)
    sent = models.DateTimeField()
    sent_text = models.CharField(max_length=40)
    cap_version = models.CharField(max_length=3)
    status = models.CharField(max_length=8)
    msg_type = models.CharField(max_length=8)
    scope = models.CharField(max_length=10)
    live = models.BooleanField()
    note = models.TextField(blank=True)
    references = models.JSONField(default=list)
    language = models.CharField(max_length=35, blank=True)
    category = models.CharField(max_length=10, blank=True)
    event = models.CharField(max_length=255, blank=True)
    urgency = models.CharField(max_length=10, blank=True)
    severity = models.CharField(max_length=10, blank=True)
    certainty = models.CharField(max_length=10, blank=True)
    color = models.CharField(max_length=6, choices=Color, blank=True)
    headline = models.CharField(max_length=500, blank=True)
    sender_name = models.CharField(max_length=255, blank=True)
    effective = models.DateTimeField(null=True, blank=True)
    onset = models.DateTimeField(null=True, blank=True)
    expires = models.DateTimeField(null=True, blank=True)
    infos = models.JSONField(default=list)
    raw = models.BinaryField()
    digest = models.CharField(max_length=64)
    state = models.CharField(max_length=10, choices=State, default=State.CURRENT)
    folded_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="folds")
    received_at = models.DateTimeField()
    received_by = models.CharField(max_length=64)

    fresh = False  # true on the instance that `file_warning` has just made

    class Meta:
        ordering: ClassVar = ["-sent", "-id"]
        indexes: ClassVar = [
            models.Index(fields=["expires"], name="warning_in_force", condition=models.Q(state="current", live=True)),
            models.Index(fields=["-sent", "-id"], name="warning_by_sent"),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["sender", "identifier", "sent"], name="one_warning_per_sender_identifier_and_sent"
            ),
            models.CheckConstraint(
                condition=models.Q(state="current", folded_by=None) | ~models.Q(state="current"),
                name="only_a_folded_warning_has_a_successor",
            ),
        ]

    def __str__(self) -> str:
        return self.headline or self.event or self.identifier


class WarningRegion(models.Model):
    """A region that a warning touches, and how that is known."""

    class Via(models.TextChoices):
        GEOCODE = "geocode", _("geocode")
        IDENTIFIER = "identifier", _("identifier")
        POLYGON = "polygon", _("polygon")
        CIRCLE = "circle", _("circle")

    warning = models.ForeignKey(Warning, on_delete=models.CASCADE, related_name="regions")
    region_code = models.CharField(max_length=6)
    via = models.CharField(max_length=10, choices=Via)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["region_code"], name="warning_by_region")]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["warning", "region_code"], name="one_link_per_warning_and_region"),
        ]

    def __str__(self) -> str:
        return f"{self.warning_id}: {self.region_code}"
