import ctypes
import os
import signal
import socket
import sys
from types import FrameType

from django.core.management import BaseCommand, CommandParser

from config.clockwork import all_sources
from journal import clock, hints

PR_SET_PDEATHSIG = 1


class Command(BaseCommand):
    requires_system_checks = ()  # a clock needs no page, and should be there at once
    help = "Run one clock: enforce deadlines and sweep due rows. Every Celery worker starts one by itself."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", default=f"clock@{socket.gethostname()}")
        parser.add_argument("--parent", type=int, help="end when this process is gone")

    def handle(self, *args: object, **options: str | int | None) -> None:
        stopping = False

        def stop(signum: int, frame: FrameType | None) -> None:
            nonlocal stopping
            stopping = True

        signal.signal(signal.SIGTERM, stop)
        signal.signal(signal.SIGINT, stop)
        parent = options["parent"]
        if parent and sys.platform == "linux":
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

        def ended() -> bool:
            return stopping or (parent is not None and os.getppid() != parent)

        hints.work_aside()
        clock.run_clocks(f"{options['name']}/{os.getpid()}", all_sources(), ended)
