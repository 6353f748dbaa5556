"""The first administrator comes from the command line."""

import io

import pytest
from django.core.management import CommandError, call_command

from accounts.actors import user_actor
from accounts.models import User
from accounts.roles import Permission
from journal.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())


def create(name):
    out = io.StringIO()
    call_command("create_administrator", name, stdout=out)
    return out.getvalue().removeprefix("password: ").strip()


def test_it_prints_a_password_that_works():
    password = create("root")
    user = User.objects.get(username="root")
    assert user.check_password(password)
    assert user_actor(user).may(Permission.MANAGE_ACCOUNTS)
    assert Entry.objects.get(kind="accounts.administrator_created").subject == f"user:{user.pk}"


def test_it_refuses_a_name_that_is_taken():
    create("root")
    with pytest.raises(CommandError, match="root"):
        create("root")
