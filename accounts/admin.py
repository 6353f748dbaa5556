"""People and keys, to look at: they are changed on their own pages, where each change is authorised and journalled."""

from __future__ import annotations

from django.contrib import admin

from accounts.models import ApiKey, Duty, ImportDraft, RoleGrant, User
from journal.admin import ReadOnly


@admin.register(User)
class UserAdmin(ReadOnly):
    list_display = ["username", "staff_no", "name", "job_title", "is_active", "last_login"]
    list_filter = ["is_active"]
    search_fields = ["username", "staff_no", "name"]
    exclude = ["password", "groups", "user_permissions"]


@admin.register(RoleGrant)
class RoleGrantAdmin(ReadOnly):
    list_display = ["user", "role", "region_code", "warehouse_code"]
    list_filter = ["role"]


@admin.register(Duty)
class DutyAdmin(ReadOnly):
    list_display = ["post", "region_code", "rank", "user", "starts_at", "ends_at"]
    list_filter = ["post", "region_code"]
    date_hierarchy = "starts_at"


@admin.register(ApiKey)
class ApiKeyAdmin(ReadOnly):
    list_display = ["name", "role", "prefix", "created_at", "revoked_at"]
    exclude = ["digest"]


@admin.register(ImportDraft)
class ImportDraftAdmin(ReadOnly):
    list_display = ["id", "kind", "state", "created_by", "created_at", "created_count", "changed_count"]
    exclude = ["content"]
