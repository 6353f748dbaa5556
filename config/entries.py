"""How entries about the installation itself read."""

from django.utils.translation import gettext_lazy as _

from journal.kinds import register

register(
    {
        "sample.loaded": _("Sample data of %(room)s loaded"),
        "installation.hold_released": _("Sending released after a restore"),
    }
)
