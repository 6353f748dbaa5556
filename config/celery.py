"""The Celery application. Every worker carries a clock (see `ClockStep`)."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import warnings
from pathlib import Path
from typing import Any

from celery import Celery, bootsteps
from celery.exceptions import SecurityWarning
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
# Django's checks would load every page and form into every worker; `manage.py up` makes them once for all.
os.environ.setdefault("CELERY_SKIP_CHECKS", "1")

# The embedded instance may rightly run as root in a container; its broker is a socket that only root can open.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("fenghuo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["config"])


@setup_logging.connect
def keep_django_logging(**kwargs: Any) -> None:
    """Celery would otherwise configure logging itself."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


class ClockStep(bootsteps.StartStopStep):
    """Runs `manage.py clock` beside the worker, from its start to its end.

    It is a step of the worker, not of its consumer: the consumer restarts whenever the broker is lost, and the timers
    must run on without it. A clock that dies is started again.
    """

    def __init__(self, parent: Any, **kwargs: Any) -> None:
        self.stopping = threading.Event()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, parent: Any) -> None:
        threading.Thread(target=self.keep_running, args=(parent.hostname,), daemon=True).start()

    def keep_running(self, hostname: str) -> None:
        manage = Path(__file__).resolve().parent.parent / "manage.py"
        while not self.stopping.is_set():
            self.process = subprocess.Popen(
                [sys.executable, str(manage), "clock", "--name", hostname, "--parent", str(os.getpid())]
            )
            self.process.wait()
            self.stopping.wait(0.5)

    def stop(self, parent: Any) -> None:
        self.stopping.set()
        if self.process and self.process.poll() is None:
            self.process.terminate()

    terminate = stop


app.steps["worker"].add(ClockStep)
