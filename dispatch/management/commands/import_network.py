from pathlib import Path

from django.core.management import BaseCommand, CommandError, CommandParser

from accounts.actors import command_line
from dispatch.network_files import FilesRefused
from dispatch.operations import import_network


class Command(BaseCommand):
    help = (
        "Import a network and its orders from a folder with OrderList, FreightRates, WhCosts, WhCapacities,"
        " ProductsPerPlant, PlantPorts and VmiCustomers .csv files. The same import again changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *args: object, **options: Path) -> None:
        folder = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is not a folder")
        try:
            done = import_network(folder=folder, by=command_line("import_network"))
        except FilesRefused as refusal:
            raise CommandError("\n  ".join(["nothing was imported:", *refusal.problems])) from refusal
        for warning in done.warnings:
            self.stderr.write(self.style.WARNING(warning))
        self.stdout.write(
            f"{done.warehouses} warehouses, {done.carriers} carriers, {done.lanes} lanes with {done.rates} rates;"
            f" {done.orders} orders, {done.changed_orders} of them new or changed"
        )
