"""All addresses. Each room brings its own pages and its own part of the API."""

from importlib.util import find_spec

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.models import Group
from django.urls import include, path
from django.views.i18n import JavaScriptCatalog
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import views
from journal.views import panels

# Roles are our own; Django's groups would grant nothing.
if admin.site.is_registered(Group):
    admin.site.unregister(Group)
# The administration's own form would ask for no second factor.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns = [
    # First, because it is asked for most: every open screen, each time something happens.
    path("panels/", panels, name="panels"),
    path("", views.board, name="board"),
    path("board/status/", views.board_status, name="board_status"),
    path("board/map.json", views.board_map_data, name="board_map_data"),
    path("board/warnings/", views.board_warnings, name="board_warnings"),
    path("board/incidents/", views.board_incidents, name="board_incidents"),
    path("board/throughput.json", views.board_throughput_data, name="board_throughput_data"),
    path("board/throughput/", views.board_throughput, name="board_throughput"),
    path("board/orders/", views.board_orders, name="board_orders"),
    path("board/supplies/", views.board_supplies, name="board_supplies"),
    path("board/duty/", views.board_duty, name="board_duty"),
    path("engine/", views.engine_banner, name="engine_banner"),
    path("healthz", views.healthz, name="healthz"),
    path("health/engine", views.health_engine, name="health_engine"),
    path("preferences/", views.preferences, name="preferences"),
    path("robots.txt", views.robots, name="robots"),
    path("metrics", views.metrics, name="metrics"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("admin/", admin.site.urls),
    path("jsi18n/", JavaScriptCatalog.as_view(), name="javascript_catalog"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="api_docs"),
]
for room in settings.ROOMS:
    if find_spec(f"{room}.urls"):
        urlpatterns.append(path("", include(f"{room}.urls")))
    if find_spec(f"{room}.api_urls"):
        urlpatterns.append(path("api/v1/", include(f"{room}.api_urls")))
