"""Writes of accounts."""

from __future__ import annotations

import secrets

from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.authentication import digest
from accounts.models import ApiKey, RoleGrant, User
from accounts.roles import Permission, Role
from journal import operations as journal
from journal.refusal import Invalid


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


class UserNameTaken(Invalid):
    """A user of this name exists already; choose another name."""


@transaction.atomic
def create_administrator(*, username: str, password: str, by: Actor) -> User:
    """Make a person who may do everything, `password` being theirs to log in with.

    Journals accounts.administrator_created. Raises UserNameTaken, ValidationError for a weak password, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    if User.objects.filter(username=username).exists():
        raise UserNameTaken(_("A user named %(name)s exists already; choose another name.") % {"name": username})
    user = User(username=username, name=username, is_staff=True, is_superuser=True)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    RoleGrant.objects.create(user=user, role=Role.ADMINISTRATOR)
    journal.write(kind="accounts.administrator_created", subject=f"user:{user.pk}", by=by)
    return user
