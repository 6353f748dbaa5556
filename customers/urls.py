from django.urls import path

from customers import public
from customers.views import notices as views

urlpatterns = [
    path("notices/", views.notice_list, name="notice_list"),
    path("notices/prepare/<str:reference>/", views.prepare, name="notice_prepare"),
    path("notices/<int:pk>/", views.notice, name="notice"),
    path("notices/<int:pk>/body/", views.notice_body, name="notice_body"),
    path("notices/<int:pk>/edit/", views.edit, name="notice_edit"),
    path("notices/<int:pk>/<str:step>/", views.take_step, name="notice_step"),
    path("panels/customers/<str:reference>/", views.panel, name="customers_panel"),
    path("s/<str:token>/", public.status, name="customer_status"),
]
