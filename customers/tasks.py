"""Hints: ids only."""

from celery import shared_task

from customers import operations


@shared_task(name="customers.fill_notice")
def fill_notice(*, notice_id: int) -> None:
    operations.fill_notice(notice_id=notice_id)
