"""How entries about people and keys read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from accounts.models import ApiKey, User
from journal.kinds import register, register_names


def user_names(keys: list[str]) -> dict[str, str]:
    users = User.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    return {str(user.pk): user.label for user in users}


def key_names(keys: list[str]) -> dict[str, str]:
    found = ApiKey.objects.filter(pk__in=[key for key in keys if key.isdecimal()])
    return {str(key.pk): key.name for key in found}


register_names("user", user_names)
register_names("key", key_names)
register(
    {
        "accounts.key_created": _("API key %(subject)s created for the role %(role)s"),
        "accounts.administrator_created": _("%(subject)s was made an administrator"),
    }
)
