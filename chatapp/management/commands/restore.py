"""`manage.py restore FROM`: everything as it was when the file was written."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from chatapp.management.archive import restoring
from chatapp.management.archive.restoring import Damaged, Refused, Unable

# What a script may want to tell apart from everything else that fails, which is 1.
REFUSED, DAMAGED = 2, 3


class Command(BaseCommand):
    help = "Verifies the file, replaces the database by what it has, and holds the ledger against itself."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("path", type=Path, metavar="FROM", help="what `backup` wrote")
        parser.add_argument("--force", action="store_true", help="replace a database in which somebody has worked")
        parser.add_argument("--with-secrets", action="store_true", help="the secret key, too, if the file has it")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["path"]
        try:
            done = restoring.restore(path, force=options["force"], with_secrets=options["with_secrets"])
        except Damaged as damaged:
            raise CommandError(f"{path} is not used, and nothing has changed. {damaged}", returncode=DAMAGED) from None
        except Refused as refused:
            raise CommandError(str(refused), returncode=REFUSED) from None
        except Unable as unable:
            raise CommandError(str(unable)) from None
        except OSError as error:
            raise CommandError(f"{error.filename or path}: {error.strerror}.") from None
        except DatabaseError as wrong:
            raise CommandError(f"The database says: {str(wrong).strip()}") from None
        told = {
            "ok": not done.differences,
            "made_at": done.manifest.made_at,
            "rows": sum(done.manifest.counts.values()),
            "attachments": done.manifest.attachments,
            "ended": done.ended,
            "secret": done.secret,
            "differences": list(done.differences),
        }
        if options["json"]:
            self.stdout.write(json.dumps(told))
        else:
            self.stdout.write("\n".join(done.differences))
            self.stdout.write(
                f"{told['rows']:,} rows and {done.manifest.attachments:,} attached files of {done.manifest.made_at}; "
                f"{done.ended} answers that ran then are ended; {len(done.differences)} differences."
            )
        if done.differences:
            sys.exit(1)
