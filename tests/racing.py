"""Calls against each other, on real connections."""

import threading

from django.db import connections


def together(*calls):
    """Run all at once, each on connections of its own; return results and exceptions in order."""
    start = threading.Barrier(len(calls))
    answers = [None] * len(calls)

    def run(number, call):
        try:
            start.wait()
            answers[number] = call()
        except Exception as error:
            answers[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


def all_done(*calls):
    """The same where none may fail; return the results."""
    answers = together(*calls)
    assert not [answer for answer in answers if isinstance(answer, Exception)], answers
    return answers
