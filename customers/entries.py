"""How the register reads what customer care did."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from customers import entries_care  # noqa: F401 - registers the sentences of care
from customers.models import NoticeRun
from customers.texts import template_label
from journal.kinds import ids, register, register_names

register(
    {
        "notice.prepared": ngettext_lazy(
            "Customer notice drafted: %(audience)s person, %(reachable)s can be reached",
            "Customer notice drafted: %(audience)s people, %(reachable)s of them can be reached",
            "audience",
        ),
        "notice.edited": ngettext_lazy(
            "Customer notice changed: %(audience)s person, %(reachable)s can be reached",
            "Customer notice changed: %(audience)s people, %(reachable)s of them can be reached",
            "audience",
        ),
        "notice.approved": _("Customer notice approved (%(approvals)s of %(needed)s approvals)"),
        "notice.launched": ngettext_lazy(
            "Customer notice launched to %(reachable)s person",
            "Customer notice launched to %(reachable)s people",
            "reachable",
        ),
        "notice.wave_released": ngettext_lazy(
            "Customer notice released for %(zone)s: %(people)s person",
            "Customer notice released for %(zone)s: %(people)s people",
            "people",
        ),
        "notice.fallback": ngettext_lazy(
            "%(people)s person is told on another channel, the first one did not reach them",
            "%(people)s people are told on another channel, the first one did not reach them",
            "people",
        ),
        "notice.retried": ngettext_lazy(
            "Customer notice sent again to %(people)s person to whom it had failed",
            "Customer notice sent again to %(people)s people to whom it had failed",
            "people",
        ),
        "notice.finished": _("Customer notice finished: %(sent)s sent, %(failed)s failed, %(unclear)s unclear"),
        "notice.cancelled": _("Customer notice cancelled"),
    }
)


def notice_names(keys: list[str]) -> dict[str, str]:
    runs = NoticeRun.objects.filter(pk__in=ids(keys))
    return {str(run.pk): template_label(run.template) for run in runs}


register_names("notice", notice_names)
