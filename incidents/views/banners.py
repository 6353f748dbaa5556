"""What a reader must know about an incident besides its state: where it belongs, and what is proposed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from incidents.models import Incident, Level
from incidents.queries import legal_actions

BEFORE = (Incident.State.REPORTED, Incident.State.GRADED, Incident.State.WARNED)


@dataclass(frozen=True)
class Banner:
    """One line over the room; `tone` is "late", "soon" or "calm". `step` opens the sheet of that step."""

    text: str
    icon: str
    tone: str = "calm"
    url: str = ""
    verb: str = ""
    step: str = ""


def of(incident: Incident, by: Actor) -> list[Banner]:
    found = list(family(incident))
    legal = set(legal_actions(incident)) if by.may(Permission.COMMAND) else set()

    def step(name: str) -> str:
        return reverse("incident_step", args=[incident.pk, name]) if name in legal else ""

    if incident.state == Incident.State.SUSPENDED:
        text = _("Suspended: due times stand still until it goes on; duties by law run on.")
        found.append(Banner(text, "circle-pause", "soon", step=step("resume"), verb=_("Go on")))
    if incident.state == Incident.State.WARNED:
        text = _("Pre-alert: people prepare, nobody is called to a post yet.")
        found.append(Banner(text, "bell-ring", "soon"))
    if incident.verified_at is None and incident.state in BEFORE:
        text = _("Not verified yet: reported by a machine, or by somebody who may not command.")
        found.append(Banner(text, "badge-question-mark", "soon", step=step("dismiss"), verb=_("Dismiss")))
    if incident.auto_started and incident.state == Incident.State.RESPONDING:
        text = _("This response began by itself: the conditions of plan “%(plan)s” held.") % {
            "plan": incident.plan.label if incident.plan else ""
        }
        if incident.provisional:
            text += " " + _("Nobody has confirmed it yet.")
        found.append(Banner(text, "bot", "late", step=step("revert_start"), verb=_("Take it back")))
    return found


def family(incident: Incident) -> Iterator[Banner]:
    """The incident it was merged into, the one it belongs to, and those that belong to it."""
    if incident.merged_into is not None:
        main = incident.merged_into
        text = _("Merged into %(number)s %(title)s, which goes on.") % {"number": main.number, "title": main.title}
        yield Banner(text, "merge", "soon", url=reverse("incident_room", args=[main.pk]), verb=_("Go to it"))
    if incident.parent is not None:
        main = incident.parent
        text = _("Part of %(number)s %(title)s") % {"number": main.number, "title": main.title}
        yield Banner(text, "corner-left-up", url=reverse("incident_room", args=[main.pk]), verb=_("Go to it"))
    for child in incident.children.order_by("pk"):
        level = f"{Level(child.response_level).label} " if child.response_level else ""
        state = str(child.get_state_display())  # type: ignore[attr-defined]
        text = _("Belongs here: %(level)s%(title)s (%(state)s)") % {
            "level": level,
            "title": child.title,
            "state": state,
        }
        yield Banner(text, "corner-down-right", url=reverse("incident_room", args=[child.pk]), verb=_("Go to it"))
