"""Preparing a notice: its audience, its words, and the yes to both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _
from django_fsm import can_proceed

from accounts.actors import Actor
from accounts.roles import Permission
from customers import audience, texts
from customers.filters import read_filters
from customers.models import NoticeApproval, NoticeKind, NoticePolicy, NoticeRun, NoticeState
from customers.operations import noting
from dispatch.models import AffectedSet
from journal import clock
from journal.refusal import Invalid, Refusal
from notifications.queries import current_templates
from notifications.variables import fits, kind_of

OPEN = [NoticeState.DRAFT, NoticeState.APPROVED, NoticeState.LAUNCHED]
FURTHEST = timedelta(days=60)
LONGEST_CAUSE = 60


class NothingAffected(Invalid):
    """No affected orders are frozen for this matter yet."""


class CannotFill(Invalid):
    """The template needs a value that an affected order does not give."""


class BadWords(Invalid):
    """The cause or a value is too long or of the wrong kind, or the estimate lies in the past or too far ahead."""


class NoticeMoved(Refusal):
    """The notice is past that step; `state` tells where it is and `legal` what is possible now."""


@transaction.atomic
def prepare_notice(
    *,
    reference: str,
    template: str,
    by: Actor,
    affected_set_id: int | None = None,
    exercise: int | None = None,
    cause: str = "",
    cause_en: str = "",
    eta: datetime | None = None,
    filters: Mapping[str, Any] | None = None,
    urgent: bool | None = None,
) -> NoticeRun:
    """Draft the notice `template` to everybody whom `reference` affects, and freeze its audience.

    One notice per reference and template is open at a time: the same call again returns it, and takes a newer affected
    set over into a draft. After it finished, a newer affected set gives a new notice to those who were not told yet.
    `affected_set_id` defaults to the newest frozen set of the reference; `eta`, or one that has passed, to the
    policy's hours from now; `urgent`, which passes quiet hours, to what the policy says of the template. `filters`
    narrow the audience (customers.filters): after a narrowed one finished, the rest can be told by another.
    Journals notice.prepared, or notice.edited when the audience was refreshed. Raises NothingAffected, CannotFill,
    BadWords, BadFilter, UnknownTemplate, TemplateNotApproved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    # 1. One at a time per reference and template.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 11))", [f"notice {reference} {template}"])
    frozen = affected_set(reference, exercise, affected_set_id)
    first = NoticeRun.objects.filter(reference=reference, template=template, kind=NoticeKind.FIRST)
    runs = first.select_for_update(of=("self",))
    last = runs.exclude(state=NoticeState.CANCELLED).order_by("-id").first()
    # 2. The notice that is open, or was finished for these very orders, is the answer.
    if last and last.affected_set == frozen.pk and not (last.filters and last.state == NoticeState.FINISHED):
        return last
    if last and last.state in {NoticeState.DRAFT, NoticeState.APPROVED}:
        last.affected_set = frozen.pk
        return change(last, by)
    if last and last.state == NoticeState.LAUNCHED:
        return last
    # 3. A new one.
    check_template(template)
    moment, rules = clock.now(), policy()
    run = NoticeRun(
        reference=reference,
        template=template,
        affected_set=frozen.pk,
        exercise=exercise,
        cause=checked_cause(cause),
        cause_en=checked_cause(cause_en),
        since=frozen.frozen_at,
        eta=eta if plausible(eta, moment) else moment + timedelta(hours=rules.estimate_hours),
        filters=read_filters(filters or {}).to_json(),
        urgent=template in rules.urgent if urgent is None else urgent,
        prepared_by=str(by),
        prepared_at=moment,
    )
    return draft(run, by)


def draft(run: NoticeRun, by: Actor) -> NoticeRun:
    """Store a new run with its audience. Journals notice.prepared."""
    run.save()
    audience.freeze(run, policy())
    run.save(update_fields=["audience", "reachable", "by_channel", "left_out", "state"])
    note("notice.prepared", run, by, audience=run.audience, reachable=run.reachable)
    return run


@transaction.atomic
def edit_notice(
    *,
    notice_id: int,
    by: Actor,
    cause: str | None = None,
    cause_en: str | None = None,
    eta: datetime | None = None,
    values: Mapping[str, Sequence[str]] | None = None,
    filters: Mapping[str, Any] | None = None,
    urgent: bool | None = None,
    by_zone: bool | None = None,
    refresh: bool = False,
) -> NoticeRun:
    """Change what a notice says before it is launched, whom it is for (`filters`, as a whole) and how it is sent;
    `refresh` takes over the newest affected set.

    `values` are the template's other variables, {name: [Chinese, English]}. Approvals given before are void. Journals
    notice.edited. Raises NoticeMoved, BadWords, BadFilter, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    run = locked(notice_id)
    narrowed = run.filters if filters is None else read_filters(filters).to_json()
    if run.state not in {NoticeState.DRAFT, NoticeState.APPROVED}:
        refuse_step(run)
    if cause is not None:
        run.cause = checked_cause(cause)
    if cause_en is not None:
        run.cause_en = checked_cause(cause_en)
    if eta is not None:
        run.eta = checked_eta(eta, clock.now())
    if values is not None:
        run.values = checked_values(run.template, values)
    if urgent is not None:
        run.urgent = urgent
    if by_zone is not None:
        run.by_zone = by_zone
    if refresh and run.kind == NoticeKind.FIRST:
        run.affected_set = affected_set(run.reference, run.exercise, None).pk
    anew = refresh or narrowed != run.filters or (eta is not None and "at_risk" in narrowed)
    run.filters = narrowed
    return change(run, by, audience_too=anew)


@transaction.atomic
def approve_notice(*, notice_id: int, by: Actor) -> NoticeRun:
    """Say yes to a draft. With as many different people's yes as its size needs it is approved; a second yes of the
    same person changes nothing. Journals notice.approved. Raises NoticeMoved, NotAllowed."""
    by.require(Permission.SEND_NOTICES)
    run = locked(notice_id)
    if run.state == NoticeState.APPROVED and run.approvals.filter(actor=str(by)).exists():
        return run
    if not can_proceed(run.approve):
        refuse_step(run)
    agree(run, by)
    return run


def agree(run: NoticeRun, by: Actor) -> None:
    """Record a yes on a locked draft and approve it when they are enough."""
    _yes, fresh = NoticeApproval.objects.get_or_create(notice=run, actor=str(by), defaults={"at": clock.now()})
    given, needed = run.approvals.count(), approvals_needed(run)
    if given >= needed:
        run.approve()
        run.save()
    if fresh:
        note("notice.approved", run, by, approvals=given, needed=needed, audience=run.audience)


def approvals_needed(run: NoticeRun) -> int:
    """Two people must agree to a notice above the policy's size."""
    return 2 if run.audience > policy().second_approval_above else 1


def policy() -> NoticePolicy:
    return NoticePolicy.objects.filter(pk=1).first() or NoticePolicy()


def change(run: NoticeRun, by: Actor, *, audience_too: bool = True) -> NoticeRun:
    """Save an edited draft: freeze its audience anew, and ask for approval again."""
    if audience_too:
        audience.freeze(run, policy())
    run.approvals.all().delete()
    if run.state == NoticeState.APPROVED:
        run.reopen()
    run.save()
    note("notice.edited", run, by, audience=run.audience, reachable=run.reachable)
    return run


def affected_set(reference: str, exercise: int | None, set_id: int | None) -> AffectedSet:
    sets = AffectedSet.objects.filter(reference=reference, exercise=exercise)
    found = (sets.filter(pk=set_id) if set_id else sets.order_by("-version")).first()
    if found is None:
        raise NothingAffected(_("No affected orders are frozen for this matter yet; freeze them first."))
    return found


def check_template(code: str) -> None:
    """It exists, and needs nothing but what an order, the draft and a person can give."""
    _asked, lacking = texts.asked_of(current_templates(code))
    if lacking:
        raise CannotFill(
            _("The template %(code)s needs %(names)s, which a notice cannot fill in; choose another one.")
            % {"code": code, "names": ", ".join(sorted(lacking))},
            lacking=sorted(lacking),
        )


def checked_values(code: str, given: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """{name: [Chinese, English]} of the variables that a person gives, trimmed."""
    templates = current_templates(code)
    asked, _lacking = texts.asked_of(templates)
    found: dict[str, list[str]] = {}
    for name, pair in given.items():
        if name not in asked or isinstance(pair, str) or len(pair) != len(texts.LANGUAGES):
            raise BadWords(_("This notice has no variable %(name)s.") % {"name": name[:40]}, field=name)
        variable = next(kind_of(template, name) for template in templates if name in template.variables)
        found[name] = [" ".join(str(text).split()) for text in pair]
        if not all(fits(variable, text) for text in found[name] if text):
            raise BadWords(
                _("%(name)s must be of the kind %(kind)s and have at most %(longest)s characters.")
                % {"name": name, "kind": variable.kind, "longest": variable.longest},
                field=name,
            )
    return found


def unsaid(run: NoticeRun) -> list[str]:
    """The variables that a person still has to give."""
    asked, _lacking = texts.asked_of(current_templates(run.template))
    return [name for name in asked if not (run.values.get(name) or [""])[0]]


def checked_cause(text: str) -> str:
    text = " ".join(text.split())
    if len(text) > LONGEST_CAUSE or "\x00" in text:
        raise BadWords(_("The cause may have at most 60 characters."))
    return text


def plausible(eta: datetime | None, moment: datetime) -> bool:
    return eta is not None and moment < eta < moment + FURTHEST


def checked_eta(eta: datetime, moment: datetime) -> datetime:
    if not plausible(eta, moment):
        raise BadWords(_("The new estimate must lie between now and 60 days ahead."))
    return eta


def locked(notice_id: int) -> NoticeRun:
    return NoticeRun.objects.select_for_update(of=("self",)).get(pk=notice_id)


def refuse_step(run: NoticeRun) -> None:
    legal = sorted({step.name for step in run.get_available_state_transitions()})  # type: ignore[attr-defined]
    raise NoticeMoved(
        _("This notice is already: %(state)s.") % {"state": run.get_state_display()},  # type: ignore[attr-defined]
        state=run.state,
        legal=legal,
    )


def note(kind: str, run: NoticeRun, by: Actor, *, quiet: bool = False, **figures: object) -> None:
    """`quiet`: not on the reference's timeline, because the batch's own entry says the same there."""
    payload = {"notice": run.pk, "template": run.template, **figures}
    noting.write(kind, "notice", run, by, payload, quiet=quiet)
