"""Telling the same people again: a newer estimate, or that what they were told was wrong."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from accounts.actors import Actor
from accounts.roles import Permission
from customers.models import NoticeKind, NoticeRun, NoticeState
from customers.operations.drafts import (
    check_template,
    checked_eta,
    checked_values,
    draft,
    edit_notice,
    locked,
    policy,
    refuse_step,
)
from journal import clock
from journal.refusal import Refusal

CORRECTION = "correction"
TOLD = [NoticeState.LAUNCHED, NoticeState.FINISHED, NoticeState.CANCELLED]
DRAFTS = {NoticeState.DRAFT, NoticeState.APPROVED}


class NothingTold(Refusal):
    """The notice has told nobody anything yet, so there is nothing to correct or to follow up."""


@transaction.atomic
def correct_notice(*, notice_id: int, by: Actor, text: str = "", text_en: str = "") -> NoticeRun:
    """Draft a correction to exactly those whom this notice told, however often they were written to today.

    There is one correction of a notice: the same call again returns it, with the newer text while it is a draft.
    Journals notice.prepared. Raises NothingTold, BadWords, UnknownTemplate, TemplateNotApproved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    told = locked(notice_id)
    check_template(CORRECTION)
    values = checked_values(CORRECTION, {"text": [text, text_en]})
    known = successor(told, NoticeKind.CORRECTION)
    if known is not None:
        again = text and known.state in DRAFTS
        return edit_notice(notice_id=known.pk, by=by, values=values) if again else known
    run = follower(told, NoticeKind.CORRECTION, by)
    run.template, run.eta, run.values, run.urgent = CORRECTION, told.eta, values, CORRECTION in policy().urgent
    return drafted(run, by)


@transaction.atomic
def follow_up_notice(*, notice_id: int, by: Actor, eta: datetime) -> NoticeRun:
    """Draft the same notice with a newer estimate, to everybody whom this one and those before it told and whose order
    is still on its way.

    One follow-up of a notice: the same call again returns it, with the newer estimate while it is a draft. Journals
    notice.prepared or notice.edited. Raises NothingTold, NoticeMoved for one that is no notice of the kind, BadWords,
    NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    told = locked(notice_id)
    if told.kind == NoticeKind.CORRECTION:
        refuse_step(told)
    known = successor(told, NoticeKind.FOLLOW_UP)
    if known is not None:
        again = known.state in DRAFTS and known.eta != eta
        return edit_notice(notice_id=known.pk, by=by, eta=eta) if again else known
    run = follower(told, NoticeKind.FOLLOW_UP, by)
    run.template, run.eta = told.template, checked_eta(eta, clock.now())
    run.values, run.urgent = told.values, told.urgent
    return drafted(run, by)


def propose_follow_up(*, reference: str, eta: datetime, by: Actor) -> NoticeRun | None:
    """Draft the follow-up that a newer estimate of a matter asks for; None when nobody was told another one.

    It is a proposal: nothing is sent until somebody launches it. Journals and raises as follow_up_notice does.
    """
    by.require(Permission.SEND_NOTICES)
    told = told_otherwise(reference, eta)
    if told is None:
        return None
    try:
        return follow_up_notice(notice_id=told.pk, by=by, eta=eta)
    except NothingTold:
        return None


def told_otherwise(reference: str, eta: datetime) -> NoticeRun | None:
    """The newest notice of a matter that told people another estimate than `eta`, or is about to; None when the newest
    told none."""
    runs = NoticeRun.objects.filter(
        Q(state__in=TOLD, batch__isnull=False) | Q(state=NoticeState.LAUNCHED), reference=reference
    )
    told = runs.exclude(kind=NoticeKind.CORRECTION).order_by("-id").first()
    return told if told is not None and told.eta != eta and "eta" in asked_by(told) else None


def asked_by(run: NoticeRun) -> set[str]:
    from notifications.queries import current_templates

    return {name for template in current_templates(run.template) for name in template.variables}


def successor(told: NoticeRun, kind: NoticeKind) -> NoticeRun | None:
    return told.followers.filter(kind=kind).exclude(state=NoticeState.CANCELLED).first()


def follower(told: NoticeRun, kind: NoticeKind, by: Actor) -> NoticeRun:
    return NoticeRun(
        reference=told.reference,
        kind=kind,
        follows=told,
        cause=told.cause,
        cause_en=told.cause_en,
        since=told.since,
        affected_set=told.affected_set,
        exercise=told.exercise,
        prepared_by=str(by),
        prepared_at=clock.now(),
    )


def drafted(run: NoticeRun, by: Actor) -> NoticeRun:
    """Store it, unless nobody was told: then nothing is kept."""
    if run.follows is None or run.follows.batch is None:
        raise NothingTold(_("This notice has told nobody yet."))
    with transaction.atomic():
        stored = draft(run, by)
        if not stored.audience:
            raise NothingTold(_("This notice has told nobody whose order is still on its way."))
    return stored
