"""The files of an incident with what they belong to, by name."""

from __future__ import annotations

from dataclasses import dataclass

from incidents.models import Attachment, Incident
from journal.kinds import names_in


@dataclass(frozen=True)
class FileRow:
    file: Attachment
    about: str
    by: str

    @property
    def picture(self) -> bool:
        """Whether browsers show it (HEIC they do not)."""
        return self.file.media_type in {"image/jpeg", "image/png", "image/webp"}


def listed(incident: Incident, subject: str | None = None) -> list[FileRow]:
    """Every file, newest first; of one `subject` only when given."""
    found = Attachment.objects.filter(incident=incident).order_by("-added_at", "-id")
    files = list(found if subject is None else found.filter(subject=subject))
    named = names_in([[file.subject, file.added_by] for file in files])
    return [FileRow(file, named.get(file.subject, ""), named.get(file.added_by, "")) for file in files]
