"""How entries of drills read."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

from accounts.models import User
from journal.kinds import ids, register, register_names


def player_names(keys: list[str]) -> dict[str, str]:
    """A player is shown as one, never as the person."""
    users = User.objects.filter(pk__in=ids(keys))
    return {str(user.pk): _("%(name)s (player)") % {"name": user.label} for user in users}


def exercise_names(keys: list[str]) -> dict[str, str]:
    return {key: _("Exercise control") for key in keys}


register_names("player", player_names)
register_names("drill", exercise_names)
register(
    {
        "drill.started": ngettext_lazy(
            "Exercise started at %(factor)s× with %(people)s participant",
            "Exercise started at %(factor)s× with %(people)s participants",
            "people",
        ),
        "drill.finished": ngettext_lazy(
            "Exercise finished: %(points)s point", "Exercise finished: %(points)s points", "points"
        ),
        "drill.aborted": gettext_lazy("Exercise aborted. %(reason)s"),
    }
)
