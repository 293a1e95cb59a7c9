"""`ledger verify`: whether the money adds up, row by row."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.turns import audit


class Command(BaseCommand):
    help = "Holds every invariant of the money against the rows; may run beside the web processes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["verify"], help="verify: name every row that differs, and exit 1")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit.audit()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not found.differences, **asdict(found)}))
        else:
            for one in found.differences:
                self.stdout.write(f"{one.promise} {one.table} {one.row} {one.sentence}")
            looked = ", ".join(f"{count} {table} rows" for table, count in found.rows.items())
            self.stdout.write(f"{len(found.differences)} differences in {looked}.")
        if found.differences:
            sys.exit(1)
