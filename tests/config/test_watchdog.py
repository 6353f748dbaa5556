"""The watchdog: red when a clock stops or anything due is left lying, told to those who may command and to nobody's
monitor."""

import http.server
import json
import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse

from accounts.roles import Role
from config import tasks, watchdog
from config.clockwork import all_sources
from journal import clock
from journal.clock import Clock, Source

pytestmark = pytest.mark.django_db
MAY_WAIT = {
    "early statuses",
    "network loads",
    "notice chunks",
    "estimates to follow",
    "notices to look after",
    "provinces to count",
    "surveys to send",
    "purge of care",
    "retention of messages",
    "unclear calls",
    "webhooks",
    "words at providers",
}


@pytest.fixture(autouse=True)
def looked_at_anew():
    watchdog.watchdog.forget()
    yield
    watchdog.watchdog.forget()


@pytest.fixture
def beating():
    Clock("test", []).beat()


def left_lying(seconds):
    at = clock.now() - timedelta(seconds=seconds)
    return Source("deadlines", lambda: 0, lambda: at)


def health(client):
    answer = client.get(reverse("health_engine"))
    return answer.status_code, answer.json()


@pytest.mark.parametrize("name", [source.name for source in all_sources()])
def test_every_source_of_the_house_turns_it_red(client, beating, monkeypatch, name):
    """Each has its limit, except what rightly waits for its turn; and a due row of it is seen."""
    source = next(source for source in all_sources() if source.name == name)
    if name in MAY_WAIT:
        assert source.red_after is None
        return
    at = clock.now() - timedelta(seconds=source.red_after + 1)
    late = Source(name, source.run, lambda: at, source.red_after)
    others = [other for other in all_sources() if other.name != name]
    monkeypatch.setattr(watchdog, "all_sources", lambda: [*others, late])
    status, figures = health(client)
    assert (status, list(figures["late"])) == (503, [name])


def test_what_commands_people_is_red_after_ten_seconds():
    limits = {source.name: source.red_after for source in all_sources() if source.name.startswith("incidents ")}
    assert len(limits) >= 4
    limits.pop("incidents grades")  # figures, read by workers every few seconds
    assert all(limit is not None and limit <= 10 for limit in limits.values()), limits


def test_the_answer_is_for_machines(client, beating):
    status, figures = health(client)
    assert status == 200
    assert {"status", "clocks", "newest_beat_seconds", "late", "waiting"} == set(figures)


@pytest.mark.django_db(transaction=True)
def test_it_is_red_within_thirty_seconds_of_the_last_clock_s_end(client, processes):
    """A real clock is stopped; what is left of its last beat is made older instead of waited for."""
    import sys

    from tests.processes import until

    processes.spawn("clock", [sys.executable, "manage.py", "clock", "--name", "watched"])
    until(lambda: health(client)[0] == 200, what="a beating clock")
    processes.kill("clock")
    assert health(client)[0] == 200, "nobody can know yet"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE journal_clockbeat SET beat_at = beat_at - interval '20 seconds'")
    assert health(client)[0] == 503
    Clock("another", []).beat()
    assert health(client)[0] == 200, "it recovers with the next clock"


def page(client, make_user, role, path="board"):
    client.force_login(make_user(role, role))
    return client.get(reverse(path)).content.decode()


def test_who_may_command_sees_it_and_others_do_not(client, make_user):
    assert 'class="alert alert-danger engine-banner" role="alert"' in page(client, make_user, Role.COMMANDER)
    assert "engine-banner" not in page(client, make_user, Role.AUDITOR)
    assert client.get(reverse("engine_banner")).status_code == 403


def test_it_goes_as_soon_as_a_clock_beats(client, make_user, beating):
    assert "engine-banner" not in page(client, make_user, Role.DUTY_OFFICER)
    assert client.get(reverse("engine_banner")).content.strip() == b""


def test_pages_ask_the_database_once_in_a_while(client, make_user, beating, django_assert_max_num_queries):
    client.force_login(make_user("c", Role.COMMANDER))
    client.get(reverse("engine_banner"))
    with django_assert_max_num_queries(5):  # the session, the user, the grants
        client.get(reverse("engine_banner"))


@pytest.fixture
def monitor(settings):
    """A monitor outside that counts pings; `monitor.status` is what it answers."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            server.pings.append(self.path)
            self.send_response(server.status)
            self.end_headers()
            self.wfile.write(json.dumps({}).encode())

        def log_message(self, *args):
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    server.pings, server.status = [], 200
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.HEARTBEAT_URL = f"http://127.0.0.1:{server.server_port}/ping/secret"
    yield server
    server.shutdown()
    server.server_close()


def test_a_healthy_engine_pings_the_monitor(beating, monitor):
    tasks.heartbeat()
    assert monitor.pings == ["/ping/secret"]


def test_a_sick_engine_keeps_silent(monitor, monkeypatch):
    tasks.heartbeat()
    Clock("test", []).beat()
    monkeypatch.setattr(watchdog, "all_sources", lambda: [left_lying(60)])
    tasks.heartbeat()
    assert monitor.pings == []


def test_without_an_address_nothing_is_sent(beating, settings):
    settings.HEARTBEAT_URL = ""
    assert watchdog.send_heartbeat() is False


@pytest.mark.parametrize("address", ["", "http://127.0.0.1:9/", "no address", "file:///etc/passwd"])
def test_a_failing_monitor_is_logged_once_and_harms_nothing(beating, monitor, settings, monkeypatch, address):
    said = []
    monkeypatch.setattr(watchdog.log, "warning", lambda *args, **extra: said.append(args))
    monkeypatch.setattr(watchdog, "beat", watchdog.Heartbeat())
    monitor.status = 500
    settings.HEARTBEAT_URL = address or settings.HEARTBEAT_URL
    for _ in range(3):
        assert watchdog.send_heartbeat() is False
    assert len(said) == 1
