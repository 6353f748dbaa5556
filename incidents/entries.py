"""How the register reads what happened to an incident."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from accounts.naming import in_language
from accounts.roles import Post
from incidents.models import (
    Announcement,
    Attachment,
    Attendance,
    CallOut,
    Deadline,
    Decision,
    Incident,
    LegalClock,
    Level,
    Measure,
    Plan,
    Proof,
    ReadinessCheck,
    RuleArea,
    RuleVersion,
    SeverityIndicator,
)
from journal.kinds import ids, register, register_names

register(
    {
        "incident.reported": _("Incident reported"),
        "incident.graded": _("Graded %(level)s (%(indicator)s)"),
        "incident.responded": _("Level %(level_name)s response started"),
        "incident.estimate_changed": _("Expected until %(until)s"),
        "incident.verified": _("Report verified"),
        "incident.warned": _("Pre-alert at level %(level_name)s: people prepare, nobody is called yet"),
        "incident.suspended": _("Suspended: %(note)s"),
        "incident.resumed": _("Goes on after standing still for %(seconds)s s"),
        "incident.reopened": _("Opened again at level %(level_name)s: %(note)s"),
        "incident.merged": _("Merged into “%(into)s”"),
        "incident.absorbed": _("Took over “%(from)s”"),
        "incident.parent_set": _("Linked to a larger incident: %(parent)s"),
        "incident.level_proposed": _("The figures ask for level %(level_name)s (%(indicator)s)"),
        "incident.proposal_withdrawn": _("The figures no longer ask for level %(level_name)s"),
        "incident.auto_started": _(
            "Level %(level_name)s response started by itself by plan “%(plan)s”: %(indicators)s (%(figures)s)"
        ),
        "incident.start_reverted": _("Automatic start taken back: %(note)s"),
        "legal.clock_taken_over": _("Legal duty taken over from “%(from)s”: %(clock)s"),
        "incident.announced": _("Notice issued: %(announcement)s"),
        "incident.no_plan": _("No approved plan fits; a generic minimum is running"),
        "incident.level_raised": _("Level raised to %(level_name)s"),
        "incident.level_lowered": _("Level lowered to %(level_name)s"),
        "incident.level_confirmed": _("Level %(level_name)s confirmed"),
        "incident.dismissed": _("Dismissed as a false alarm"),
        "incident.recovering": _("Recovery began"),
        "incident.closed": _("Incident closed"),
        "incident.reviewed": _("Review finished: %(note)s"),
        "incident.time_factor": _("Drill time runs at %(factor)s ×"),
        "post.manned": ngettext_lazy(
            "Command post manned (%(seats)s post, %(seconds)s s after the declaration)",
            "Command post manned (%(seats)s posts, %(seconds)s s after the declaration)",
            "seats",
        ),
        "post.ready": _("Command post ready, %(seconds)s s after the declaration"),
        "post.vacant": _("Nobody can be called as %(post)s; the commander answers for it"),
        "post.short": _("Too few people can be called as %(post)s (%(need)s needed); the commander answers for it"),
        "post.quorum": _("%(post)s: %(here)s of %(wanted)s on post, enough"),
        "post.taken": _("%(user)s took the post of %(post)s (%(proof)s)"),
        "post.handed_over": _("%(from)s handed the post of %(post)s to %(user)s: %(note)s"),
        "post.taken_over": _("%(user)s took the post of %(post)s over from %(from)s: %(note)s"),
        "post.left": _("%(user)s left the post of %(post)s"),
        "post.relief": _("%(user)s will relieve %(post)s in %(minutes)s min"),
        "post.no_relief": _("Second shift: nobody to relieve %(posts)s"),
        "post.checked": _("Readiness: %(check)s – done"),
        "post.unchecked": _("Readiness: %(check)s – taken back"),
        "post.stood_down": _("Command post stood down"),
        "callout.called": _("%(user)s called as %(post)s"),
        "callout.acknowledged": _("%(user)s (%(post)s) is on the way"),
        "callout.eta": _("%(user)s (%(post)s) expects to be there in %(eta_minutes)s min"),
        "callout.arrived": _("%(user)s (%(post)s) on post, %(seconds)s s after the call (%(proof)s)"),
        "callout.declined": _("%(user)s (%(post)s) cannot come"),
        "callout.climbed": _("Alternate %(user)s called in for %(post)s"),
        "deadline.missed": _("Overdue: %(deadline)s"),
        "deadline.amended": _("Proved to have been in time: %(deadline)s"),
        "deadline.escalated": ngettext_lazy(
            "Escalated: %(deadline)s (%(messages)s message)",
            "Escalated: %(deadline)s (%(messages)s messages)",
            "messages",
        ),
        "measure.started": _("Started: %(measure)s"),
        "measure.approved": _("Approved: %(measure)s"),
        "measure.done": _("Done: %(measure)s"),
        "measure.skipped": _("Skipped: %(measure)s"),
        "measure.failed": _("Failed: %(measure)s"),
        "legal.clock_started": _("Legal duty began: %(clock)s"),
        "legal.clock_fulfilled": _("Legal duty fulfilled: %(clock)s"),
        "decision.logged": _("%(note)s"),
        "pack.exported": _("Situation pack taken (%(format)s)"),
        "file.attached": _("File kept: %(file)s"),
        "plan.submitted": _("Plan handed in for review"),
        "plan.approved": _("Plan approved, version %(version)s"),
        "plan.retired": _("Plan retired"),
        "plan.drafted": _("Plan draft made, version %(version)s"),
        "plan.sent_back": _("Plan sent back to be changed"),
        "rules.changed": _("Rules changed: %(subject)s, version %(number)s"),
        "plan.deleted": _("Plan draft thrown away"),
    }
)


def incident_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.title for row in Incident.objects.filter(pk__in=ids(keys))}


def measure_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.label for row in Measure.objects.filter(pk__in=ids(keys))}


def deadline_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.label for row in Deadline.objects.filter(pk__in=ids(keys))}


def link_names(keys: list[str]) -> dict[str, str]:
    """Whoever answers by a signed link is the person it was sent to."""
    calls = CallOut.objects.filter(pk__in=ids(keys)).select_related("user")
    return {str(call.pk): call.user.label for call in calls}


def post_names(keys: list[str]) -> dict[str, str]:
    return {key: str(Post(key).label) for key in keys if key in Post.values}


def proof_names(keys: list[str]) -> dict[str, str]:
    return {key: str(Proof(key).label) for key in keys if key in Proof.values}


def attendance_notes(keys: list[str]) -> dict[str, str]:
    """What somebody left in writing when a post changed hands; the journal holds the number only."""
    lines = Attendance.objects.filter(pk__in=ids(keys))
    return {str(line.pk): line.note for line in lines}


def level_names(keys: list[str]) -> dict[str, str]:
    return {key: str(Level(int(key)).label) for key in keys if key.isdecimal() and int(key) in Level.values}


def decision_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.text for row in Decision.objects.filter(pk__in=ids(keys))}


def announcement_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): str(row.get_kind_display()) for row in Announcement.objects.filter(pk__in=ids(keys))}  # type: ignore[attr-defined]


def file_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.name for row in Attachment.objects.filter(pk__in=ids(keys))}


def check_names(keys: list[str]) -> dict[str, str]:
    return {str(row.pk): row.label for row in ReadinessCheck.objects.filter(pk__in=ids(keys))}


def indicator_names(keys: list[str]) -> dict[str, str]:
    named = {row.code: row.label for row in SeverityIndicator.objects.filter(code__in=keys)}
    # One that was retired is named as it was last called.
    for version in RuleVersion.objects.filter(area=RuleArea.MATRIX) if set(keys) - set(named) else []:
        for row in version.content:
            if row["code"] in keys:
                named.setdefault(row["code"], in_language(row["name"], row["name_en"]))
    return named


def legal_names(keys: list[str]) -> dict[str, str]:
    return {row.code: row.label for row in LegalClock.objects.filter(code__in=keys)}


def plan_names(keys: list[str]) -> dict[str, str]:
    rows = Plan.objects.filter(pk__in=ids(keys))
    return {str(row.pk): f"{row.label} v{row.version}" for row in rows}


def area_names(keys: list[str]) -> dict[str, str]:
    return {key: str(RuleArea(key).label) for key in keys if key in RuleArea.values}


register_names("rules", area_names)
register_names("incident", incident_names)
register_names("plan", plan_names)
register_names("measure", measure_names)
register_names("deadline", deadline_names)
register_names("link", link_names)
register_names("post", post_names)
register_names("proof", proof_names)
register_names("attendance", attendance_notes)
register_names("level", level_names)
register_names("decision", decision_names)
register_names("check", check_names)
register_names("announcement", announcement_names)
register_names("file", file_names)
register_names("indicator", indicator_names)
register_names("legal", legal_names)
