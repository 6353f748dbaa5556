"""Single people: what they are called, what they may do, how they are reached."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.imports.contacts import normal_address
from accounts.imports.staff import REGION, WAREHOUSE, current_grants, replace_grants
from accounts.models import Channel, ContactPoint, RoleGrant, User
from accounts.roles import Permission, Role, permissions_of
from journal import operations as journal
from journal.refusal import Invalid, Refusal


class PersonGone(Invalid):
    """There is no such person."""


class NameMissing(Invalid):
    """A person needs a name."""


class OwnLockOut(Refusal):
    """An administrator would take away their own access."""


class UserNameTaken(Invalid):
    """A user of this name exists already; choose another name."""


class AddressRefused(Invalid):
    """The address cannot be used on its channel, or is known already."""


class ScopeRefused(Invalid):
    """A role is unknown, or its region or warehouse code is malformed."""


def locked(user_id: int) -> User:
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise PersonGone(_("There is no such person."))
    return user


@transaction.atomic
def change_person(
    *,
    user_id: int,
    name: str,
    name_en: str = "",
    job_title: str = "",
    is_active: bool = True,
    grants: Iterable[tuple[str, str, str]] = (),
    by: Actor,
) -> User:
    """Set a person's names, title, whether they are active, and all their grants (role, region code, warehouse code).

    Journals accounts.person_changed with the fields that changed and the new roles. Raises PersonGone, NameMissing,
    ScopeRefused, OwnLockOut, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    user = locked(user_id)
    wanted = checked_grants(grants)
    name, name_en, job_title = (text.strip() for text in (name, name_en, job_title))
    if not name or max(len(name), len(name_en), len(job_title)) > 60:
        raise NameMissing(_("Enter a name; names and titles hold 60 characters at most."))
    if by.user_id == user.pk and not user.is_superuser:
        kept = permissions_of({role for role, _region, _warehouse in wanted})
        if not is_active or Permission.MANAGE_ACCOUNTS not in kept:
            raise OwnLockOut(_("You cannot take away your own access; ask another administrator."))
    new = {"name": name, "name_en": name_en, "job_title": job_title, "is_active": is_active}
    changed = [field for field, value in new.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, new[field])
    if changed:
        user.save(update_fields=changed)
    if wanted != current_grants(user):
        replace_grants(user, wanted)
        changed.append("roles")
    if changed:
        payload = {"fields": changed, "roles": sorted({role for role, _region, _warehouse in wanted})}
        journal.write(kind="accounts.person_changed", subject=f"user:{user.pk}", by=by, payload=payload)
    return user


def checked_grants(grants: Iterable[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    found = set()
    for role, region, warehouse in grants:
        if role not in Role.values:
            raise ScopeRefused(_("There is no role “%(role)s”.") % {"role": role})
        if region and not REGION.fullmatch(region):
            raise ScopeRefused(_("Write a region code of 2, 4 or 6 digits."))
        if warehouse and not WAREHOUSE.fullmatch(warehouse):
            raise ScopeRefused(_("Write a warehouse code: letters, digits, “-” and “_”."))
        found.add((role, region, warehouse))
    return found


@transaction.atomic
def add_contact_point(*, user_id: int, channel: str, address: str, rank: int = 0, by: Actor) -> ContactPoint:
    """Add an address of a person. People may change their own; others' need MANAGE_ACCOUNTS.

    Journals accounts.contacts_changed, without the address. Raises AddressRefused, PersonGone, NotAllowed.
    """
    if by.user_id != user_id:
        by.require(Permission.MANAGE_ACCOUNTS)
    user = locked(user_id)
    if channel not in Channel.values or channel == Channel.IN_APP or not 0 <= rank <= 9:
        raise AddressRefused(_("Choose SMS, voice call, e-mail, group robot, app push or WeChat."))
    try:
        normal = normal_address(channel, address.strip())
    except ValidationError as error:
        raise AddressRefused(error.messages[0]) from None
    try:
        with transaction.atomic():
            point = ContactPoint.objects.create(user=user, channel=channel, address=normal, rank=rank)
    except IntegrityError:
        raise AddressRefused(_("This contact point is known already.")) from None
    payload = {"channel": channel, "contact_point": point.pk}
    journal.write(kind="accounts.contact_added", subject=f"user:{user.pk}", by=by, payload=payload)
    return point


@transaction.atomic
def remove_contact_point(*, contact_point_id: int, by: Actor) -> None:
    """Remove an address; a second removal finds nothing and does nothing. Journals accounts.contact_removed."""
    point = ContactPoint.objects.select_for_update().filter(pk=contact_point_id).first()
    if point is None:
        by.require(Permission.VIEW)
        return
    if by.user_id != point.user_id:
        by.require(Permission.MANAGE_ACCOUNTS)
    payload = {"channel": point.channel, "contact_point": point.pk}
    point.delete()
    journal.write(kind="accounts.contact_removed", subject=f"user:{point.user_id}", by=by, payload=payload)


@transaction.atomic
def issue_password(*, user_id: int, by: Actor) -> str:
    """Give a person a new random password and return it; it is shown this once and ends their running sessions.

    Journals accounts.password_issued. Raises PersonGone, NotAllowed.
    """
    by.require(Permission.MANAGE_ACCOUNTS)
    user = locked(user_id)
    password = readable_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    journal.write(kind="accounts.password_issued", subject=f"user:{user.pk}", by=by)
    return password


def readable_password() -> str:
    """80 bits in four groups without letters that look alike, for reading out over a telephone."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _place in range(4)) for _group in range(4))


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
