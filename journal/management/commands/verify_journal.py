import json
from pathlib import Path

from django.core import signing
from django.core.management import BaseCommand, CommandError, CommandParser

from journal import queries

SALT = "journal heads"


class Command(BaseCommand):
    help = "Verify every hash chain; --export writes signed heads, --against checks the journal against such a file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--export", type=Path, metavar="FILE")
        parser.add_argument("--against", type=Path, metavar="FILE")

    def handle(self, *args: object, **options: Path | None) -> None:
        faults = queries.verify()
        if against := options["against"]:
            try:
                exported = json.loads(signing.Signer(salt=SALT).unsign(against.read_text()))
            except (OSError, signing.BadSignature, ValueError) as error:
                raise CommandError(f"{against} is not a file of heads signed by this installation") from error
            faults += queries.verify_against({subject: (seq, digest) for subject, (seq, digest) in exported.items()})
        for fault in faults:
            self.stderr.write(f"{fault.subject} #{fault.seq}: {fault.problem}")
        if faults:
            raise CommandError(f"{len(faults)} faults found")
        heads = queries.heads()
        if export := options["export"]:
            export.write_text(signing.Signer(salt=SALT).sign(json.dumps(heads)))
        self.stdout.write(f"{len(heads)} chains, {sum(seq for seq, _ in heads.values())} entries: all hold")
