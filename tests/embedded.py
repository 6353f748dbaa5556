"""Pytest plugin (`-p tests.embedded`): starts PostgreSQL and Valkey for this run, before Django reads its settings.

Each run, and each xdist worker of a run, has its own servers in a temporary folder: a running instance is never
touched, and one worker's open transactions do not hold back what another may read by cursor. PostgreSQL begins as a
copy of a cluster that is migrated already, made anew when a migration has changed. Set FENGHUO_TEST_DATABASE_URL and
FENGHUO_TEST_REDIS_URL to use servers of your own.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

# Without autovacuum, too: it would note a table as empty just before a test fills it within one transaction, and the
# planner would go by that.
UNSAFE_AND_FAST = [
    part
    for setting in ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
    for part in ("-c", setting)
]

# Where root has no user namespaces, PostgreSQL runs as nobody and must get to its data.
THROUGH = 0o711
ROOT = Path(__file__).resolve().parent.parent
# What `migrate` does without what follows it: defaults and permissions come from code that changes more often.
MIGRATE = """
import django
django.setup()
from config.backup import server
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
with server():
    executor = MigrationExecutor(connection)
    executor.migrate(executor.loader.graph.leaf_nodes())
    connection.close()
"""


def migrated() -> Path:
    """The data folder of a PostgreSQL whose database has every migration; made when there is none for these yet."""
    digest = hashlib.sha256(f"{sys.platform} {platform.machine()}".encode())
    for file in sorted([*ROOT.glob("*/migrations/*.py"), *ROOT.glob("*/sql.py"), ROOT / "requirements.lock"]):
        digest.update(file.read_bytes())
    kept = ROOT / ".pytest_cache" / f"postgres-{digest.hexdigest()[:16]}"
    if kept.exists():
        return kept
    for outdated in kept.parent.glob("postgres-*"):
        shutil.rmtree(outdated, ignore_errors=True)
    kept.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=kept.parent) as half, tempfile.TemporaryDirectory() as home:
        Path(home).chmod(THROUGH)
        environ = {**os.environ, "FENGHUO_HOME": home, "PGOPTIONS": "-c synchronous_commit=off"}
        environ.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "-c", MIGRATE], cwd=ROOT, env=environ, check=True)
        whole = shutil.copytree(Path(home, "postgres"), Path(half, "postgres"))
        with contextlib.suppress(OSError):  # another run was first
            whole.rename(kept)
    return kept


def start() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings_test"
    home = Path(tempfile.mkdtemp(prefix="fenghuo-test-"))
    home.chmod(THROUGH)
    os.environ["FENGHUO_HOME"] = str(home)
    os.environ.setdefault("FENGHUO_SECRET_KEY", "only-for-tests-" + "x" * 50)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
        if value := os.environ.get(f"FENGHUO_TEST_{name}"):
            os.environ[name] = value
    from config import environment, services

    sockets = environment.socket_folder()
    programs = []
    if "DATABASE_URL" not in os.environ:
        shutil.copytree(migrated(), home / "postgres")
        programs.append(services.postgres(home, sockets, *UNSAFE_AND_FAST))
    if "REDIS_URL" not in os.environ:
        programs.append(services.valkey(home, sockets))
    running = []
    for program in programs:
        with (home / f"{program.name}.log").open("ab") as log:
            child = subprocess.Popen(
                program.argv, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **program.popen
            )
        running.append((program, child))

    def stop() -> None:
        for program, child in reversed(running):
            child.send_signal(program.stop_signal)
        for _program, child in running:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        shutil.rmtree(home, ignore_errors=True)
        if home not in sockets.parents:
            shutil.rmtree(sockets, ignore_errors=True)

    atexit.register(stop)
    if "DATABASE_URL" not in os.environ:
        services.wait_for_socket(sockets / ".s.PGSQL.5432")
        services.create_database(environment.database(), data=home / "postgres")
    if "REDIS_URL" not in os.environ:
        services.wait_for_socket(sockets / "redis.sock")


def pytest_configure(config):
    """A database that goes with its server need not be dropped first."""
    config.option.reuse_db |= "FENGHUO_TEST_DATABASE_URL" not in os.environ


start()
