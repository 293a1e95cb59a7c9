"""`manage.py doctor`: whether everything is as it should be, and what to do where it is not."""

from __future__ import annotations

import argparse
import json
import os
import sys
from argparse import ArgumentParser
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand

from chatapp.management.doctor import examination
from chatapp.management.doctor.findings import Grade


class Command(BaseCommand):
    help = (
        "Looks at keys, models, prices, budgets, clocks, proxy, sockets and stores; costs nothing and changes nothing."
    )
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--url", type=_address, help="where people reach the site, like https://host")
        parser.add_argument("--seconds", type=float, default=examination.SECONDS, help="how long one check may take")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        wish = examination.Wish(options["url"] or "", options["seconds"])
        told = []
        for one in examination.examine(wish):
            told.append({"check": one.check, "grade": one.finding.grade.value, "sentence": one.finding.sentence})
            if one.finding.advice:
                told[-1]["advice"] = one.finding.advice
            if not options["json"]:
                self.stdout.write(f"{one.finding.grade:<4}  {one.check:<11}  {one.finding.sentence}")
                if one.finding.advice:
                    self.stdout.write(f"{'':19}{one.finding.advice}")
                self.stdout.flush()
        failed = [one for one in told if one["grade"] == Grade.FAIL]
        if options["json"]:
            self.stdout.write(json.dumps({"ok": not failed, "findings": told}, indent=2))
        else:
            self.stdout.write(f"{len(told)} findings, {len(failed)} of them failures.")
        self.stdout.flush()
        if examination.somebody_hangs():
            # Whoever still waits for an answer would keep this process from its end.
            sys.stderr.flush()
            os._exit(1)
        if failed:
            sys.exit(1)


def _address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise argparse.ArgumentTypeError("must be an address like https://chat.example.org")
    return text
