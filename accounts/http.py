"""The request as this house's views see it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from accounts.actors import Actor
from accounts.models import User


class StaffRequest(HttpRequest):
    """A logged-in person's request: annotate views under `login_required` with it."""

    user: User  # type: ignore[assignment]
    actor: Actor
    htmx: HtmxDetails


View = Callable[..., HttpResponseBase]


def needs(permission: str) -> Callable[[View], View]:
    """A view for people who are logged in and hold `permission`: others are sent to the log-in, or refused."""

    def decorate(view: View) -> View:
        @login_required
        @functools.wraps(view)
        def checked(request: Any, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.actor.require(permission)
            return view(request, *args, **kwargs)

        return checked

    return decorate


def secret_page(
    request: StaffRequest, *, title: str, secret: str, back: str, template: str = "accounts/secret.html"
) -> HttpResponse:
    """The one page that shows a secret, kept by no cache; `back` is the address to go on to."""
    answer = render(request, template, {"title": title, "secret": secret, "back": back})
    answer["Cache-Control"] = "no-store"
    return answer
