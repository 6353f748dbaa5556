"""How the register reads compensation, choices, surveys and the support desk; and the events systems can hear of."""

from __future__ import annotations

from django.utils.translation import gettext as translate
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.models import Channel
from accounts.naming import in_a_row
from customers.models import ChoiceKind, ChoiceState, ExemptSpan
from customers.operations.desk import UnmaskReason
from customers.operations.rules import AREAS, label_of, names_of
from customers.texts import template_label
from journal.kinds import ids, register, register_names
from notifications.events import declare

register(
    {
        "policy.written": _("Compensation policy, version %(number)s drafted"),
        "policy.approved": _("Compensation policy, version %(number)s put in force"),
        "policy.discarded": _("Compensation policy, version %(number)s discarded"),
        "exemption.added": _("Exempt span added, to be confirmed: %(exemption)s"),
        "exemption.confirmed": _("Exempt span confirmed: %(exemption)s"),
        "exemption.withdrawn": _("Exempt span withdrawn: %(exemption)s"),
        "compensation.proposed": ngettext_lazy(
            "Compensation proposed: %(orders)s order, CNY %(amount)s",
            "Compensation proposed: %(orders)s orders, CNY %(amount)s",
            "orders",
        ),
        "compensation.approved": ngettext_lazy(
            "Compensation approved: %(orders)s order, CNY %(amount)s",
            "Compensation approved: %(orders)s orders, CNY %(amount)s",
            "orders",
        ),
        "compensation.granted": ngettext_lazy(
            "Compensation granted: %(orders)s order, CNY %(amount)s",
            "Compensation granted: %(orders)s orders, CNY %(amount)s",
            "orders",
        ),
        "compensation.rejected": ngettext_lazy(
            "Compensation rejected: %(orders)s order, CNY %(amount)s",
            "Compensation rejected: %(orders)s orders, CNY %(amount)s",
            "orders",
        ),
        "compensation.grants_rejected": ngettext_lazy(
            "Compensation of %(rejected)s order rejected; left: %(orders)s",
            "Compensation of %(rejected)s orders rejected; left: %(orders)s",
            "rejected",
        ),
        "compensation.exported": ngettext_lazy(
            "Compensation handed to finance: %(orders)s order, CNY %(amount)s",
            "Compensation handed to finance: %(orders)s orders, CNY %(amount)s",
            "orders",
        ),
        "compensation.paid": ngettext_lazy(
            "Compensation paid: %(orders)s order, CNY %(amount)s",
            "Compensation paid: %(orders)s orders, CNY %(amount)s",
            "orders",
        ),
        "compensation.claims_refused": ngettext_lazy(
            "%(orders)s claim answered: nothing is due by policy version %(number)s",
            "%(orders)s claims answered: nothing is due by policy version %(number)s",
            "orders",
        ),
        "choice.made": _("Customer chose for %(order)s: %(kind)s"),
        "choice.answered": _("Order system answered the wish about %(order)s: %(state)s"),
        "survey.proposed": _("Satisfaction survey proposed: the matter recovers"),
        "survey.sent": ngettext_lazy(
            "Satisfaction survey sent to %(asked)s customer", "Satisfaction survey sent to %(asked)s customers", "asked"
        ),
        "survey.answered": _("Satisfaction: %(score)s of 5"),
        "customer.unmasked": _("Looked behind the mask of %(order)s: %(reason)s"),
        "customer.replied": _("Reply sent about %(order)s: %(template)s"),
        "complaint.opened": _("Complaint taken about %(order)s"),
        "complaint.answered": _("Complaint about %(order)s answered"),
        "complaint.overdue": _("Complaint about %(order)s is overdue; told: %(told)s"),
        "care.purged": _(
            "Personal data wiped: addresses %(addresses)s, comments %(comments)s, complaints"
            " %(complaints)s, contacts %(contacts)s"
        ),
        "care_rules.changed": _("%(subject)s changed: %(changes)s"),
        "contacts.told": ngettext_lazy(
            "Order system told the contacts of %(customers)s customer",
            "Order system told the contacts of %(customers)s customers",
            "customers",
        ),
        "notice.people_exported": ngettext_lazy(
            "List of %(people)s person taken out with whole addresses: %(reason)s",
            "List of %(people)s people taken out with whole addresses: %(reason)s",
            "people",
        ),
        "tiers.told": ngettext_lazy(
            "Order system told the tier of %(customers)s customer",
            "Order system told the tiers of %(customers)s customers",
            "customers",
        ),
    }
)

declare(
    {
        "compensation.granted": _("compensation is granted; its rows can be pulled"),
        "customer.asked": _("a customer asks for a refund or another address"),
    }
)


def span_names(keys: list[str]) -> dict[str, str]:
    spans = ExemptSpan.objects.filter(pk__in=ids(keys))
    return {str(span.pk): f"{span.title} ({span.document})" for span in spans}


register_names("exemption", span_names)
AREA_NAMES = {"notices": _("Rules of notices"), "care": _("Rules of care")}


def rule_names(keys: list[str]) -> dict[str, str]:
    """ "notices.cap_per_day=3→5" as "Notices to one person a day: 3 → 5"."""
    found = {}
    for key in keys:
        name, _equals, figures = key.partition("=")
        area, _dot, field = name.partition(".")
        if area in AREAS and field in names_of(area):
            before, _arrow, after = figures.partition("→")
            found[key] = f"{label_of(area, field)}: {figure_of(field, before)} → {figure_of(field, after)}"
    return found


def figure_of(field: str, value: str) -> str:
    """A rule's value as people read it; lists of codes by their names."""
    if field == "urgent":
        return in_a_row(template_label(code) for code in value.split(",") if code) or "—"
    if field == "channels":
        return in_a_row(Channel(code).label if code in Channel.values else code for code in value.split(","))
    words = {"True": translate("yes"), "False": translate("no")}
    return words.get(value, value)


register_names("care_rule", rule_names)
register_names("care_rules", lambda keys: {key: AREA_NAMES[key] for key in keys if key in AREA_NAMES})
register_names("customer", lambda keys: dict.fromkeys(keys, translate("Customer, by link")))
register_names("choice_kind", lambda keys: {key: ChoiceKind(key).label for key in keys if key in ChoiceKind.values})
register_names("choice_state", lambda keys: {key: ChoiceState(key).label for key in keys if key in ChoiceState.values})
register_names(
    "unmask_reason", lambda keys: {key: UnmaskReason(key).label for key in keys if key in UnmaskReason.values}
)
register_names(
    "compensation", lambda keys: {key: translate("compensation %(number)s") % {"number": key} for key in keys}
)
