from __future__ import annotations

import asyncio
import fcntl
import hashlib
import os
import signal
import sys
import time
from pathlib import Path

from django.conf import settings
from django.core.management import BaseCommand, call_command

from config import environment, services
from config.services import Program
from config.supervisor import DATABASE_GRACE_SECONDS, Supervisor

# One worker per group of queues: timers and notices never share one.
# Two for dispatch: while one works out the options of a large reroute, the other answers wishes and applies waves.
WORKERS = {"command": (["command"], 2), "dispatch": (["dispatch"], 2), "notices": (["notices"], 2)}


class Command(BaseCommand):
    help = "Start everything on this machine: PostgreSQL, Valkey, web, workers and beat. Ctrl-C stops all."

    def handle(self, *args: object, **options: object) -> None:
        environment.HOME.mkdir(parents=True, exist_ok=True)
        lock = (environment.HOME / "up.lock").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise SystemExit(f"Fenghuo already runs on {environment.HOME}; stop it first.") from None
        asyncio.run(self.main())

    async def main(self) -> None:
        began = time.monotonic()
        supervisor = Supervisor()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, supervisor.stopping.set)
        try:
            await self.start_services(supervisor)
            if not supervisor.stopping.is_set():
                await asyncio.to_thread(self.prepare)
                for program in self.programs():
                    await supervisor.start(program)
                ready = asyncio.create_task(self.announce(supervisor, began))
                await supervisor.stopping.wait()
                ready.cancel()
        finally:
            supervisor.stopping.set()
            supervisor.say("fenghuo", "stopping")
            await supervisor.stop(
                *[name for name in reversed(supervisor.children) if name not in {"postgres", "valkey"}]
            )
            await supervisor.stop("valkey", "postgres", grace=DATABASE_GRACE_SECONDS)

    async def start_services(self, supervisor: Supervisor) -> None:
        sockets = environment.socket_folder()
        if not os.environ.get("DATABASE_URL"):
            await supervisor.start(services.postgres(environment.HOME, sockets))
            await asyncio.to_thread(services.wait_for_socket, sockets / ".s.PGSQL.5432")
            await asyncio.to_thread(
                services.create_database, environment.database(), data=environment.HOME / "postgres"
            )
        if not os.environ.get("REDIS_URL"):
            await supervisor.start(services.valkey(environment.HOME, sockets))
            await asyncio.to_thread(services.wait_for_socket, sockets / "redis.sock")

    def prepare(self) -> None:
        call_command("migrate", verbosity=0)
        self.collect_static()
        if environment.SAMPLE:
            call_command("load_sample")

    def collect_static(self) -> None:
        """Compress and fingerprint the static files, unless none of them changed since the last time."""
        digest = hashlib.sha256(environment.BASE_DIR.joinpath("requirements.lock").read_bytes())
        for folder in settings.STATICFILES_DIRS:
            for path in sorted(Path(folder).rglob("*")):
                digest.update(f"{path} {path.stat().st_size} {path.stat().st_mtime_ns}".encode())
        stamp = Path(settings.STATIC_ROOT) / ".collected"
        if not stamp.exists() or stamp.read_text() != digest.hexdigest():
            call_command("collectstatic", interactive=False, verbosity=0, clear=True, ignore_patterns=["*redoc*"])
            stamp.write_text(digest.hexdigest())

    def programs(self) -> list[Program]:
        python = [sys.executable]
        celery = [*python, "-m", "celery", "--quiet", "-A", "config"]
        # Behind a reverse proxy on another machine only BIND's own network can reach us; trust its headers.
        web = [*python, "-m", "uvicorn", "config.asgi:application", "--host", environment.BIND]
        web += ["--port", str(environment.PORT), "--lifespan", "off", "--no-access-log", "--log-level", "warning"]
        web += ["--timeout-graceful-shutdown", "1", "--ws-max-size", "65536"]
        programs = [Program("web", web, signal.SIGTERM)]
        for name, (queues, processes) in WORKERS.items():
            argv = [*celery, "worker", "-n", f"{name}@%h", "-Q", ",".join(queues), "-c", str(processes)]
            argv += ["-l", "WARNING", "--without-gossip", "--without-mingle"]
            programs.append(Program(f"worker.{name}", argv, signal.SIGTERM))
        programs.append(Program("beat", [*celery, "beat", "-l", "WARNING", "--pidfile="], signal.SIGTERM))
        if environment.SAMPLE and environment.LOOPBACK and not os.environ.get("FENGHUO_SMS_URL"):
            simulator = [*python, str(settings.BASE_DIR / "manage.py"), "simulate_providers"]
            programs.append(Program("simulator", simulator, signal.SIGTERM))
        return programs

    async def announce(self, supervisor: Supervisor, began: float) -> None:
        """Print where to go once the web process answers and a clock beats."""
        url = f"http://{'127.0.0.1' if environment.BIND == '0.0.0.0' else environment.BIND}:{environment.PORT}"
        for path in ("/healthz", "/health/engine"):
            while not await asyncio.to_thread(answers, url + path):
                await asyncio.sleep(0.2)
        supervisor.say("fenghuo", f"ready in {time.monotonic() - began:.1f} s: {environment.PUBLIC_URL}")
        if environment.SAMPLE and environment.LOOPBACK:
            from accounts.sample import DEMO_LOGINS, DEMO_PASSWORD

            for username, role in DEMO_LOGINS.items():
                supervisor.say("fenghuo", f"log in as {username:<12} password {DEMO_PASSWORD}  ({role})")
        elif not Path(environment.HOME / "sample-loaded").exists():
            supervisor.say("fenghuo", "first administrator: python3 run.py manage create_administrator NAME")


def answers(url: str) -> bool:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(url, timeout=2) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False
