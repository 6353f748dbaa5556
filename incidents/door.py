"""The code at the door: which incident, and since when. Short-lived, so that a photo of it is worth little.

The door shows a new code every thirty seconds; each is good until the end of the second half-minute after its own, so
that whoever scans has between 60 and 90 seconds.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.core import signing
from django.utils.translation import gettext as _

from incidents.refusals import BadDoorCode, DoorCodeExpired

SIGNER = signing.Signer(salt="incidents.door", sep=".")
EVERY = 30  # seconds
GOOD_FOR = 3  # steps, the one in which it is shown included


def step_of(moment: datetime) -> int:
    return int(moment.timestamp()) // EVERY


def code_at(incident_id: int, now: datetime) -> str:
    """What the door shows now."""
    return SIGNER.sign(f"{incident_id}-{step_of(now)}")


def seconds_left(now: datetime) -> int:
    """Until the door shows the next one."""
    return EVERY - int(now.timestamp()) % EVERY


def changes_at(now: datetime) -> datetime:
    """When the door shows the next one."""
    return datetime.fromtimestamp((step_of(now) + 1) * EVERY, tz=UTC)


def incident_of(code: str) -> int:
    """The incident whose door showed it, even when it has expired. Raises BadDoorCode."""
    return read(code)[0]


def read(code: str) -> tuple[int, int]:
    try:
        incident, step = SIGNER.unsign(code).split("-")
        return int(incident), int(step)
    except (signing.BadSignature, ValueError) as error:
        raise BadDoorCode(_("This is not a code of our doors. Scan the one on the screen at the door.")) from error


def check(code: str, *, incident_id: int, now: datetime) -> None:
    """Raise BadDoorCode or DoorCodeExpired unless this incident's door showed the code within the last 60 to 90 s."""
    incident, step = read(code)
    if incident != incident_id:
        raise BadDoorCode(_("This code belongs to another incident's door."))
    if not 0 <= step_of(now) - step < GOOD_FOR:
        raise DoorCodeExpired(_("This code has expired. Scan the one that the door shows now."), legal=[])
