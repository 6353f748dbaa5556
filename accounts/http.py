"""The request as this house's views see it."""

from __future__ import annotations

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from accounts.actors import Actor
from accounts.models import User


class StaffRequest(HttpRequest):
    """A logged-in person's request: annotate views under `login_required` with it."""

    user: User  # type: ignore[assignment]
    actor: Actor
    htmx: HtmxDetails
