from django.urls import path

from accounts import views

urlpatterns = [
    path("people/", views.people, name="people"),
    path("people/import/", views.people_import, name="people_import"),
    path("people/import/<int:pk>/", views.import_preview, name="import_preview"),
    path("people/import/<int:pk>/apply/", views.import_apply, name="import_apply"),
    path("people/import/<int:pk>/discard/", views.import_discard, name="import_discard"),
    path("people/import/template/<str:kind>/", views.import_template, name="import_template"),
    path("people/export/<str:kind>/", views.export, name="people_export"),
    path("people/<int:pk>/", views.person, name="person"),
    path("people/<int:pk>/password/", views.person_password, name="person_password"),
    path("people/<int:pk>/contacts/", views.contact_add, name="contact_add"),
    path("people/contacts/<int:pk>/remove/", views.contact_remove, name="contact_remove"),
    path("roster/", views.roster, name="roster"),
    path("keys/", views.api_keys, name="api_keys"),
    path("keys/<int:pk>/revoke/", views.api_key_revoke, name="api_key_revoke"),
    path("account/", views.account_page, name="account_page"),
]
