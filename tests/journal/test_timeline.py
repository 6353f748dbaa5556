"""The timeline reads in sentences, to those who may see the matter."""

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext_lazy

from accounts.actors import SYSTEM
from accounts.operations import create_api_key
from accounts.roles import Role
from journal import kinds, operations

pytestmark = pytest.mark.django_db


def write(**fields):
    with transaction.atomic():
        operations.write(**{"kind": "test.happened", "subject": "thing:1", "by": SYSTEM, **fields})


def page(client, topic, query=""):
    return client.get(reverse("timeline", args=[topic]) + query)


def test_it_asks_for_a_log_in(client):
    assert page(client, "thing:1").status_code == 302


def test_it_is_refused_to_whoever_may_see_nothing(client, make_user):
    client.force_login(make_user("nobody"))
    assert page(client, "thing:1").status_code == 403


def test_it_shows_entries_whose_subject_or_reference_it_is(client, make_user):
    client.force_login(make_user("someone", Role.WAREHOUSE))
    write(kind="test.first", reference="incident:7")
    write(kind="test.second", subject="incident:7")
    write(kind="test.third")
    text = page(client, "incident:7").content.decode()
    assert "test.first" in text
    assert "test.second" in text
    assert "test.third" not in text


def test_matters_of_people_and_keys_are_for_auditors(client, make_user, administrator):
    key, _secret = create_api_key(name="订单系统", role=Role.ORDER_SYSTEM, by=administrator)
    client.force_login(make_user("someone", Role.WAREHOUSE))
    assert page(client, f"key:{key.pk}").status_code == 403
    client.force_login(make_user("auditor", Role.AUDITOR))
    text = page(client, f"key:{key.pk}").content.decode()
    assert "订单系统" in text
    assert "管理员" in text  # the actor, by name


def test_it_shows_the_newest_sixty_and_everything_on_request(client, make_user):
    client.force_login(make_user("someone", Role.WAREHOUSE))
    for number in range(62):
        write(payload={"n": number})
    assert page(client, "thing:1").content.decode().count("<li") == 60
    assert page(client, "thing:1", "?all=1").content.decode().count("<li") == 62


def test_a_sentence_reads_even_when_a_figure_or_a_name_is_missing():
    kinds.register({"test.moved": "%(who)s moved %(what)s to %(where)s"})
    from journal.models import Entry

    entry = Entry(kind="test.moved", subject="thing:1", actor="user:0", payload={"who": "user:0", "what": ["a", 3]})
    (row,) = kinds.describe([entry])
    assert row["text"] == "user:0 moved a、3 to …"


def test_a_sentence_follows_its_count_in_every_language():
    kinds.register({"test.moved": ngettext_lazy("%(count)s thing moved", "%(count)s things moved", "count")})
    for payload in ({"count": 1}, {"count": 2}, {}):
        write(kind="test.moved", payload=payload)
    entries = list(kinds.Entry.objects.order_by("id"))
    for language in ("en", "zh-hans"):
        with translation.override(language):
            read = [row["text"] for row in kinds.describe(entries)]
        assert read == ["1 thing moved", "2 things moved", "… things moved"]


def test_odd_keys_have_no_name_and_do_no_harm():
    odd = ("", "²", "x", "-1", "9" * 30, "😀")
    for prefix in kinds.LOOKUPS:
        for key in odd:
            kinds.names_in([f"{prefix}:{key}"])


@pytest.mark.parametrize("topic", ["x" * 500, "incident:🧨", "user:99999999999999999999", "%00", ":"])
def test_odd_topics_are_harmless(client, make_user, topic):
    client.force_login(make_user("auditor", Role.AUDITOR))
    assert page(client, topic).status_code == 200
