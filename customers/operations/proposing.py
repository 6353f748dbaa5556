"""What is proposed to customer service by itself: the follow-up of a newer estimate, and the survey after recovery.

Rooms above say what happened to a matter (`note_estimate`, `propose_survey`), which costs them one row; the work is
done by a worker, as the row says, and only the rules (`send_follow_ups`, `send_surveys`) let it be sent unasked.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.actors import CLOCK, Actor
from accounts.models import Channel, User
from accounts.roles import Permission
from customers.models import NewEstimate, NoticeRun, NoticeState, SurveyRound
from customers.operations import noting
from customers.operations.desk import in_charge
from customers.operations.drafts import approvals_needed, locked, policy
from customers.operations.following import DRAFTS, propose_follow_up, told_otherwise
from customers.operations.rules import care_rules
from customers.operations.sending import launch_notice
from customers.operations.survey import NobodyToAsk, send_survey
from customers.operations.waves import HINT_AGAIN, authority
from customers.queries.notices import exercise_of
from journal import clock
from journal.hints import nudge
from journal.kinds import names_in
from journal.refusal import Refusal
from notifications.operations import tell_people

log = structlog.get_logger()

TEMPLATE = "care_proposed"
DAILY = timedelta(days=1)


@transaction.atomic
def note_estimate(*, reference: str, eta: datetime, by: Actor) -> NewEstimate | None:
    """A matter is expected to be over at another time: have a worker propose the follow-up to those who were told.

    The newest estimate counts. None when nobody was told another one. It locks no notice: a caller that holds the
    matter does not wait for one that is being filled. Journals nothing: the proposal is journalled. Raises NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    if told_otherwise(reference, eta) is None and not NewEstimate.objects.filter(reference=reference).exists():
        return None
    noted = NewEstimate.objects.create(reference=reference, eta=eta, given_by=str(by), due_at=clock.now())
    from customers import tasks

    nudge(tasks.follow_estimate, estimate_id=noted.pk)
    clock.wake()
    return noted


@transaction.atomic
def follow_estimate(*, estimate_id: int) -> NoticeRun | None:
    """Draft the follow-up that `note_estimate` asked for and tell customer service for how many it is; send it where
    the rules let it be sent by itself and one person's yes is enough. Done once: the estimates are locked.

    A notice whose messages are not made yet is waited for. Acts for whoever gave the newest estimate. Journals what
    follow_up_notice and launch_notice journal.
    """
    # 1. All estimates of the matter, so that of two workers one finds nothing left; newer ones are added meanwhile.
    asked = NewEstimate.objects.filter(pk=estimate_id).values_list("reference", flat=True).first()
    estimates = NewEstimate.objects.filter(reference=asked).select_for_update().order_by("pk")
    noted = list(estimates) if asked else []
    if not noted:
        return None
    reference, eta, by = noted[-1].reference, noted[-1].eta, authority(noted[-1].given_by)
    done = NewEstimate.objects.filter(pk__in=[row.pk for row in noted])
    # 2. Who is told is known once there are messages.
    if told := told_otherwise(reference, eta):
        told = locked(told.pk)
        if told.state == NoticeState.LAUNCHED and told.batch is None:
            moment = clock.now()
            done.update(due_at=max(told.fill_due_at or moment, moment) + HINT_AGAIN)
            return None
    # 3. The proposal, or none.
    done.delete()
    run = None
    try:
        with transaction.atomic():
            run = propose_follow_up(reference=reference, eta=eta, by=by)
    except Refusal as refusal:
        log.warning("follow-up not proposed", reference=reference, reason=str(refusal))
    if run is None or run.state not in DRAFTS:
        return run
    if policy().send_follow_ups and approvals_needed(run) == 1:
        with contextlib.suppress(Refusal), transaction.atomic():
            return launch_notice(notice_id=run.pk, by=by)

    def what(user: User) -> str:
        return ngettext(
            "the estimate changed; the follow-up to %(count)s customer is drafted",
            "the estimate changed; the follow-up to %(count)s customers is drafted",
            run.reachable,
        ) % {"count": f"{run.reachable:,}"}

    tell_service(what, reference=run.reference, path=f"/notices/{run.pk}/", key=f"follow-up:{run.pk}:{eta:%Y%m%d%H%M}")
    return run


@transaction.atomic
def propose_survey(*, reference: str, by: Actor) -> SurveyRound | None:
    """A matter recovers: propose to customer service that its customers be asked, or have it sent day by day where the
    rules say so. None when nobody was told of it; a second call returns the first.

    Journals survey.proposed. Raises NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    if not NoticeRun.objects.filter(reference=reference, launched_at__isnull=False).exists():
        return None
    moment = clock.now()
    survey, created = SurveyRound.objects.get_or_create(
        reference=reference,
        defaults={"exercise": exercise_of(reference), "proposed_by": str(by), "proposed_at": moment},
    )
    if not created:
        return survey
    if care_rules().send_surveys:
        survey.send_at = moment
        survey.save()
        from customers import tasks

        nudge(tasks.send_proposed_survey, survey_id=survey.pk)
        clock.wake()
    else:
        tell_service(
            lambda user: _("it recovers; ask its customers how satisfied they were"),
            reference=reference,
            path="/desk/satisfaction/",
            key=f"survey:{survey.pk}",
        )
    noting.write("survey.proposed", "survey", survey, by, {"survey": survey.pk})
    return survey


@transaction.atomic
def send_proposed_survey(*, survey_id: int) -> SurveyRound:
    """Ask those whose parcels have arrived, and look again every day for as long as a survey takes answers.

    Acts for whoever let the matter recover. Journals what send_survey journals.
    """
    survey = SurveyRound.objects.select_for_update().get(pk=survey_id)
    moment = clock.now()
    if survey.send_at is None or survey.proposed_at is None:
        return survey
    with contextlib.suppress(NobodyToAsk), transaction.atomic():
        send_survey(reference=survey.reference, by=authority(survey.proposed_by))
    survey.refresh_from_db()
    last = survey.proposed_at + timedelta(days=care_rules().survey_days)
    survey.send_at = moment + DAILY if moment + DAILY < last else None
    survey.save(update_fields=["send_at"])
    return survey


def tell_service(what: Callable[[User], str], *, reference: str, path: str, key: str) -> None:
    """Customer service reads what is proposed, in their inbox, and is one click away from it."""
    tell_people(
        in_charge(clock.now()),
        template=TEMPLATE,
        variables={
            "event": lambda user: names_in([reference]).get(reference, reference),
            "what": what,
            "url": f"{settings.PUBLIC_URL}{path}",
        },
        channels=[Channel.IN_APP],
        key=f"care:{key}",
        by=CLOCK,
        reference=reference,
        urgent=False,
        exercise=exercise_of(reference),
    )
