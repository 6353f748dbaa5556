"""Small tables that an administrator edits where no page of their own is worth it."""

from __future__ import annotations

from django.contrib import admin

from dispatch.models import Promotion


@admin.register(Promotion)
class PromotionAdmin(admin.ModelAdmin):
    list_display = ["name", "name_en", "first_month", "first_day", "last_month", "last_day", "factor"]
