from django.urls import path

from inventory import api

urlpatterns = [
    path("inventory/stock", api.StockView.as_view(), name="api_stock"),
    path("inventory/movements", api.MovementsView.as_view(), name="api_movements"),
    path("inventory/movements/<int:movement_id>/undo", api.UndoView.as_view(), name="api_undo_movement"),
    path("inventory/supplies", api.SuppliesView.as_view(), name="api_supplies"),
]
