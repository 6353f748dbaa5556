"""Servers and workers of a soak's own, that may be killed, flushed and restarted at will."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

from config import services
from tests.processes import WEB, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
QUICK = ["-c", "synchronous_commit=on", "-c", "fsync=off"]  # the machine itself does not fail here


class House:
    """PostgreSQL (database test_soak, so that time may be shifted), Valkey and Celery workers under one folder."""

    def __init__(self, home: Path, *, workers: int = 2) -> None:
        self.home, self.sockets = home, home / "sockets"
        os.environ.update(
            FENGHUO_HOME=str(home),
            FENGHUO_SECRET_KEY="only-for-the-soak-" + "x" * 50,
            DJANGO_SETTINGS_MODULE="config.settings_test",
            DATABASE_URL=f"postgresql://postgres@/test_soak?{urlencode({'host': self.sockets, 'port': 5432})}",
            REDIS_URL=f"unix://{self.sockets / 'redis.sock'}",
        )
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.names = [f"worker{number}" for number in range(workers)]
        self.kills = 0

    def start_servers(self) -> None:
        from config import environment

        self.start_postgres()
        self.spawn("valkey", services.valkey(self.home, self.sockets).argv)
        services.create_database(environment.database(), data=self.home / "postgres")
        services.wait_for_socket(self.sockets / "redis.sock")

    def start_postgres(self) -> None:
        program = services.postgres(self.home, self.sockets, *QUICK)
        self.spawn("postgres", program.argv, **program.popen)
        services.wait_for_socket(self.sockets / ".s.PGSQL.5432")

    def start_worker(self, name: str) -> None:
        argv = [sys.executable, "-m", "celery", "--quiet", "-A", "config", "worker", "-n", f"{name}@soak"]
        self.spawn(name, [*argv, "-Q", "command,dispatch,notices", "-c", "1", "-l", "WARNING", "--without-mingle"])

    def open_ports(self) -> None:
        """Where a web process and simulated providers will answer; before anything is started."""
        web, simulator = free_port(), free_port(2)
        os.environ.update(PORT=str(web), SIMULATOR_PORT=str(simulator), FENGHUO_PUBLIC_URL=f"http://127.0.0.1:{web}")

    def start_web(self) -> None:
        self.spawn("web", [sys.executable, *WEB, "--port", os.environ["PORT"]])

    def start_simulator(self, ledger: Path) -> None:
        self.spawn("simulator", [sys.executable, "manage.py", "simulate_providers", "--ledger", str(ledger)])

    def spawn(self, name: str, argv: list[str], **popen: object) -> None:
        with (self.home / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                argv, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **popen
            )  # type: ignore[call-overload]

    def kill_worker(self, name: str) -> None:
        """kill -9 of a worker with its pool and its clock; another takes its place."""
        process = self.running.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        self.kills += 1
        self.start_worker(name)

    def restart_postgres(self) -> None:
        process = self.running.pop("postgres")
        process.send_signal(signal.SIGINT)
        process.wait(60)
        time.sleep(0.5)
        self.start_postgres()

    def flush(self) -> None:
        import redis

        redis.Redis(unix_socket_path=str(self.sockets / "redis.sock")).flushall()

    def stop(self) -> None:
        for name in [*self.names, "web", "simulator", "valkey", "postgres"]:
            process = self.running.pop(name, None)
            if process is not None:
                if name == "postgres":
                    process.send_signal(signal.SIGINT)
                else:
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait(60)


@contextlib.contextmanager
def a_house() -> Iterator[House]:
    """One in a temporary folder, of which nothing stays; when the soak breaks off, the ends of its logs are shown."""
    home = Path(tempfile.mkdtemp(prefix="fenghuo-soak-"))
    house = House(home)
    try:
        yield house
    except Exception:
        for log in sorted(home.glob("*.log")):
            print(log.name, log.read_text(errors="replace")[-1500:], file=sys.stderr)
        raise
    finally:
        with contextlib.suppress(Exception):
            from django.db import connections

            connections.close_all()
        house.stop()
        shutil.rmtree(home, ignore_errors=True)
