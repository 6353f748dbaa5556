from pathlib import Path

from django.core.management import BaseCommand, CommandError, CommandParser

from config.backup import BackupRefused, restore


class Command(BaseCommand):
    help = "Replace this instance's data by a backup. The instance must be stopped; it then starts with sending held."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: Path) -> None:
        try:
            restore(options["file"])
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write("Restored. Nothing is sent until: python3 run.py manage release_hold")
