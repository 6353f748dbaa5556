"""Who may do what: roles and permissions as codes, which role holds which, and the posts of a command organisation."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a log-in or an API key is allowed to do."""

    COMMANDER = "commander", _("Incident commander")
    DUTY_OFFICER = "duty_officer", _("Duty officer")
    SECTION_CHIEF = "section_chief", _("Section chief")
    WAREHOUSE = "warehouse", _("Warehouse staff")
    CUSTOMER_SERVICE = "customer_service", _("Customer service")
    DRILL_MANAGER = "drill_manager", _("Drill manager")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrator")
    ORDER_SYSTEM = "order_system", _("Order system")
    ALERT_SOURCE = "alert_source", _("Alert source")


class Post(models.TextChoices):
    """A post in the command organisation (ICS), which the duty roster fills and a call-out calls."""

    COMMANDER = "commander", _("Incident Commander")
    DEPUTY = "deputy", _("Deputy Commander")
    DUTY_OFFICER = "duty_officer", _("Duty Officer")
    OPERATIONS = "operations", _("Operations Section Chief")
    PLANNING = "planning", _("Planning Section Chief")
    LOGISTICS = "logistics", _("Logistics Section Chief")
    FINANCE = "finance", _("Finance Section Chief")
    INFORMATION = "information", _("Public Information Officer")
    LIAISON = "liaison", _("Liaison Officer")
    SAFETY = "safety", _("Safety Officer")
    IT = "it", _("Information Systems Lead")
    CUSTOMER_SERVICE = "customer_service", _("Customer Service Lead")
    WAREHOUSING = "warehousing", _("Warehousing Lead")
    SITE = "site", _("Site Commander")


RANK_LETTERS = "ABCDEFGHI"


def rank_name(rank: int) -> str:
    """Primary, Alternate A … Alternate I."""
    return gettext("Alternate %(letter)s") % {"letter": RANK_LETTERS[rank - 1]} if rank else gettext("Primary")


class Permission(models.TextChoices):
    """One code per kind of act. An operation asks for one; roles hold sets of them."""

    VIEW = "view", _("see the command centre")
    REPORT_INCIDENT = "report_incident", _("report an incident")
    COMMAND = "command", _("start, raise and confirm a response")
    LOWER_LEVEL = "lower_level", _("lower the level or close")
    DO_MEASURE = "do_measure", _("do a measure")
    MANAGE_PLANS = "manage_plans", _("edit and approve plans")
    MANAGE_NETWORK = "manage_network", _("edit the network")
    PUSH_ORDERS = "push_orders", _("push orders and pull assignments")
    APPROVE_REROUTE = "approve_reroute", _("approve and apply a reroute")
    LOG_STOCK = "log_stock", _("log emergency stock")
    SEND_NOTICES = "send_notices", _("send customer notices")
    SERVE_CUSTOMERS = "serve_customers", _("serve customers and propose compensation")
    APPROVE_COMPENSATION = "approve_compensation", _("approve compensation")
    MANAGE_TEMPLATES = "manage_templates", _("edit notice templates and channels")
    FILE_WARNING = "file_warning", _("file a warning")
    RUN_DRILL = "run_drill", _("run a drill")
    MANAGE_ACCOUNTS = "manage_accounts", _("manage people, rosters and keys")
    AUDIT = "audit", _("read the journal and verify it")


P, R = Permission, Role

GRANTS: dict[str, frozenset[str]] = {
    R.COMMANDER: frozenset(
        {P.VIEW, P.REPORT_INCIDENT, P.COMMAND, P.LOWER_LEVEL, P.DO_MEASURE, P.APPROVE_REROUTE, P.SEND_NOTICES}
        | {P.LOG_STOCK, P.RUN_DRILL, P.MANAGE_PLANS, P.MANAGE_NETWORK, P.AUDIT, P.FILE_WARNING}
        | {P.SERVE_CUSTOMERS, P.APPROVE_COMPENSATION}
    ),
    R.DUTY_OFFICER: frozenset(
        {P.VIEW, P.REPORT_INCIDENT, P.COMMAND, P.DO_MEASURE, P.APPROVE_REROUTE, P.SEND_NOTICES, P.LOG_STOCK}
        | {P.RUN_DRILL, P.FILE_WARNING}
    ),
    R.SECTION_CHIEF: frozenset(
        {P.VIEW, P.REPORT_INCIDENT, P.DO_MEASURE, P.APPROVE_REROUTE, P.LOG_STOCK, P.APPROVE_COMPENSATION}
    ),
    R.WAREHOUSE: frozenset({P.VIEW, P.REPORT_INCIDENT, P.DO_MEASURE, P.LOG_STOCK}),
    R.CUSTOMER_SERVICE: frozenset({P.VIEW, P.REPORT_INCIDENT, P.DO_MEASURE, P.SEND_NOTICES, P.SERVE_CUSTOMERS}),
    R.DRILL_MANAGER: frozenset({P.VIEW, P.RUN_DRILL, P.DO_MEASURE}),
    R.AUDITOR: frozenset({P.VIEW, P.AUDIT}),
    R.ADMINISTRATOR: frozenset(set(P) - {P.PUSH_ORDERS}),
    R.ORDER_SYSTEM: frozenset({P.VIEW, P.PUSH_ORDERS, P.REPORT_INCIDENT}),
    R.ALERT_SOURCE: frozenset({P.FILE_WARNING}),
}


def permissions_of(roles: object) -> frozenset[str]:
    """The union of what `roles` (an iterable of role codes) may do."""
    return frozenset().union(*(GRANTS.get(role, frozenset()) for role in roles))  # type: ignore[attr-defined]
