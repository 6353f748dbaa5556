"""Items, stock and ledger, to look at: they change by operations that authorise and journal."""

from __future__ import annotations

from django.contrib import admin

from inventory.models import Item, Movement, Stock
from journal.admin import ReadOnly


@admin.register(Item)
class ItemAdmin(ReadOnly):
    list_display = ["code", "name", "name_en", "category", "unit", "default_par", "check_days"]
    list_filter = ["category"]
    search_fields = ["code", "name", "name_en"]


@admin.register(Stock)
class StockAdmin(ReadOnly):
    list_display = ["warehouse_code", "item", "quantity", "par", "location", "expires_on"]
    list_filter = ["item__category"]
    search_fields = ["warehouse_code", "item__code", "item__name"]


@admin.register(Movement)
class MovementAdmin(ReadOnly):
    list_display = ["id", "recorded_at", "kind", "warehouse_code", "item", "delta", "after", "reference", "actor"]
    list_filter = ["kind"]
    search_fields = ["warehouse_code", "item__code", "reference"]
