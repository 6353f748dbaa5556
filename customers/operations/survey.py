"""Asking customers how satisfied they were, and taking their answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, link_actor
from accounts.roles import Permission
from customers.models import NoticeRecipient, Satisfaction, SurveyRound
from customers.operations import noting
from customers.operations.rules import care_rules
from customers.queries.notices import exercise_of
from customers.reach import EMAIL, PHONE
from customers.texts import linked, ordered
from journal import clock
from journal.refusal import Invalid, Refusal
from notifications import operations as notifications

TEMPLATE = "survey"
LONGEST_COMMENT = 500

# One message per customer of the matter who was told before and for whom everything is over: the first notice they got,
# so that the key stays the same however often this is asked. Who wants no messages has no channel there.
MESSAGES = """
SELECT 'survey:' || r.id, r.way, CASE r.way WHEN 'sms' THEN o.phone ELSE o.email END, r.language,
    jsonb_build_object('no', o.external_id, 'url', %(base)s || {token} || '/')
FROM (
    SELECT DISTINCT ON (r.customer_ref) r.*, CASE r.channel WHEN 'email' THEN 'email' ELSE 'sms' END AS way
    FROM customers_noticerecipient r
    JOIN customers_noticerun n ON n.id = r.notice_id AND n.launched_at IS NOT NULL AND NOT n.state = 'cancelled'
    WHERE r.reference = %(reference)s AND r.channel <> ''
    ORDER BY r.customer_ref, r.id
) r
JOIN dispatch_order o ON o.id = r.order_id
WHERE o.state = 'delivered' AND CASE r.way WHEN 'sms' THEN o.phone ~ %(phone)s ELSE o.email ~ %(email)s END
"""

# Of these, those whom nobody asked yet.
UNASKED = """SELECT count(*) FROM ({messages}) a (key)
    WHERE NOT EXISTS (SELECT FROM notifications_message m WHERE m.key = a.key)"""


class BadAnswer(Invalid):
    """A score is 1 to 5."""


class SurveyClosed(Refusal):
    """Answers are not taken any more."""


class NobodyToAsk(Refusal):
    """Nobody who was told has their parcel yet."""


@transaction.atomic
def send_survey(*, reference: str, by: Actor) -> SurveyRound:
    """Ask every customer of the matter who was told and whose parcel has arrived, once each, by the link they have.

    The same call again asks those whose parcels arrived meanwhile; nobody is asked twice, because the message's key is
    their first notice. Journals survey.sent. Raises NobodyToAsk, TemplateNotApproved, NotAllowed.
    """
    by.require(Permission.SEND_NOTICES)
    moment, exercise = clock.now(), exercise_of(reference)
    closes_at = moment + timedelta(days=care_rules().survey_days)
    survey, _created = SurveyRound.objects.select_for_update().get_or_create(
        reference=reference, defaults={"exercise": exercise}
    )
    first = survey.sent_at is None
    batch = notifications.open_batch(
        template=TEMPLATE,
        by=by,
        reference=reference,
        key=f"survey:{reference}:{survey.asked}:{moment:%Y%m%d%H%M%S%f}",
        exercise=exercise,
    )
    added = notifications.fill_batch(batch.pk, *messages(reference))
    if not added:
        raise NobodyToAsk(_("Nobody is left to ask: no customer who was told has got their parcel since."))
    notifications.launch_batch(batch_id=batch.pk, by=by)
    survey.batch, survey.asked = batch.pk, survey.asked + added
    if first:
        survey.sent_by, survey.sent_at = str(by), moment
    survey.closes_at = closes_at
    survey.save()
    noting.write("survey.sent", "survey", survey, by, {"survey": survey.pk, "asked": added, "first": first})
    return survey


def messages(reference: str) -> tuple[str, list[Any]]:
    """The SELECT that makes the messages, and its parameters."""
    return ordered(MESSAGES, {"reference": reference, "phone": PHONE, "email": EMAIL, **linked()})


def askable(reference: str) -> int:
    """How many customers would be asked now."""
    sql, values = messages(reference)
    with connection.cursor() as cursor:
        cursor.execute(UNASKED.format(messages=sql), values)
        return cursor.fetchone()[0]


@transaction.atomic
def answer_survey(*, recipient: NoticeRecipient, score: int, comment: str = "") -> Satisfaction:
    """Take a link's answer, or change it; one per link until the survey closes.

    Journals survey.answered (the score, never the comment). Raises BadAnswer, SurveyClosed.
    """
    if score not in range(1, 6):
        raise BadAnswer(_("Choose one to five stars."))
    moment = clock.now()
    survey = SurveyRound.objects.filter(reference=recipient.reference).first()
    if survey is not None and survey.closes_at is not None and survey.closes_at <= moment:
        raise SurveyClosed(_("The survey is closed. Thank you all the same."))
    comment = " ".join(comment.replace("\x00", "").split())[:LONGEST_COMMENT]
    answer, created = Satisfaction.objects.select_for_update().get_or_create(
        recipient_id=recipient.pk,
        defaults={
            "reference": recipient.reference,
            "exercise": recipient.notice.exercise,
            "score": score,
            "comment": comment,
            "answered_at": moment,
            "changed_at": moment,
        },
    )
    if not created:
        if (answer.score, answer.comment) == (score, comment):
            return answer
        answer.score, answer.comment, answer.changed_at = score, comment, moment
        answer.save()
    customer = link_actor("customer", recipient.pk)
    noting.write("survey.answered", "satisfaction", answer, customer, {"score": score, "changed": not created})
    return answer
