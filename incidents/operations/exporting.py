"""Taking the situation pack out of the system."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from incidents import pack
from incidents.models import Incident
from incidents.operations.change import changing
from incidents.refusals import IncidentNotFound, UnknownCode

PDF, HTML = "pdf", "html"
FORMATS = {PDF: "application/pdf", HTML: "text/html; charset=utf-8"}


@dataclass(frozen=True)
class Exported:
    name: str
    media_type: str
    data: bytes


def export_pack(*, incident_id: int, by: Actor, format: str = PDF) -> Exported:
    """The situation pack as it stands now, in the active language: `format` is "pdf" or "html".

    The call tree with its telephone numbers is in it only for those who command. Journals pack.exported with the
    SHA-256 of what left the house. Raises UnknownCode, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.VIEW)
    if format not in FORMATS:
        raise UnknownCode(_("A pack is a PDF or an HTML file."), allowed=list(FORMATS))
    incident = Incident.objects.filter(pk=incident_id).first()
    if incident is None:
        raise IncidentNotFound(_("There is no incident %(id)s.") % {"id": incident_id})
    by.require(Permission.VIEW, region=incident.region_code)
    personal = by.may(Permission.COMMAND)
    found = pack.pack_of(incident, personal=personal)
    data = pack.as_pdf(found) if format == PDF else pack.as_html(found)
    with changing(incident_id, by=by) as change:
        payload = {"format": format, "personal": personal, "size": len(data)}
        change.tell("pack.exported", {**payload, "sha256": hashlib.sha256(data).hexdigest()})
    moment = found.as_of.replace("-", "").replace(":", "").replace(" ", "-")
    return Exported(f"{found.number}-{moment}.{format}", FORMATS[format], data)
