"""Hints: ids only."""

from celery import shared_task

from customers import operations
from customers.operations import compensation_out, places, proposing


@shared_task(name="customers.fill_notice")
def fill_notice(*, notice_id: int) -> None:
    operations.fill_notice(notice_id=notice_id)


@shared_task(name="customers.count_places")
def count_places(*, notice_id: int) -> None:
    places.recount_places(notice_id=notice_id)


@shared_task(name="customers.tell_compensated")
def tell_compensated(*, run_id: int) -> None:
    compensation_out.tell_customers(run_id=run_id)


@shared_task(name="customers.fall_back")
def fall_back(*, notice_id: int) -> None:
    operations.fall_back(notice_id=notice_id)


@shared_task(name="customers.follow_estimate")
def follow_estimate(*, estimate_id: int) -> None:
    proposing.follow_estimate(estimate_id=estimate_id)


@shared_task(name="customers.send_proposed_survey")
def send_proposed_survey(*, survey_id: int) -> None:
    proposing.send_proposed_survey(survey_id=survey_id)
