"""Machine keys."""

from __future__ import annotations

import secrets

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.digests import digest
from accounts.models import ApiKey
from accounts.roles import Permission, Role
from journal import operations as journal
from journal.clock import now
from journal.refusal import Invalid, Refusal


class ApiKeyNameTaken(Refusal):
    """An API key of this name exists already, perhaps a revoked one: names stay readable in the journal."""


class UnknownRole(Invalid):
    """There is no such role."""


class KeyRevoked(Refusal):
    """The key has been revoked before."""


@transaction.atomic
def create_api_key(*, name: str, role: str, by: Actor) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is shown this once and not kept.

    Journals accounts.key_created. Raises ApiKeyNameTaken, UnknownRole, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    name = name.strip()
    if not name or len(name) > 60 or not name.isprintable():
        raise Invalid(_("Give the key a name of 1 to 60 characters."))
    if role not in Role.values:
        raise UnknownRole(_("There is no role “%(role)s”.") % {"role": role})
    secret = f"fh_{secrets.token_urlsafe(32)}"
    try:
        with transaction.atomic():
            key = ApiKey.objects.create(name=name, role=role, prefix=secret[:9], digest=digest(secret))
    except IntegrityError:
        raise ApiKeyNameTaken(
            _("An API key named “%(name)s” exists already; choose another name.") % {"name": name}
        ) from None
    journal.write(kind="accounts.key_created", subject=f"key:{key.pk}", by=by, payload={"role": role})
    return key, secret


@transaction.atomic
def revoke_api_key(*, key_id: int, by: Actor) -> ApiKey:
    """End a key for good: the next call with it is answered 401.

    Journals accounts.key_revoked. Raises KeyRevoked, NotAllowed, ApiKey.DoesNotExist.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    key = ApiKey.objects.select_for_update().get(pk=key_id)
    if key.revoked_at is not None:
        raise KeyRevoked(_("The key “%(name)s” is revoked already.") % {"name": key.name})
    key.revoked_at = now()
    key.save(update_fields=["revoked_at"])
    journal.write(kind="accounts.key_revoked", subject=f"key:{key.pk}", by=by)
    return key
