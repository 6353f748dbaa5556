"""How a person wants to see things."""

from __future__ import annotations

import zoneinfo

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.models import User
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
