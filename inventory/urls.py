from django.urls import path

from inventory import views

urlpatterns = [
    path("stock/", views.stock, name="stock"),
    path("stock/equip/", views.equip, name="stock_equip"),
    path("stock/labels/", views.labels, name="stock_labels"),
    path("stock/shortages/", views.shortages, name="stock_shortages"),
    path("panels/supplies/<str:reference>/", views.panel, name="inventory_panel"),
    path("panels/supplies/<str:reference>/missing/", views.issue_missing, name="inventory_issue_missing"),
]
