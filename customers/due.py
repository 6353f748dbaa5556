"""What the clock does for notices: hints for those whose messages are not made or may need another channel, and
follows batches."""

from __future__ import annotations

from datetime import datetime

from celery import Task
from django.db import transaction
from django.db.models import Min

from customers import operations, tasks, telling
from customers.models import CompensationRun, NewEstimate, NoticePlaces, NoticeRun, SurveyRound
from customers.operations import HINT_AGAIN, desk, rules
from journal.clock import Now, Source
from journal.hints import publish
from journal.models import Entry
from journal.reader import Reader

Row = CompensationRun | NewEstimate | NoticePlaces | NoticeRun | SurveyRound
AT_ONCE = 10
ENDINGS = ["notice.batch_finished", "notice.batch_cancelled"]


def hinted(name: str, model: type[Row], column: str, task: Task, *, red_after: float | None = 10.0) -> Source:
    """Ask a worker again about rows due by `column`; a row stays until one has looked."""
    arguments = {CompensationRun: "run_id", NewEstimate: "estimate_id", SurveyRound: "survey_id"}
    argument = arguments.get(model, "notice_id")

    def run() -> int:
        waiting = model._default_manager.filter(**{f"{column}__lte": Now()})
        with transaction.atomic():
            rows = waiting.select_for_update(skip_locked=True, of=("self",)).values_list("pk", flat=True)
            ids = list(rows[:AT_ONCE])
            model._default_manager.filter(pk__in=ids).update(**{column: Now() + HINT_AGAIN})
        for pk in ids:
            publish(task, **{argument: pk})
        return len(ids)

    def next_due() -> datetime | None:
        return model._default_manager.filter(**{f"{column}__isnull": False}).aggregate(at=Min(column))["at"]

    return Source(name=name, run=run, next_due=next_due, red_after=red_after)


def end_notice(entry: Entry) -> None:
    """A batch came to its end: so does its notice."""
    prefix, _colon, key = entry.subject.partition(":")
    if prefix == "batch" and key.isdigit():
        operations.end_notice(batch=int(key))


SOURCES = [
    hinted("compensation to tell", CompensationRun, "tell_due_at", tasks.tell_compensated),
    Source(name="overdue complaints", run=desk.find_overdue, next_due=desk.next_overdue),
    Source(name="purge of care", run=rules.purge_care, next_due=rules.next_purge, red_after=None),
    telling.reader.source(),
    hinted("notices to fill", NoticeRun, "fill_due_at", tasks.fill_notice),
    hinted("provinces to count", NoticePlaces, "due_at", tasks.count_places, red_after=None),
    hinted("notices to look after", NoticeRun, "look_at", tasks.fall_back, red_after=None),
    hinted("estimates to follow", NewEstimate, "due_at", tasks.follow_estimate, red_after=None),
    hinted("surveys to send", SurveyRound, "send_at", tasks.send_proposed_survey, red_after=None),
    Reader("customers.batches", ENDINGS, end_notice).source(),
]
