"""`manage.py serve`: everything `make run` promises, in one process that looks after the others."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from chatapp.management import launch


class Command(BaseCommand):
    help = "Prepares, starts the simulated Claude when there is no key, and serves until Ctrl-C."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        raise SystemExit(launch.serve(settings.ENVIRONMENT))
