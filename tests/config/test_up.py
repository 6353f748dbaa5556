"""`up` keeps everything running, ends it all, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, answers, free_port, until


def belonging_to(home: Path) -> dict[int, str]:
    """Processes that run on this data folder: pid → command line."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            environ = (folder / "environ").read_bytes()
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if os.fsencode(f"FENGHUO_HOME={home}") in environ.split(b"\0") and command:
            found[int(folder.name)] = command
    return found


class Instance:
    def __init__(self, home: Path) -> None:
        self.home, self.port = home, free_port()
        environ = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
        environ |= {"FENGHUO_HOME": str(home), "PORT": str(self.port), "FENGHUO_SAMPLE": "0"}
        environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
        home.mkdir(exist_ok=True)
        self.log = home / "up.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up"], cwd=ROOT, env=environ, stdout=log, stderr=subprocess.STDOUT
            )

    def healthy(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        return answers(f"http://127.0.0.1:{self.port}/health/engine")


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """One data folder: whoever comes second starts on what the first left behind."""
    return tmp_path_factory.mktemp("up") / "烽火 data"


@pytest.fixture
def instance(home):
    started = Instance(home)
    yield started
    if started.process.poll() is None:
        started.process.kill()
        started.process.wait()
    until(lambda: not belonging_to(started.home), what="the end of every process")


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_brings_back_what_dies_and_ends_in_order(instance):
    until(instance.healthy, seconds=300, what="a healthy engine")
    worker = next(pid for pid, command in belonging_to(instance.home).items() if "worker -n command" in command)
    clocks = {pid for pid, command in belonging_to(instance.home).items() if "manage.py clock" in command}
    os.kill(worker, signal.SIGKILL)
    until(lambda: "worker.command ended with -9" in instance.log.read_text(), what="the supervisor to notice")

    def is_back() -> bool:
        commands = belonging_to(instance.home)
        return any("worker -n command" in c and pid != worker for pid, c in commands.items()) and any(
            "manage.py clock" in c and pid not in clocks for pid, c in commands.items()
        )

    until(is_back, seconds=90, what="a new worker with its clock")
    instance.process.send_signal(signal.SIGINT)
    assert instance.process.wait(30) == 0
    assert belonging_to(instance.home) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_orphans_nothing_when_it_is_killed(instance):
    until(instance.healthy, seconds=300, what="a healthy engine")
    assert len(belonging_to(instance.home)) > 5
    instance.process.kill()
    instance.process.wait()
    until(lambda: not belonging_to(instance.home), seconds=30, what="the end of every child")
