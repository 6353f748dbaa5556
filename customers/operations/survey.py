"""Asking customers how satisfied they were, and taking their answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils.translation import gettext as _

from accounts.actors import Actor, link_actor
from accounts.roles import Permission
from customers import links
from customers.models import NoticeRecipient, Satisfaction, SurveyRound
from customers.operations.rules import care_rules
from customers.queries.notices import exercise_of
from customers.reach import EMAIL, PHONE
from customers.texts import NAMED
from journal import clock
from journal import operations as journal
from journal.refusal import Invalid, Refusal
from notifications import operations as notifications

TEMPLATE = "survey"
LONGEST_COMMENT = 500

# One message per customer of the matter who was told before and for whom everything is over: the first notice they got,
# so that the key stays the same however often this is asked. Who wants no messages has no channel there.
MESSAGES = f"""
SELECT 'survey:' || r.id, r.way, CASE r.way WHEN 'sms' THEN o.phone ELSE o.email END, r.language,
    jsonb_build_object('no', o.external_id, 'url', %(base)s || {links.TOKEN_SQL} || '/')
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
    values = [value for _name, value in given(reference)]
    added = notifications.fill_batch(batch.pk, NAMED.sub("%s", MESSAGES), values)
    if not added:
        raise NobodyToAsk(_("Nobody is left to ask: no customer who was told has got their parcel since."))
    notifications.launch_batch(batch_id=batch.pk, by=by)
    survey.batch, survey.asked = batch.pk, survey.asked + added
    if first:
        survey.sent_by, survey.sent_at = str(by), moment
    survey.closes_at = closes_at
    survey.save()
    journal.write(
        kind="survey.sent",
        subject=f"survey:{survey.pk}",
        reference=reference,
        by=by,
        exercise=exercise,
        payload={"survey": survey.pk, "asked": added, "first": first},
    )
    return survey


def given(reference: str) -> list[tuple[str, Any]]:
    """The parameters of MESSAGES in their order."""
    parameters = {
        "reference": reference,
        "phone": PHONE,
        "email": EMAIL,
        "base": f"{settings.PUBLIC_URL}/s/",
        **links.pads(links.link_key(settings.SECRET_KEY)),
    }
    return [(name, parameters[name]) for name in NAMED.findall(MESSAGES)]


def askable(reference: str) -> int:
    """How many customers would be asked now."""
    with connection.cursor() as cursor:
        cursor.execute(UNASKED.format(messages=MESSAGES), dict(given(reference)))
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
    journal.write(
        kind="survey.answered",
        subject=f"satisfaction:{answer.pk}",
        reference=recipient.reference,
        by=link_actor("customer", recipient.pk),
        exercise=answer.exercise,
        payload={"score": score, "changed": not created},
    )
    return answer
