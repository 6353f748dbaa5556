"""How a person wants to see things."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, NotAllowed
from accounts.models import User
from accounts.roles import Permission
from journal import operations as journal
from journal.refusal import Invalid

THEMES = ("auto", "light", "dark")


class PreferenceRefused(Invalid):
    """There is no such language, theme or time zone."""


@transaction.atomic
def change_preferences(
    *, by: Actor, language: str | None = None, theme: str | None = None, time_zone: str | None = None
) -> User:
    """Set what is given of the actor's own language, theme and time zone. Journals nothing: it concerns nobody else.

    Raises PreferenceRefused.
    """
    user = User.objects.select_for_update().get(pk=by.key)
    known = {
        "language": (language, dict(settings.LANGUAGES)),
        "theme": (theme, THEMES),
        "time_zone": (time_zone, zoneinfo.available_timezones()),
    }
    changed = []
    for field, (value, choices) in known.items():
        if value is None:
            continue
        if value not in choices:
            raise PreferenceRefused(_("“%(value)s” cannot be chosen here.") % {"value": value[:60]})
        setattr(user, field, value)
        changed.append(field)
    if changed:
        user.save(update_fields=changed)
    return user


@transaction.atomic
def reset_calendar_link(*, by: Actor) -> User:
    """Make the actor's calendar addresses worthless; new ones are shown from now on.

    Journals accounts.calendar_link_reset. Raises NotAllowed for who is no person.
    """
    if by.user_id is None:
        raise NotAllowed(by, Permission.VIEW)
    user = User.objects.select_for_update().get(pk=by.user_id)
    user.calendar_serial += 1
    user.save(update_fields=["calendar_serial"])
    journal.write(kind="accounts.calendar_link_reset", subject=f"user:{user.pk}", by=by)
    return user
