"""Real processes for stories that need them: web, workers, clocks, simulator and a Valkey of their own.

They work on the test database of this pytest process. Valkey is separate, so that a story may flush or stop it without
touching a neighbour's.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

from django.db import connection

from config import services

ROOT = Path(__file__).resolve().parent.parent
WEB = ("-m", "uvicorn", "config.asgi:application", "--lifespan", "off", "--log-level", "warning")


def free_port(width: int = 1) -> int:
    """A port that is free now, as are the ones up to `width` - 1 above it."""
    while True:
        with contextlib.ExitStack() as stack, contextlib.suppress(OSError):
            servers = [stack.enter_context(socket.socket()) for _ in range(width)]
            servers[0].bind(("127.0.0.1", 0))
            port = servers[0].getsockname()[1]
            for offset, server in enumerate(servers[1:], 1):
                server.bind(("127.0.0.1", port + offset))
            return port


def database_url() -> str:
    """The URL of the test database that this process uses."""
    settings = connection.settings_dict
    query = urlencode({"host": settings["HOST"], "port": settings["PORT"]})
    password = f":{quote(settings['PASSWORD'])}" if settings["PASSWORD"] else ""
    return f"postgresql://{quote(settings['USER'])}{password}@/{settings['NAME']}?{query}"


def until(true: Callable[[], object], *, seconds: float = 60, what: str = "the condition") -> None:
    """Wait for something to become true; fail with its name when it does not."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s")
        time.sleep(0.1)


@contextlib.contextmanager
def running(url: str, *argv: str, **environ: str) -> Iterator[None]:
    """A Python process that answers at `url`, for as long as the context lasts."""
    with tempfile.TemporaryFile() as log:
        command = [*services.dies_with_parent("KILL"), sys.executable, *argv]
        settings = {**os.environ, **environ}
        child = subprocess.Popen(command, cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT)

        def up() -> bool:
            if child.poll() is not None:
                log.seek(0)
                raise AssertionError(f"{argv} ended: {log.read().decode(errors='replace')[-2000:]}")
            return answers(url)

        try:
            until(up, seconds=120, what=url)
            yield
        finally:
            child.terminate()
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()


@contextlib.contextmanager
def web_process() -> Iterator[str]:
    """The address of a web process on this process's test database."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    argv = [*WEB, "--port", str(port), "--no-access-log", "--timeout-graceful-shutdown", "1"]
    with running(f"{address}/healthz", *argv, DATABASE_URL=database_url(), PORT=str(port), FENGHUO_PUBLIC_URL=address):
        yield address


class Processes:
    """start("web"), start("worker", "command"), kill("worker"), flush_valkey(), …; `stop` ends all that still run."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="fenghuo-story-"))
        self.port, self.simulator_port = free_port(), free_port(2)
        self.url = f"http://127.0.0.1:{self.port}"
        self.simulator_url = f"http://127.0.0.1:{self.simulator_port}"
        self.sockets = self.folder / "sockets"
        self.environ = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings_test",
            "FENGHUO_HOME": str(self.folder),
            "DATABASE_URL": database_url(),
            "REDIS_URL": f"unix://{self.sockets / 'redis.sock'}",
            "PORT": str(self.port),
            "SIMULATOR_PORT": str(self.simulator_port),
            "FENGHUO_SMS_URL": self.simulator_url,
            "FENGHUO_PUBLIC_URL": self.url,
            "PYTHONUNBUFFERED": "1",
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self.start_valkey()

    def spawn(self, name: str, argv: list[str]) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            # Should the tests themselves be killed, the kernel ends what they started.
            self.running[name] = subprocess.Popen(
                [*services.dies_with_parent("KILL"), *argv],
                cwd=ROOT,
                env=self.environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def start_valkey(self) -> None:
        self.spawn("valkey", services.valkey(self.folder, self.sockets).argv)
        services.wait_for_socket(self.sockets / "redis.sock")

    def start_web(self) -> None:
        self.spawn("web", [sys.executable, *WEB, "--port", str(self.port)])
        until(lambda: answers(f"{self.url}/healthz"), what="the web process")

    def start_worker(self, queues: str = "command,dispatch,notices", processes: int = 2, name: str = "worker") -> None:
        argv = ["-m", "celery", "--quiet", "-A", "config", "worker", "-n", f"{name}-{self.port}@test", "-Q", queues]
        options = ["-c", str(processes), "-l", "WARNING", "--without-gossip", "--without-mingle"]
        self.spawn(name, [sys.executable, *argv, *options])

    def start_simulator(self) -> None:
        self.spawn("simulator", [sys.executable, "manage.py", "simulate_providers", "--port", str(self.simulator_port)])
        until(lambda: answers(f"{self.simulator_url}/ledger"), what="the simulator")

    def kill(self, name: str) -> None:
        """kill -9 the process and everything it started."""
        child = self.running.pop(name)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def flush_valkey(self) -> None:
        import redis

        redis.Redis(unix_socket_path=str(self.sockets / "redis.sock")).flushall()

    def ledger(self) -> dict[str, object]:
        """What the simulated providers accepted, by their own books."""
        with urllib.request.urlopen(f"{self.simulator_url}/ledger?all=1", timeout=10) as answer:
            return json.load(answer)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def stop(self) -> None:
        for name in list(self.running):
            self.kill(name)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return response.status == 200
    except urllib.error.HTTPError:
        return False
    except OSError:
        return False
