"""Two deliveries of one message at the same moment make one warning."""

import pytest

from alerts import operations
from alerts.models import Warning
from journal.models import Entry
from tests.alerts.conftest import cap
from tests.racing import all_done

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_keeps_one_of_two_deliveries(regions, source):
    found = all_done(*[lambda: operations.file_warning(xml=cap(), by=source).pk] * 4)
    assert set(found) == {Warning.objects.get().pk}
    assert Entry.objects.filter(kind="alert.received").count() == 1
