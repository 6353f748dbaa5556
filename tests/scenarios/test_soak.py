"""The engine through kills, flushes and a database restart, judged by SQL that shares no code with it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def soak(*arguments: str, story: str = "story") -> str:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "FENGHUO"))}
    command = [sys.executable, "-m", f"tests.soak.{story}", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.mark.soak
def test_a_short_story_loses_and_doubles_nothing():
    soak("--hours", "1", "--incidents", "6")


@pytest.mark.soak
def test_a_day_of_five_hundred_incidents_loses_and_doubles_nothing():
    assert '"lost": 0' in soak("--hours", "24", "--incidents", "500")


@pytest.mark.soak
def test_each_of_a_hundred_thousand_notices_is_accounted_for():
    assert '"taken more than once": 0' in soak("--count", "100000", "--kills", "20", story="notices")
