"""Kept fragments: made once for many, never for the wrong reader, never older than what happened."""

import threading

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.test import RequestFactory
from django.utils import timezone, translation

from accounts.actors import SYSTEM, Actor, NotAllowed
from journal import fragments, operations, queries
from journal.fragments import fragment

pytestmark = pytest.mark.django_db
VIEWER = Actor("user", "1", frozenset({"view"}))
COMMANDER = Actor("user", "2", frozenset({"view", "command"}))


@pytest.fixture(autouse=True)
def empty_store():
    fragments.store.clear()


@pytest.fixture
def panel():
    """panel(actor, …) → (status, text); panel.made counts how often the view ran."""

    def make(request, pk):
        ask.made += 1
        return HttpResponse(f"{ask.made} {'command' in request.actor.permissions}")

    def ask(actor=VIEWER, query="", etag="", view=None):
        request = RequestFactory().get(f"/panel/{query}", headers={"if-none-match": etag} if etag else {})
        request.actor, request.htmx = actor, False
        answer = (view or ask.view)(request, pk=7)
        ask.answer = answer
        return answer.status_code, answer.content.decode()

    ask.made = 0
    ask.view = fragment("incident:{pk}")(make)
    ask.personal = fragment("incident:{pk}", personal=True)(make)
    return ask


def entry(subject="measure:1", reference="incident:7"):
    with transaction.atomic():
        operations.write(kind="incident.noted", subject=subject, reference=reference, by=SYSTEM)


def test_it_is_made_once_and_unchanged_for_a_browser_that_has_it(panel):
    first = panel()
    assert panel() == first
    assert panel(etag=panel.answer["ETag"]) == (304, "")
    assert panel.made == 1


def test_two_roles_never_see_each_other_s(panel):
    assert panel(VIEWER) == (200, "1 False")
    assert panel(COMMANDER) == (200, "2 True")
    assert panel(VIEWER) == (200, "1 False")
    here = Actor("user", "3", VIEWER.permissions, regions=frozenset({"33"}))
    assert panel(here) == (200, "3 False")


@pytest.mark.parametrize(
    ("look", "made"),
    [
        (lambda may: "launch" in may, 1),  # neither may
        (lambda may: "command" in may, 2),
        (sorted, 2),
        (len, 2),
        (lambda may: may & {"launch"}, 1),
        (lambda may: may == {"view"}, 2),
        (lambda may: {"launch"} <= may, 2),
        (lambda may: {"launch"} & may, 1),
    ],
)
def test_only_permissions_that_were_asked_about_part_readers(panel, look, made):
    def view(request, pk):
        panel.made += 1
        return HttpResponse(str(look(request.actor.permissions)))

    view = fragment("incident:{pk}")(view)
    answers = [panel(reader, view=view)[1] for reader in (VIEWER, COMMANDER, VIEWER)]
    assert panel.made == made
    assert answers[0] == answers[2]
    assert (answers[0] == answers[1]) == (look(VIEWER.permissions) == look(COMMANDER.permissions))


def test_the_reader_stays_who_they_are(panel):
    def view(request, pk):
        seen.append(request.actor)
        request.actor.require("view")
        return HttpResponse("")

    seen = []
    panel(VIEWER, view=fragment("incident:{pk}")(view))
    assert str(seen[0]) == str(VIEWER)
    refused = fragment("incident:{pk}")(lambda request, pk: request.actor.require("command"))
    with pytest.raises(NotAllowed):
        panel(VIEWER, view=refused)


def test_what_panels_share_is_read_once_until_something_happens():
    def ask():
        return fragments.shared(
            RequestFactory().get("/"), "incident:7", name="thing", make=lambda: made.append(1) or len(made)
        )

    made = []
    assert [ask(), ask()] == [1, 1]
    entry()
    assert ask() == 2
    with translation.override("en"):
        assert ask() == 3


def test_a_personal_one_is_for_one_person(panel):
    other = Actor("user", "9", VIEWER.permissions)
    assert panel(VIEWER, view=panel.personal) != panel(other, view=panel.personal)
    assert panel(VIEWER) == panel(other)


def test_readers_can_be_told_apart_by_more_than_who_they_are(panel):
    view = fragment("incident:{pk}", personal=lambda request, pk: int(request.actor.key) % 2)(panel.view.__wrapped__)
    people = [Actor("user", str(number), VIEWER.permissions) for number in (1, 3, 4)]
    answers = [panel(person, view=view) for person in people]
    assert answers[0] == answers[1] != answers[2]


def test_query_language_and_zone_make_a_difference(panel):
    panel()
    panel(query="?show=mine")
    with translation.override("en"):
        panel()
    with timezone.override("America/New_York"):
        panel()
    assert panel.made == 4


def test_an_entry_or_a_touch_about_its_matter_makes_it_anew(panel):
    panel()
    entry()
    assert panel()[1].startswith("2")
    with transaction.atomic():
        operations.touch("incident:7")
    assert panel()[1].startswith("3")
    entry(reference="incident:8")
    assert panel()[1].startswith("3")
    entry(subject="incident:7", reference="")
    assert panel()[1].startswith("4")


def test_what_a_panel_shows_nothing_of_leaves_it(panel):
    view = fragment("incident:{pk}", but=("measure",))(panel.view.__wrapped__)
    panel(view=view)
    with transaction.atomic():
        operations.write(kind="measure.completed", subject="measure:1", reference="incident:7", by=SYSTEM)
    assert panel(view=view)[1].startswith("1")
    assert panel()[1].startswith("2")
    entry()
    assert panel(view=view)[1].startswith("3")


def test_what_fails_or_holds_a_token_is_not_kept(panel):
    def with_token(request, pk):
        panel.made += 1
        return HttpResponse(get_token(request))

    view = fragment("incident:{pk}")(with_token)
    assert panel(view=view) != panel(view=view)
    refused = fragment("incident:{pk}")(lambda request, pk: HttpResponse(status=409))
    assert panel(view=refused)[0] == 409
    assert not fragments.store.kept


def test_many_at_once_wait_for_one(panel):
    """Ten threads ask for the same fragment; the view runs once."""
    begun, count = threading.Event(), []

    def slow():
        begun.wait(5)
        count.append(1)
        return HttpResponse("made"), True, None

    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(fragments.store.answer("key", slow).content)) for _ in range(10)
    ]
    for thread in threads:
        thread.start()
    begun.set()
    for thread in threads:
        thread.join(10)
    assert (answers, count) == ([b"made"] * 10, [1])


@pytest.mark.django_db(transaction=True)
def test_a_late_commit_changes_the_version(django_db_blocker):
    """An entry that took its id earlier but commits later is not overlooked."""
    from django.db import connection

    held, go = threading.Event(), threading.Event()

    def late():
        with transaction.atomic():
            operations.write(kind="incident.noted", subject="call:1", reference="incident:7", by=SYSTEM)
            held.set()
            go.wait(10)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    held.wait(10)
    entry(subject="call:2")
    before = [queries.version("incident:7"), queries.version("*")]
    go.set()
    thread.join(10)
    assert all(a != b for a, b in zip(before, [queries.version("incident:7"), queries.version("*")], strict=True))
