from django.urls import path

from journal import views

urlpatterns = [path("timeline/<str:topic>/", views.timeline, name="timeline")]
