"""Notices and wishes, to look at."""

from __future__ import annotations

from django.contrib import admin

from customers.models import NoticePolicy, NoticeRun, Preference
from journal.admin import ReadOnly


@admin.register(NoticePolicy)
class NoticePolicyAdmin(ReadOnly):
    list_display = ["second_approval_above", "sms_price", "signature", "estimate_hours"]


@admin.register(Preference)
class PreferenceAdmin(ReadOnly):
    list_display = ["customer_ref", "channel", "language"]
    list_filter = ["channel"]
    search_fields = ["customer_ref"]


@admin.register(NoticeRun)
class NoticeRunAdmin(ReadOnly):
    list_display = ["id", "reference", "template", "state", "audience", "reachable", "prepared_at", "launched_at"]
    list_filter = ["state", "template"]
