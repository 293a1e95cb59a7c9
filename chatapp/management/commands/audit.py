"""`audit verify`: whether every reading of a transcript is still there as it was written."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatapp.review import visits


class Command(BaseCommand):
    help = "Holds every reading against its seal and the row before it; may run beside the web processes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("act", choices=["verify"], help="verify: name what was changed or is gone, and exit 1")
        parser.add_argument("--expect", default="", metavar="SEAL", help="a last seal that was kept elsewhere")
        parser.add_argument("--old-key-file", action="append", default=[], metavar="FILE", help="an earlier SECRET_KEY")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            old = [Path(name).read_text().strip() for name in options["old_key_file"]]
        except (OSError, UnicodeDecodeError) as wrong:
            raise CommandError(f"That file holds no key: {wrong}") from None
        found = visits.verify(old, options["expect"])
        if options["json"]:
            said = {"ok": not found.wrong, "readings": found.count, "seal": found.last_seal, "wrong": found.wrong}
            self.stdout.write(json.dumps(said))
        else:
            for sentence in found.wrong:
                self.stdout.write(sentence)
            self.stdout.write(
                f"{len(found.wrong)} faults in {found.count} readings. The last seal is {found.last_seal}."
            )
        if found.wrong:
            sys.exit(1)
