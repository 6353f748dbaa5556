"""Two deliveries of one message at the same moment make one warning."""

import threading

import pytest
from django.db import connection

from alerts import operations
from alerts.models import Warning
from journal.models import Entry
from tests.alerts.conftest import cap

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_keeps_one_of_two_deliveries(regions, source):
    start = threading.Barrier(4)
    found = []

    def deliver():
        start.wait()
        try:
            found.append(operations.file_warning(xml=cap(), by=source).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert set(found) == {Warning.objects.get().pk}
    assert Entry.objects.filter(kind="alert.received").count() == 1
