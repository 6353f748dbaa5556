"""Figures for the status summary, and the report forms of duties by law."""

from __future__ import annotations

from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from incidents.models import Incident, SeverityIndicator
from incidents.pack.blocks import Block, Sheet, facts, table
from incidents.pack.moments import full
from incidents.queries import Duty, legal_duties
from incidents.queries.room import figure


def indicators(incident: Incident) -> Block:
    """The figures of the severity matrix that are known: what people said, else what the network showed."""
    known = {**incident.measured, **incident.indicators}
    rows: list[list[object]] = []
    for row in SeverityIndicator.objects.all():
        value = known.get(row.code)
        if value is not None:
            source = _("people") if incident.indicators.get(row.code) is not None else _("network")
            rows.append([row.label, figure(Decimal(str(value)), row.unit), source])
    return table(_("Figures of the severity matrix"), [_("Indicator"), _("Value"), _("Source")], [4, 2, 1.5], rows)


def count(value: int) -> str:
    return number_format(value, force_grouping=True)


def orders(incident: Incident) -> Block:
    from dispatch.queries import reroute_progress

    found = reroute_progress(incident.reference)
    if found is None:
        return facts([])
    on_time = f"{found.on_time_share * 100:.1f} %" if found.on_time_share is not None else ""
    return facts(
        [
            (_("Orders affected"), count(found.affected)),
            (_("Orders sent another way"), count(found.applied)),
            (_("Waves applied"), f"{found.waves_applied} / {found.waves}"),
            (_("Orders without a way"), count(found.unroutable)),
            (_("Against the first promise"), on_time),
        ],
        _("Orders and reroute"),
    )


def notices(incident: Incident) -> Block:
    from customers.queries import notice_progress

    found = notice_progress(incident.reference)
    if found is None:
        return facts([])
    return facts(
        [
            (_("Customers to tell"), count(found.audience)),
            (_("Sent"), count(found.sent)),
            (_("Failed"), count(found.failed)),
            (_("Cannot be reached"), count(found.unreachable)),
            (_("First notice"), full(found.first_sent_at)),
        ],
        _("Customer notices"),
    )


def legal_forms(incident: Incident) -> list[Sheet]:
    """An overview of all duties, and a form to fill in for each that is still owed."""
    duties = legal_duties(incident)
    states = {
        "idle": _("not ticked"),
        "open": _("time is running"),
        "missed": _("past its time"),
        "late": _("reported late"),
        "done": _("reported in time"),
    }
    rows: list[list[object]] = [
        [
            f"{duty.clock.label}\n{duty.trigger}" if duty.trigger else duty.clock.label,
            duty.authority,
            duty.within,
            full(duty.deadline.due_at) if duty.deadline else "",
            states[duty.state],
        ]
        for duty in duties
    ]
    head = [_("Duty by law"), _("To be reported to"), _("Limit"), _("Due time"), _("State")]
    overview = Sheet(_("Law"), _("Duties by law"), [table("", head, [3.6, 2.4, 1.2, 1.9, 1.2], rows)])
    return [overview, *(report_form(incident, duty) for duty in duties if duty.owed)]


def report_form(incident: Incident, duty: Duty) -> Sheet:
    fields: list[list[object]] = [[f"{item.label}{' *' if item.required else ''}", item.value] for item in duty.form]
    if not fields:
        fields = [[_("What happened"), ""], [_("What was done"), ""]]
    head = facts(
        [
            (_("To be reported to"), duty.authority),
            (_("Legal basis"), duty.clock.source),
            (_("Due time"), full(duty.deadline.due_at) if duty.deadline else ""),
            (_("Incident"), f"{incident.number} {incident.title}"),
        ]
    )
    signed: list[list[object]] = [[_("Reported to (name, number)"), ""], [_("Reported at"), ""], [_("Reported by"), ""]]
    return Sheet(
        _("Report"),
        duty.clock.label,
        [
            head,
            table(_("What the report says"), [_("Field"), _("Answer")], [2, 6], fields, roomy=True),
            table(_("Proof of the report"), [_("Field"), _("Answer")], [2, 6], signed, roomy=True),
        ],
    )
