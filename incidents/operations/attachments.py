"""Photos and files that belong to an incident, a note, a measure or a duty by law."""

from __future__ import annotations

from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from incidents import files
from incidents.models import Attachment, Incident, LegalClock
from incidents.operations.change import changing, require
from incidents.refusals import IncidentNotFound, UnknownCode, UnusableFile
from journal.numbers import whole


def attach_file(*, incident_id: int, name: str, data: bytes, by: Actor, subject: str = "") -> Attachment:
    """Keep a photo or a file; the same file at the same place is one row, and nothing ever removes it.

    `subject` is what it belongs to: "decision:5", "measure:7", "legal:data_leak", or blank for the incident itself.
    What it is, its own first bytes say, never its name; images stay exactly as they were taken. The bytes are on disk
    before the row is written. Journals file.attached with the SHA-256.
    Raises UnusableFile, UnknownCode, IncidentNotFound, NotAllowed.
    """
    by.require(Permission.DO_MEASURE)
    media_type = checked(name, data)
    incident = Incident.objects.filter(pk=incident_id).first()
    if incident is None:
        raise IncidentNotFound(_("There is no incident %(id)s.") % {"id": incident_id})
    by.require(Permission.DO_MEASURE, region=incident.region_code)
    check_subject(incident, subject)
    # A slow disk must not hold the incident's lock: bytes that no row will name do no harm.
    sha256 = files.keep(data)
    with changing(incident_id, by=by) as change:
        require(change, Permission.DO_MEASURE)
        kept, created = Attachment.objects.get_or_create(
            incident=change.incident,
            subject=subject,
            sha256=sha256,
            defaults={
                "name": files.safe_name(name, media_type),
                "media_type": media_type,
                "size": len(data),
                "added_by": str(by),
                "added_at": change.now,
            },
        )
        if created:
            change.tell(
                "file.attached",
                {
                    "file": f"file:{kept.pk}",
                    "about": subject,
                    "type": media_type,
                    "size": len(data),
                    "sha256": sha256,
                },
            )
        return kept


def checked(name: str, data: bytes) -> str:
    """The media type of something that is taken. Raises UnusableFile."""
    shown = name[-60:]
    if not data:
        raise UnusableFile(_("“%(name)s” is empty.") % {"name": shown})
    if len(data) > files.LARGEST:
        raise UnusableFile(_("“%(name)s” is larger than 15 MB.") % {"name": shown}, largest=files.LARGEST)
    media_type = files.media_type_of(data, name)
    if not media_type:
        raise UnusableFile(
            _("“%(name)s” is of a kind that is not kept: send a photo, a PDF, a text, a workbook or a document.")
            % {"name": shown},
            allowed=list(files.ENDINGS),
        )
    return media_type


def check_subject(incident: Incident, subject: str) -> None:
    """What a file belongs to is part of this incident. Raises UnknownCode."""
    prefix, _colon, key = subject.partition(":")
    number = whole(key) or 0
    known = {
        "": lambda: not subject,
        "decision": lambda: incident.decisions.filter(pk=number).exists(),
        "measure": lambda: incident.measures.filter(pk=number).exists(),
        "legal": lambda: LegalClock.objects.filter(code=key[:40]).exists(),
    }
    if prefix not in known or not known[prefix]():
        raise UnknownCode(
            _("A file belongs to the incident, or to one of its notes, measures or duties by law."),
            allowed=["", "decision:…", "measure:…", "legal:…"],
        )
