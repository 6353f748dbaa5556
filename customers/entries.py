"""How the register reads what customer care did."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from customers import entries_care  # noqa: F401 - registers the sentences of care
from customers.models import NoticeRun
from customers.texts import template_label
from journal.kinds import register, register_names

register(
    {
        "notice.prepared": _("Customer notice drafted: %(audience)s people, %(reachable)s of them can be reached"),
        "notice.edited": _("Customer notice changed: %(audience)s people, %(reachable)s of them can be reached"),
        "notice.approved": _("Customer notice approved (%(approvals)s of %(needed)s approvals)"),
        "notice.launched": _("Customer notice launched to %(reachable)s people"),
        "notice.wave_released": _("Customer notice released for %(zone)s: %(people)s people"),
        "notice.fallback": _("%(people)s people are told on another channel, the first one did not reach them"),
        "notice.retried": _("Customer notice sent again to %(people)s people to whom it had failed"),
        "notice.finished": _("Customer notice finished: %(sent)s sent, %(failed)s failed, %(unclear)s unclear"),
        "notice.cancelled": _("Customer notice cancelled"),
    }
)


def notice_names(keys: list[str]) -> dict[str, str]:
    runs = NoticeRun.objects.filter(pk__in=[key for key in keys if key.isdigit()])
    return {str(run.pk): template_label(run.template) for run in runs}


register_names("notice", notice_names)
