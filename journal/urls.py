from django.urls import path

from journal import views

urlpatterns = [
    path("timeline/<str:topic>/", views.timeline, name="timeline"),
    path("journal/", views.journal_page, name="journal_page"),
    path("journal/verify/", views.verify, name="journal_verify"),
]
