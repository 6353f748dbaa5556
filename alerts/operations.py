"""Writes of warnings."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from alerts import cap, places
from alerts.colors import color_of
from alerts.folding import Message, folds
from alerts.models import State, Warning, WarningRegion
from dispatch.operations import set_region_risks
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal

# How risky a lane in a warned region is held to be, by the warning's severity.
RISKS = {"Extreme": 0.8, "Severe": 0.5, "Moderate": 0.25, "Minor": 0.1}
SHOWN = 100  # regions named in a journal entry; all of them are rows


class NotCap(Invalid):
    """The message breaks the standard; `where` and `why` tell how."""


class WarningConflict(Refusal):
    """Another text was filed under this sender, identifier and time already; an issued warning is never edited."""


JOURNAL_KIND = {"Update": "alert.updated", "Cancel": "alert.cancelled"}


def file_warning(*, xml: bytes, by: Actor) -> Warning:
    """Keep a CAP 1.1 or 1.2 message whole, link it to regions, and fold the messages it refers to.

    The same message again returns the one filed first. Only status Actual, and only an Alert or Update, makes a
    warning live; everything else is kept and flagged. Journals alert.received, alert.updated or alert.cancelled with
    the region codes. Raises NotCap, WarningConflict, NotAllowed.
    """
    by.require(Permission.FILE_WARNING)
    try:
        alert = cap.parse(xml)
    except cap.Malformed as error:
        raise NotCap(
            _("Not a CAP message that can be used: %(problem)s.") % {"problem": error}, where=error.where, why=error.why
        ) from error
    regions = places.regions_of(alert)
    with transaction.atomic():
        return store(alert, xml, regions, by)


def store(alert: cap.Alert, xml: bytes, regions: dict[str, str], by: Actor) -> Warning:
    # 1. One message of a sender at a time: folding looks at all of them.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 13))", [f"warnings of {alert.sender}"])
    sent = datetime.fromisoformat(alert.sent)
    digest = hashlib.sha256(xml).hexdigest()
    known = Warning.objects.filter(sender=alert.sender, identifier=alert.identifier, sent=sent).first()
    if known:
        if known.digest != digest:
            raise WarningConflict(
                _("A different message was filed under this sender, identifier and time; send an Update instead."),
                warning=known.pk,
            )
        return known
    # 2. Keep it whole.
    main = alert.infos[0] if alert.infos else None
    over = bool(alert.infos) and all("AllClear" in info.responses for info in alert.infos)
    warning = Warning.objects.create(
        sender=alert.sender,
        identifier=alert.identifier,
        sent=sent,
        sent_text=alert.sent,
        cap_version=alert.version,
        status=alert.status,
        msg_type=alert.msg_type,
        scope=alert.scope,
        live=alert.status == "Actual" and alert.msg_type in {"Alert", "Update"} and not over,
        note=alert.note,
        references=[[ref.sender, ref.identifier, ref.sent] for ref in alert.references],
        language=main.language[:35] if main else "",
        category=main.categories[0] if main else "",
        event=main.event[:255] if main else "",
        urgency=main.urgency if main else "",
        severity=main.severity if main else "",
        certainty=main.certainty if main else "",
        color=color_of_info(main) if main else "",
        headline=main.headline[:500] if main else "",
        sender_name=main.sender_name[:255] if main else "",
        effective=cap.moment(main.effective) if main else None,
        onset=cap.moment(main.onset) if main else None,
        expires=last_expiry(alert),
        infos=alert.infos_as_data(),
        raw=xml,
        digest=digest,
        received_at=clock.now(),
        received_by=str(by),
    )
    WarningRegion.objects.bulk_create(
        WarningRegion(warning=warning, region_code=code, via=via) for code, via in sorted(regions.items())
    )
    warning.fresh = True
    # 3. Fold what it replaces, and itself when its successor came first.
    changed = fold(warning)
    threaten(warning, regions, changed, by)
    # 4. Tell.
    journal.write(
        kind=JOURNAL_KIND.get(alert.msg_type, "alert.received"),
        subject=f"warning:{warning.pk}",
        by=by,
        payload={
            "warning": f"warning:{warning.pk}",
            "status": alert.status,
            "live": warning.live and warning.state == State.CURRENT,
            "color": warning.color,
            "severity": warning.severity,
            "regions": [f"region:{code}" for code in sorted(regions)[:SHOWN]],
            "folded": [f"warning:{key}" for key in changed],
        },
    )
    return warning


def threaten(warning: Warning, regions: dict[str, str], folded: list[int], by: Actor) -> None:
    """Lanes in the warned regions are riskier while a real warning is in force; what it replaced threatens no more."""
    in_force = warning.live and warning.state == State.CURRENT
    risk = RISKS.get(warning.severity, 0.0) if in_force else 0.0
    if risk:
        set_region_risks(
            reference=f"warning:{warning.pk}", risks=dict.fromkeys(regions, risk), until=warning.expires, by=by
        )
    for key in folded:
        set_region_risks(reference=f"warning:{key}", risks={}, by=by)


def fold(warning: Warning) -> list[int]:
    """Apply the folding rules around a new warning; returns the ids of the others that changed."""
    others = Warning.objects.select_for_update().filter(sender=warning.sender, status=warning.status)
    family = {other.pk: other for other in others.exclude(pk=warning.pk).order_by("pk")}
    states = {key: other.state for key, other in family.items()}
    changed = []
    for step in folds(message(warning), [message(other) for other in family.values()], states):
        target = warning if step.message == warning.pk else family[step.message]
        target.state, target.folded_by_id = step.state, step.by
        target.save(update_fields=["state", "folded_by"])
        if target is not warning:
            changed.append(target.pk)
    return changed


def message(warning: Warning) -> Message:
    return Message(
        key=warning.pk,
        sender=warning.sender,
        identifier=warning.identifier,
        sent=warning.sent_text,
        status=warning.status,
        msg_type=warning.msg_type,
        references=tuple(tuple(reference) for reference in warning.references),
    )


def color_of_info(info: cap.Info) -> str:
    return color_of(
        severity=info.severity, headline=info.headline, event=info.event, parameters=info.parameters + info.event_codes
    )


def last_expiry(alert: cap.Alert) -> datetime | None:
    """When the last of its infos expires; None when one of them never does."""
    ends = [cap.moment(info.expires) for info in alert.infos]
    return max((end for end in ends if end), default=None) if all(ends) else None
