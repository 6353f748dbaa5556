"""Common ground of the benchmarks: servers of their own with the settings an installation has, and fair arithmetic.

Every benchmark measures its job and a raw limit of the same work in the same run, alternating, and prints the ratio:
ratios travel between machines, absolute figures do not.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path


@contextlib.contextmanager
def installation() -> Iterator[Path]:
    """An empty, migrated installation in a temporary folder; Django is set up inside. Stops its servers at the end."""
    home = Path(tempfile.mkdtemp(prefix="fenghuo-bench-"))
    os.environ.update(FENGHUO_HOME=str(home), DJANGO_SETTINGS_MODULE="config.settings_test")
    os.environ.setdefault("FENGHUO_SECRET_KEY", "only-for-benchmarks-" + "x" * 50)
    for name in ("DATABASE_URL", "REDIS_URL"):
        os.environ.pop(name, None)
    from config import environment, services

    sockets = environment.socket_folder()
    running = []
    try:
        for program in (services.postgres(home, sockets), services.valkey(home, sockets)):
            with (home / f"{program.name}.log").open("ab") as log:
                child = subprocess.Popen(
                    program.argv, stdout=log, stderr=subprocess.STDOUT, start_new_session=True, **program.popen
                )
            running.append((program, child))
        services.wait_for_socket(sockets / ".s.PGSQL.5432")
        services.create_database(environment.database(), data=home / "postgres")
        services.wait_for_socket(sockets / "redis.sock")
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        yield home
    finally:
        with contextlib.suppress(Exception):
            from django.db import connections

            connections.close_all()
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


class Stopwatch:
    """`with Stopwatch() as watch: …` then `watch.seconds`, and `watch.cpu` for those that this process worked."""

    seconds = cpu = 0.0

    def __enter__(self) -> Stopwatch:
        self.began, self.cpu_began = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_error: object) -> None:
        self.seconds, self.cpu = time.perf_counter() - self.began, time.process_time() - self.cpu_began


def report(unit: str, rates: dict[str, list[float]], raw: str) -> dict[str, float]:
    """Print the median rate of each method with its ratio to `raw`; return the ratios."""
    limit = statistics.median(rates[raw])
    ratios = {}
    for name, values in rates.items():
        median = statistics.median(values)
        ratios[name] = median / limit
        print(
            f"{name:<34} {median:>10,.0f} {unit}/s   {ratios[name]:.2f} × raw"
            f"   ({min(values):,.0f} … {max(values):,.0f}, {len(values)} rounds)"
        )
    return ratios


def show_parts(rounds: list[dict[str, float]], raw_of: Callable[[str], str]) -> None:
    """Print the median seconds of each part of the rounds with its ratio to the raw part that it is measured by."""
    middle = {part: statistics.median(figures[part] for figures in rounds) for part in rounds[0]}
    for part, seconds in middle.items():
        values = [figures[part] for figures in rounds]
        ratio = seconds / middle[raw_of(part)]
        print(f"  {part:24} {seconds:7.2f} s  {ratio:5.2f} x raw  ({min(values):.2f} to {max(values):.2f})")


def peak_memory() -> int:
    """MB that this process held at most so far."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024
