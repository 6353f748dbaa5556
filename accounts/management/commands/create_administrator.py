import getpass
import secrets
import sys

from django.core.exceptions import ValidationError
from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.actors import command_line
from accounts.operations import UserNameTaken, create_administrator


class Command(BaseCommand):
    help = "Create an administrator. Asks for the password on a terminal, otherwise makes one and prints it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")

    def handle(self, *args: object, **options: str) -> None:
        asked = getpass.getpass("Password (empty to have one made): ") if sys.stdin.isatty() else ""
        if asked and asked != getpass.getpass("Again: "):
            raise CommandError("The two passwords differ; nothing was created.")
        password = asked or secrets.token_urlsafe(12)
        try:
            create_administrator(username=options["name"], password=password, by=command_line("create_administrator"))
        except UserNameTaken as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write("created" if asked else f"password: {password}")
