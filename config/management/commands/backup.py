from pathlib import Path

from django.core.management import BaseCommand, CommandError, CommandParser

from config.backup import BackupRefused, back_up


class Command(BaseCommand):
    help = "Write the database, uploaded files and the secret key to one file. Keep it as safe as the instance itself."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: object, **options: Path) -> None:
        try:
            size = back_up(options["file"])
        except BackupRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{options['file']}: {size / 1e6:.1f} MB")
