"""Writes of accounts."""

from __future__ import annotations

import secrets

from django.db import transaction

from accounts.actors import Actor
from accounts.authentication import digest
from accounts.models import ApiKey
from accounts.roles import Permission, Role
from journal import operations as journal


class ApiKeyNameTaken(ValueError):
    """An API key of this name exists already; revoke it or choose another name."""


@transaction.atomic
def create_api_key(*, name: str, role: str, by: Actor) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is shown this once and not kept.

    Journals accounts.key_created. Raises ApiKeyNameTaken, ValueError for an unknown role, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    role = Role(role)
    if ApiKey.objects.filter(name=name).exists():
        raise ApiKeyNameTaken(f"an API key named {name!r} exists already")
    secret = f"fh_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(name=name, role=role, prefix=secret[:9], digest=digest(secret))
    journal.write(kind="accounts.key_created", subject=f"key:{key.pk}", by=by, payload={"role": role})
    return key, secret
