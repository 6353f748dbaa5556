"""A backup restored elsewhere is the same instance, in a new epoch and with sending held."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile

import pytest

from tests.embedded import ROOT, migrated


@pytest.fixture
def manage(tmp_path):
    """manage(folder, *arguments) runs manage.py on an embedded instance of its own in that folder."""

    def run(folder: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "REDIS_URL"}}
        environ |= {"FENGHUO_HOME": str(tmp_path / folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        environ.pop("FENGHUO_SECRET_KEY", None)
        return subprocess.run(
            [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environ, capture_output=True, text=True
        )

    return run


STORY = """
from config.backup import server
from django.core.management import call_command
with server():
    call_command("migrate", verbosity=0)
    call_command("create_api_key", "orders", role="order_system")
"""
LOOK = """
from config.backup import server
from journal.models import Installation, Entry
from django.core.management import call_command
with server():
    call_command("verify_journal")
    row = Installation.objects.get()
    print("epoch", row.epoch, "held", row.send_hold, "entries", Entry.objects.count())
"""


def test_it_restores_what_was_backed_up(manage, tmp_path):
    shutil.copytree(migrated(), tmp_path / "first" / "postgres")
    made = manage("first", "shell", "--no-imports", "-c", STORY)
    assert made.returncode == 0, made.stderr
    evidence = tmp_path / "first" / "media" / "evidence" / "ab" / "ab12"
    evidence.parent.mkdir(parents=True)
    evidence.write_bytes(b"photo")
    file = tmp_path / "night.backup"
    saved = manage("first", "backup", str(file))
    assert saved.returncode == 0, saved.stderr
    assert file.stat().st_mode & 0o077 == 0
    restored = manage("second", "restore", str(file))
    assert restored.returncode == 0, restored.stderr
    assert (tmp_path / "second" / "media" / "evidence" / "ab" / "ab12").read_bytes() == b"photo"
    seen = manage("second", "shell", "--no-imports", "-c", LOOK)
    assert "epoch 1 held True entries 1" in seen.stdout, seen.stdout + seen.stderr
    assert "all hold" in seen.stdout
    first, second = (tmp_path / name / "secret_key" for name in ("first", "second"))
    assert first.read_text() == second.read_text()


def test_it_refuses_a_file_that_is_no_backup(manage, tmp_path):
    file = tmp_path / "holiday.tar"
    with tarfile.open(file, "w") as tar:
        tar.add(ROOT / "LICENSE", "photo.jpg")
    refused = manage("third", "restore", str(file))
    assert refused.returncode != 0
    assert "not a Fenghuo backup" in refused.stderr
