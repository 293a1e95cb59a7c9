"""`nightly`: the night's agenda, now."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.nightly import agenda


class Command(BaseCommand):
    help = "Runs the night's agenda now; web processes do so by themselves, and twice does no harm."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        done = agenda.run()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": all(one.ok for one in done), "items": [asdict(one) for one in done]}))
        else:
            for one in done:
                self.stdout.write(f"{one.item}: {'well' if one.ok else 'NOT WELL'}, {one.words}")
        if not all(one.ok for one in done):
            sys.exit(1)
