from django.core.management import BaseCommand
from django.db import transaction

from accounts.actors import command_line
from journal import operations as journal
from journal.clock import wake
from journal.models import Installation


class Command(BaseCommand):
    help = "Let a restored instance send messages again. Everything that is due then leaves at once: look first."

    def handle(self, *args: object, **options: object) -> None:
        with transaction.atomic():
            released = Installation.objects.filter(send_hold=True).update(send_hold=False)
            if released:
                journal.write(
                    kind="installation.hold_released", subject="installation:1", by=command_line("release_hold")
                )
                wake()
        self.stdout.write("Sending is released." if released else "Sending was not held.")
