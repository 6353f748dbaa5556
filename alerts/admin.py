"""Warnings, to look at."""

from __future__ import annotations

from django.contrib import admin

from alerts.models import Warning
from journal.admin import ReadOnly


@admin.register(Warning)
class WarningAdmin(ReadOnly):
    list_display = ["id", "sent", "status", "msg_type", "severity", "headline", "sender", "state"]
    list_filter = ["status", "severity", "state"]
    search_fields = ["headline", "identifier", "sender"]
    exclude = ["raw"]
