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
    path("roster/board/", views.roster_board, name="roster_board"),
    path("roster/swap/", views.roster_swap, name="roster_swap"),
    path("roster/swap/<int:pk>/cancel/", views.swap_cancel, name="swap_cancel"),
    path("roster/rotations/", views.rotation_list, name="rotation_list"),
    path("roster/rotations/new/", views.rotation_edit, name="rotation_new"),
    path("roster/rotations/preview/", views.rotation_preview, name="rotation_preview"),
    path("roster/rotations/<int:pk>/", views.rotation_edit, name="rotation_edit"),
    path("roster/rotations/<int:pk>/retire/", views.rotation_retire, name="rotation_retire"),
    path("roster/days/", views.days_set, name="days_set"),
    path("roster/calendar/reset/", views.calendar_reset, name="calendar_reset"),
    path("calendar/<str:token>.ics", views.calendar_feed, name="calendar_feed"),
    path("keys/", views.api_keys, name="api_keys"),
    path("keys/<int:pk>/revoke/", views.api_key_revoke, name="api_key_revoke"),
    path("account/", views.account_page, name="account_page"),
]
