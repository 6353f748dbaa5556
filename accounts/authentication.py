"""`Authorization: Bearer …` for machines."""

from __future__ import annotations

from rest_framework import authentication, exceptions
from rest_framework.request import Request

from accounts.actors import Actor, key_actor, user_actor
from accounts.digests import digest
from accounts.models import ApiKey


class ApiKeyAuthentication(authentication.BaseAuthentication):
    """Looks the key up by its hash; answers 401 to an unknown or revoked one."""

    def authenticate(self, request: Request) -> tuple[ApiKey, ApiKey] | None:
        words = authentication.get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise exceptions.AuthenticationFailed("Authorization must be: Bearer KEY")
        key = ApiKey.objects.filter(digest=digest(words[1].decode("latin-1")), revoked_at=None).first()
        if key is None:
            raise exceptions.AuthenticationFailed("This API key is unknown or revoked.")
        return key, key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def actor_of(request: Request) -> Actor:
    """The Actor behind an API request, whether it came with a key or a browser session."""
    return key_actor(request.user) if isinstance(request.user, ApiKey) else user_actor(request.user)
