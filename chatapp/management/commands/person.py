"""`person`: everything about one person, handed out or deleted for good."""

from __future__ import annotations

import json
import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError

from chatapp.pages.accounts import leaving
from chatapp.turns.retention import archive, holds, persons


class Command(BaseCommand):
    help = "Exports everything about one person to a zip, or deletes it for good. Either leaves a record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="export|erase")
        export = acts.add_parser("export", help="write everything about a person to a file")
        erase = acts.add_parser("erase", help="delete a person and everything about him; there is no way back")
        for act in (export, erase):
            act.add_argument("name", help="the name with which the person signs in")
            act.add_argument("--json", action="store_true")
        export.add_argument("--to", required=True, type=Path, metavar="FILE.zip", help="a file that is not there yet")

    def handle(self, *args: Any, **options: Any) -> None:
        person = User.objects.filter(username=options["name"]).first()
        if person is None:
            raise CommandError(f"Nobody here is called {options['name']!r}.")
        {"export": self._export, "erase": self._erase}[options["act"]](person, options)

    def _export(self, person: User, options: dict[str, Any]) -> None:
        try:
            size = _write(person, options["to"])
        except OSError as wrong:
            raise CommandError(f"Nothing was exported. {wrong.strerror}: {options['to']}") from None
        if options["json"]:
            self.stdout.write(json.dumps({"person": person.pk, "file": str(options["to"]), "bytes": size}))
        else:
            self.stdout.write(f"Everything about person {person.pk} is in {options['to']}, {size} bytes.")

    def _erase(self, person: User, options: dict[str, Any]) -> None:
        number = person.pk
        try:
            erased = persons.erase(person)
        except holds.Held as held:
            raise CommandError(str(held)) from None
        if options["json"]:
            record = erased.record
            counts = {name: getattr(record, name) for name in ("conversations", "turns", "files", "file_bytes")}
            self.stdout.write(json.dumps({"person": number, **counts, "wiped": erased.wiped}))
        else:
            self.stdout.write(leaving.words(number, erased))


def _write(person: User, to: Path) -> int:
    """For nobody but whoever asked for it, and whole or not at all."""
    size = 0
    with open(os.open(to, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            for piece in archive.export(person.pk):
                size += file.write(piece)
        except BaseException:
            to.unlink()
            raise
    return size
