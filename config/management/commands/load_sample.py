from __future__ import annotations

import time
from importlib import import_module
from importlib.util import find_spec

from django.conf import settings
from django.core.management import BaseCommand
from django.db import connection, transaction

from accounts.actors import command_line
from journal import operations as journal
from journal.models import Entry

# Any number; holds back a second loader until the first has committed.
LOCK = 0x5A3B1E


class Command(BaseCommand):
    help = "Fill an installation with the sample organisation, room by room from the lowest floor up, each once."

    def handle(self, *args: object, **options: object) -> None:
        for room in reversed(settings.ROOMS):
            if find_spec(f"{room}.sample"):
                self.load(room)

    def load(self, room: str) -> None:
        """One room's sample in one transaction; the journal remembers that it was loaded."""
        began = time.monotonic()
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            if Entry.objects.filter(kind="sample.loaded", subject=f"sample:{room}").exists():
                return
            import_module(f"{room}.sample").load()
            journal.write(
                kind="sample.loaded", subject=f"sample:{room}", by=command_line("load_sample"), payload={"room": room}
            )
        self.stdout.write(f"sample data of {room} loaded in {time.monotonic() - began:.1f} s")
