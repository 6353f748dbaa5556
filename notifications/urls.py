from django.urls import path

from notifications import views

urlpatterns = [
    path("notifications/", views.notifications, name="notifications"),
    path("notifications/channels/", views.channels_panel, name="channels_panel"),
    path("notifications/messages/", views.messages_panel, name="messages_panel"),
    path("notifications/templates/<int:pk>/", views.template, name="template"),
    path("notifications/templates/<int:pk>/write/", views.template_write, name="template_write"),
    path("notifications/templates/<int:pk>/approve/", views.template_approve, name="template_approve"),
    path("notifications/templates/<int:pk>/retire/", views.template_retire, name="template_retire"),
    path("inbox/", views.inbox, name="inbox"),
    path("inbox/read/", views.inbox_read, name="inbox_read"),
    path("inbox/bell/", views.inbox_bell, name="inbox_bell"),
]
