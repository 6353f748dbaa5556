"""Logging in with name and password."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.http import HttpRequest

from accounts.models import User
from accounts.sample import DEMO_PASSWORD


class StaffBackend(ModelBackend):
    """Django's own, but the demo password opens nothing once the server listens beyond the loopback address."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: Any
    ) -> User | None:
        if password == DEMO_PASSWORD and not settings.LOOPBACK:
            return None
        return super().authenticate(request, username=username, password=password, **kwargs)  # type: ignore[return-value]
