from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.actors import command_line
from accounts.operations import create_api_key
from accounts.roles import Role
from journal.refusal import Refusal


class Command(BaseCommand):
    help = "Create an API key and print it once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--role", required=True, choices=Role.values)

    def handle(self, *args: object, **options: str) -> None:
        try:
            _, secret = create_api_key(name=options["name"], role=options["role"], by=command_line("create_api_key"))
        except Refusal as error:
            raise CommandError(str(error)) from error
        self.stdout.write(secret)
