"""`recover`: end what a vanished process left open."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.turns import recovery


class Command(BaseCommand):
    help = "Ends every turn whose process vanished; web processes do this by themselves every few seconds."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        found = recovery.recover()
        if options["json"]:
            self.stdout.write(json.dumps(asdict(found)))
        else:
            self.stdout.write(f"{found.ended} turns ended, {found.settled} stray attempts settled.")
