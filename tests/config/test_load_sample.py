"""The sample organisation is loaded once, whatever rooms it has."""

import io

import pytest
from django.core.management import call_command

from accounts.models import User
from journal.models import Entry

pytestmark = pytest.mark.django_db


def test_it_loads_each_room_once():
    out = io.StringIO()
    call_command("load_sample", stdout=out)
    first = Entry.objects.filter(kind="sample.loaded").count()
    assert "accounts" in out.getvalue()
    again = io.StringIO()
    call_command("load_sample", stdout=again)
    assert again.getvalue() == ""
    assert Entry.objects.filter(kind="sample.loaded").count() == first
    assert User.objects.filter(username="commander").count() == 1
