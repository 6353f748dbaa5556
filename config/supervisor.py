"""Keeps a handful of child processes running, prefixes their output, and stops them in order."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
import time
from typing import Any

from config.services import Program

COLOURS = {"postgres": 36, "valkey": 35, "web": 32, "fenghuo": 1}
PR_SET_PDEATHSIG = 1
# Killing a worker loses nothing (the row is the job), so nobody waits long for one; a database is given its time.
GRACE_SECONDS, DATABASE_GRACE_SECONDS = 2.0, 15.0
LONGEST_PAUSE = 8.0
libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    if libc:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


class Supervisor:
    """`start` children, `wait` until told to stop, then `stop_all` in reverse order of starting."""

    def __init__(self) -> None:
        self.stopping = asyncio.Event()
        self.children: dict[str, tuple[asyncio.subprocess.Process, signal.Signals]] = {}
        self.keepers: dict[str, asyncio.Task[None]] = {}

    def say(self, name: str, line: str) -> None:
        if sys.stdout.isatty():
            line = f"\033[{COLOURS.get(name, 33)}m{name:>14} │\033[0m {line}"
        else:
            line = f"{name:>14} │ {line}"
        with contextlib.suppress(BrokenPipeError):
            print(line, flush=True)

    async def start(self, program: Program) -> None:
        """Start a child and keep it alive until `stopping`: one that ends early comes back after a growing pause."""
        await self.spawn(program)
        self.keepers[program.name] = asyncio.create_task(self.keep(program))

    async def spawn(self, program: Program) -> asyncio.subprocess.Process:
        extra: dict[str, Any] = dict(program.popen)
        if "user" not in extra:
            extra["preexec_fn"] = die_with_parent
        child = await asyncio.create_subprocess_exec(
            *program.argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            **extra,
        )
        self.children[program.name] = (child, program.stop_signal)
        return child

    async def keep(self, program: Program) -> None:
        pause = 0.25
        while True:
            child, _ = self.children[program.name]
            started = time.monotonic()
            assert child.stdout
            async for line in lines(child.stdout):
                self.say(program.name, line)
            code = await child.wait()
            if self.stopping.is_set():
                return
            if time.monotonic() - started > 60:
                pause = 0.25
            self.say("fenghuo", f"{program.name} ended with {code}; starting it again")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopping.wait(), pause)
            pause = min(pause * 2, LONGEST_PAUSE)
            if self.stopping.is_set():
                return
            await self.spawn(program)

    async def stop(self, *names: str, grace: float = GRACE_SECONDS) -> None:
        """Ask these children to end, and kill what has not after the grace time."""
        tasks = []
        for name in names:
            if name not in self.children:
                continue
            child, stop_signal = self.children[name]
            if child.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    child.send_signal(stop_signal)
            tasks.append(self.keepers[name])
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            if late:
                for name in names:
                    child, _ = self.children[name]
                    if child.returncode is None:
                        self.say("fenghuo", f"{name} did not end in time; killing it")
                        with contextlib.suppress(ProcessLookupError):
                            os.killpg(child.pid, signal.SIGKILL)
                await asyncio.wait(late, timeout=1)


async def lines(stream: asyncio.StreamReader) -> Any:
    """Lines of a child, however long (a stream reader's own limit would raise)."""
    rest = b""
    while chunk := await stream.read(65536):
        *whole, rest = (rest + chunk).split(b"\n")
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip()
    if rest:
        yield rest.decode("utf-8", "replace").rstrip()
