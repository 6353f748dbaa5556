"""What everybody in an incident's room must not miss, besides the next step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from incidents.models import Incident

S = Incident.State


@dataclass(frozen=True)
class Banner:
    """A line across the head. `tone` is danger, warning or info; `action` the step that answers it, if any (with
    `verb` on its button); `incident` another one that it points to; `since` when it began."""

    code: str
    text: str
    tone: str = "info"
    action: str = ""
    verb: str = ""
    incident: Incident | None = None
    since: datetime | None = None


def banners(incident: Incident) -> list[Banner]:
    """Merged, started by itself, suspended, pre-alerted, not verified: most pressing first."""
    found: list[Banner] = []
    if incident.state == S.MERGED and incident.merged_into is not None:
        text = _("This was the same as incident %(number)s and goes on there") % {"number": incident.merged_into.number}
        found.append(Banner("merged", text, "warning", incident=incident.merged_into))
    if incident.auto_started and incident.state == S.RESPONDING:
        plan = incident.plan.label if incident.plan else ""
        text = _("This response started by itself by plan “%(plan)s”; nobody has decided it yet") % {"plan": plan}
        if not incident.provisional:
            text = _("This response started by itself by plan “%(plan)s”") % {"plan": plan}
        tone = "danger" if incident.provisional else "info"
        found.append(Banner("auto_started", text, tone, "revert_start", _("Take it back"), since=incident.declared_at))
    if incident.state == S.SUSPENDED:
        text = _("Suspended: limits and call-outs stand still, duties by law run on")
        found.append(Banner("suspended", text, "warning", "resume", _("Go on"), since=incident.suspended_at))
    if incident.state == S.WARNED:
        text = _("Pre-alert: people prepare, nobody is called to a post yet")
        found.append(Banner("warned", text, "warning", since=incident.warned_at))
    if incident.verified_at is None and incident.state in {S.REPORTED, S.GRADED, S.WARNED}:
        text = _("Not verified yet: reported by a machine, or by somebody who may not command")
        found.append(Banner("unverified", text, "warning", "verify", _("Verify"), since=incident.reported_at))
    if incident.reopened_at is not None and incident.running:
        text = _("Opened again after it was closed")
        found.append(Banner("reopened", text, since=incident.reopened_at))
    return found
