"""Collects the texts of every room into `locale/<room>/zh_Hans/LC_MESSAGES/django.po`, without GNU gettext."""

from __future__ import annotations

import io
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
LOCALE = "zh_Hans"


class Command(BaseCommand):
    help = "Update the Chinese catalogues from the sources; --check only tells what lacks a translation."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true")

    def handle(self, *args: object, **options: bool) -> None:
        missing = []
        for room in ["config", *settings.ROOMS]:
            path = settings.BASE_DIR / "locale" / room / LOCALE / "LC_MESSAGES" / "django.po"
            catalogue = Catalog(locale=LOCALE)
            if path.exists():
                with path.open("rb") as file:
                    catalogue = read_po(file, locale=LOCALE)
            found = self.collect(room)
            if options["check"]:
                for message in found:
                    known = catalogue.get(message.id, message.context) if message.id else True
                    if not known or (message.id and not is_translated(known)):
                        missing.append(f"{room}: {message.id!r}")
                continue
            catalogue.update(found, no_fuzzy_matching=True)
            catalogue.obsolete.clear()
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, catalogue, omit_header=False, no_location=True, sort_output=True, width=120)
            lacking = sum(1 for message in catalogue if message.id and not is_translated(message))
            self.stdout.write(f"{room}: {len(catalogue)} texts, {lacking} to translate")
        if missing:
            raise CommandError("no Chinese translation for\n  " + "\n  ".join(missing))

    def collect(self, room: str) -> Catalog:
        found = Catalog(locale=LOCALE)
        for source, code in sources(room):
            for _line, message, comments, context in extract("python", io.BytesIO(code.encode()), keywords=KEYWORDS):
                found.add(message, context=context, auto_comments=comments)
            _ = source
        return found


def sources(room: str) -> list[tuple[Path, str]]:
    """Every Python file and template of a room; templates turned into the calls they make."""
    base = settings.BASE_DIR
    found = [
        (path, path.read_text(encoding="utf-8"))
        for path in sorted((base / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]
    folder = base / "templates"
    if room == "config":
        own = set(settings.ROOMS)
        pages = [path for path in folder.rglob("*.*") if path.relative_to(folder).parts[0] not in own]
    else:
        pages = list((folder / room).rglob("*.*"))
    for path in sorted(page for page in pages if page.is_file()):
        # The calls stand where the tags stood; a template's indentation is no Python.
        calls = templatize(path.read_text(encoding="utf-8"), origin=str(path)).splitlines()
        found.append((path, "\n".join(line.lstrip() for line in calls)))
    return found


def is_translated(message: object) -> bool:
    string = message.string  # type: ignore[attr-defined]
    return all(string) if isinstance(string, tuple | list) else bool(string)
