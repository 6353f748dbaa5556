"""The words of command: categories, levels, phases and kinds, as codes with translated labels."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Category(models.TextChoices):
    """What kind of emergency it is (突发事件应对法 Art. 2, with a courier network's own kinds)."""

    NATURAL = "natural_disaster", _("Natural disaster")
    TRAFFIC = "traffic", _("Traffic accident or disruption")
    EQUIPMENT = "equipment", _("Equipment failure")
    IT = "it_system", _("Information system failure")
    HEALTH = "public_health", _("Public health event")
    STAFF = "staff_health", _("Staff health emergency")
    ACCIDENT = "accident", _("Accident")
    SECURITY = "social_security", _("Public security event")


class OfficialClass(models.TextChoices):
    """What the authorities call an event; never the same thing as the response level (GB/T 29639-2020)."""

    EXTRAORDINARY = "extraordinary", _("Extraordinarily serious")
    MAJOR = "major", _("Major")
    LARGER = "larger", _("Relatively large")
    ORDINARY = "ordinary", _("Ordinary")


class WarningColor(models.TextChoices):
    """The colour of a warning that an authority issued."""

    RED = "red", _("red")
    ORANGE = "orange", _("orange")
    YELLOW = "yellow", _("yellow")
    BLUE = "blue", _("blue")


class Level(models.IntegerChoices):
    """The level of response: 1 is the most severe."""

    I = 1, "Ⅰ"  # noqa: E741
    II = 2, "Ⅱ"
    III = 3, "Ⅲ"
    IV = 4, "Ⅳ"


class Phase(models.TextChoices):
    """When in the life of an incident a measure belongs."""

    WARNING = "warning", pgettext_lazy("phase", "Warning")
    ACTIVATION = "activation", _("Activation")
    RESPONSE = "response", _("Response")
    RECOVERY = "recovery", _("Recovery")
    CLOSE = "close", _("After closing")


class MeasureKind(models.TextChoices):
    """What a measure is: something that people do, or something that the system does."""

    CHECKLIST = "checklist", _("Task")
    CALL_OUT = "call_out", _("Call people out")
    MAN_COMMAND_POST = "man_command_post", _("Man the command post")
    CLOSE_SCOPE = "close_scope", _("Close or reopen lanes")
    REROUTE = "reroute", _("Reroute orders")
    NOTIFY_CUSTOMERS = "notify_customers", _("Notify customers")
    ISSUE_SUPPLIES = "issue_supplies", _("Issue supplies")
    REPORT_AUTHORITY = "report_authority", _("Report to an authority")
    INTERNAL_REPORT = "internal_report", _("Internal report")


class DeadlineKind(models.TextChoices):
    """What a deadline watches."""

    CONFIRM = "confirm", _("Confirm the level")
    READY = "ready", _("Command post ready")
    ARRIVAL = "arrival", _("On post")
    MEASURE = "measure", _("Measure")
    LEGAL = "legal", _("Legal duty")
    REVIEW = "review", _("Review")
    QUORUM = "quorum", _("Enough people on post")


class DeadlineState(models.TextChoices):
    """A deadline is moved in bulk: its transitions are the table `DEADLINE_MOVES`."""

    OPEN = "open", _("open")
    MET = "met", _("met")
    MISSED = "missed", _("missed")
    CANCELLED = "cancelled", _("cancelled")


class Proof(models.TextChoices):
    """How we know that somebody is on post."""

    LINK = "link", _("their own link")
    DOOR = "door", _("code at the door")
    PHONE = "phone", _("phone call")
    WITNESS = "witness", _("witness")
    LOGIN = "login", _("logged in")


class RuleArea(models.TextChoices):
    """A set of rules that is edited, and kept in its history, as a whole."""

    MATRIX = "matrix", _("Severity matrix")
    LEVELS = "levels", _("Response levels")
    LADDER = "ladder", _("Call-out ladder")
    READINESS = "readiness", _("Readiness checklist")
    LEGAL = "legal", _("Duties by law")


# A missed one becomes met only when proof arrives that the thing happened in time.
DEADLINE_MOVES: dict[str, tuple[str, ...]] = {
    DeadlineState.OPEN: (DeadlineState.MET, DeadlineState.MISSED, DeadlineState.CANCELLED),
    DeadlineState.MISSED: (DeadlineState.MET,),
}

# The kinds that the system does by itself through the rooms below, each by a job row.
WORKED_KINDS = frozenset(
    {MeasureKind.CLOSE_SCOPE, MeasureKind.REROUTE, MeasureKind.NOTIFY_CUSTOMERS, MeasureKind.ISSUE_SUPPLIES}
)
# The kinds that are done when people have answered; no job, their state follows call-outs and seats.
FOLLOWED_KINDS = frozenset({MeasureKind.CALL_OUT, MeasureKind.MAN_COMMAND_POST})
SYSTEM_KINDS = WORKED_KINDS | FOLLOWED_KINDS
# Done by a person, these are done only with words: what was reported, or what was done in the system's stead.
TOLD_KINDS = WORKED_KINDS | {MeasureKind.REPORT_AUTHORITY, MeasureKind.INTERNAL_REPORT}
