"""Each request runs in its user's language and time zone, and carries its Actor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject

from accounts.actors import Actor, user_actor
from accounts.queries import zone_of


def preferences(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def middleware(request: Any) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
                translation.activate(user.language)
                request.LANGUAGE_CODE = user.language
            timezone.activate(zone_of(user))
            request.actor = SimpleLazyObject(lambda: user_actor(user))
        else:
            request.actor = Actor(kind="visitor")
            timezone.deactivate()
        return get_response(request)

    return middleware
