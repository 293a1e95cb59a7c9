"""`manage.py backup --to FILE`: everything in one file, while answers run."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chatapp.management.archive import backup
from chatapp.management.archive.postgresql import Unable


class Command(BaseCommand):
    help = "Writes the database as of one moment and the attached files into one file; nobody has to wait for it."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", type=Path, required=True, metavar="FILE", help="a new file, on a disk with room")
        parser.add_argument("--with-secrets", action="store_true", help="the secret key, too: keep the file like a key")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["to"]
        if path.exists():
            raise CommandError(f"{path} is there already; choose another name, or move it away.")
        try:
            made = backup.make(path, with_secrets=options["with_secrets"])
        except Unable as unable:
            raise CommandError(str(unable)) from None
        except OSError as error:
            raise CommandError(f"{path} could not be written: {error.strerror}.") from None
        except DatabaseError as wrong:
            raise CommandError(f"The database says: {str(wrong).strip()}") from None
        manifest = made.manifest
        if options["json"]:
            self.stdout.write(json.dumps({"file": str(path), "bytes": made.size, **asdict(manifest)}))
        else:
            rows = sum(manifest.counts.values())
            self.stdout.write(f"{path}: {made.size:,} bytes, {rows:,} rows, {manifest.attachments:,} attached files.")
