"""A sample organisation in which an exercise can be played without workers: clocks and tasks by hand."""

from __future__ import annotations

import pytest
from django.db import connection
from kombu.exceptions import OperationalError

from config.celery import app

QUEUES = ("command", "dispatch", "notices")


@pytest.fixture
def organisation(transactional_db):
    """People, network, stock and rules, as `load_sample` makes them."""
    from django.core.management import call_command

    purge()
    call_command("load_sample", verbosity=0)
    yield
    purge()


def purge() -> None:
    with app.connection_for_write() as broker:
        for queue in QUEUES:
            try:
                broker.default_channel.queue_purge(queue)
            except OperationalError:
                continue


@pytest.fixture
def run_tasks():
    """run_tasks(): do every published task in this process, until none is left; returns how many."""

    def run() -> int:
        done = 0
        with app.connection_for_read() as broker:
            queues = [broker.SimpleQueue(queue) for queue in QUEUES]
            busy = True
            while busy:
                busy = False
                for queue in queues:
                    try:
                        message = queue.get(block=False)
                    except queue.Empty:
                        continue
                    message.ack()
                    _args, kwargs, _embed = message.payload
                    app.tasks[message.headers["task"]](**kwargs)
                    done, busy = done + 1, True
            for queue in queues:
                queue.close()
        return done

    return run


@pytest.fixture
def play(run_clock, run_tasks, fast_forward):
    """play(exercise): half-minute by half-minute of drill time, then half-hour by half-hour, until it ends.

    The exercise should run at factor 1: then the time that this machine needs hardly counts.
    """
    from drills.models import Exercise

    def run(exercise: Exercise, *, most: int = 400) -> Exercise:
        for _ in range(most):
            run_clock(rounds=400)
            run_tasks()
            exercise.refresh_from_db()
            if exercise.state != Exercise.State.RUNNING:
                return exercise
            hurried = len(exercise.time_map["segments"]) > 1
            fast_forward(seconds=150 if hurried else 30)
        raise AssertionError(f"the exercise goes on and on: {exercise.time_map}")

    return run


@pytest.fixture
def counts():
    """counts("dispatch_order", …) → a digest of whole tables, to see whether anything in them changed."""

    def digest(*tables: str) -> dict[str, tuple[int, str | None]]:
        found = {}
        with connection.cursor() as cursor:
            for table in tables:
                name, _space, where = table.partition(" ")
                cursor.execute(f"SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t {where}")
                found[table] = cursor.fetchone()
        return found

    return digest
