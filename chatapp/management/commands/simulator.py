"""`manage.py simulator`: the simulated Claude on its own, for rehearsals and tests."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.simulator import __main__ as program


class Command(BaseCommand):
    help = "Runs the simulated Claude until it is stopped; GET /simulator/faults lists what it can rehearse."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        program.add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        program.run(options)
