"""The journal and the engine's small tables, to look at only: the database refuses changes anyway."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from journal.models import ClockBeat, Entry, Head, Installation, ReaderCursor


class ReadOnly(admin.ModelAdmin):
    """Nobody adds, changes or deletes here, not even a superuser."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    list_display = ["id", "recorded_at", "kind", "subject", "reference", "actor", "exercise"]
    search_fields = ["=subject", "=reference", "=actor", "kind"]
    show_full_result_count = False
    ordering = ["-id"]


@admin.register(Head)
class HeadAdmin(ReadOnly):
    list_display = ["subject", "seq"]
    search_fields = ["=subject"]


@admin.register(ReaderCursor, ClockBeat, Installation)
class EngineAdmin(ReadOnly):
    pass
