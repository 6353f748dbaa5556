"""How entries about people and keys read."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import ApiKey, User
from accounts.roles import Permission
from journal.kinds import ids, register, register_names, restrict


def user_names(keys: list[str]) -> dict[str, str]:
    users = User.objects.filter(pk__in=ids(keys))
    return {str(user.pk): user.label for user in users}


def key_names(keys: list[str]) -> dict[str, str]:
    found = ApiKey.objects.filter(pk__in=ids(keys))
    return {str(key.pk): key.name for key in found}


register_names("user", user_names)
register_names("key", key_names)
register(
    {
        "accounts.key_created": _("API key %(subject)s created for the role %(role)s"),
        "accounts.key_revoked": _("API key %(subject)s revoked"),
        "accounts.administrator_created": _("%(subject)s was made an administrator"),
        "accounts.person_changed": _("%(subject)s: entry changed (%(fields)s)"),
        "accounts.contact_added": _("%(subject)s: contact point added (%(channel)s)"),
        "accounts.contact_removed": _("%(subject)s: contact point removed (%(channel)s)"),
        "accounts.password_issued": _("%(subject)s: new password issued"),
        "accounts.imported": _("Import of “%(kind)s”: %(created)s created, %(changed)s changed"),
        "accounts.rotation_saved": _("Rotation “%(rotation)s” saved for %(post)s (%(people)s)"),
        "accounts.rotation_retired": _("Rotation “%(rotation)s” ended for %(post)s"),
        "accounts.duty_swapped": _("%(user)s takes over the duty of %(post)s instead of %(instead)s"),
        "accounts.swap_cancelled": _("%(user)s no longer takes over the duty of %(post)s"),
        "accounts.calendar_set": ngettext_lazy(
            "Days off set: %(days)s day from %(from)s to %(until)s",
            "Days off set: %(days)s days from %(from)s to %(until)s",
            "days",
        ),
        "accounts.calendar_link_reset": _("%(subject)s: new calendar address"),
        "accounts.exported": ngettext_lazy(
            "Export of “%(kind)s”: %(count)s row", "Export of “%(kind)s”: %(count)s rows", "count"
        ),
    }
)
for prefix in ("user", "key", "import", "sheet"):
    restrict(prefix, Permission.AUDIT)
