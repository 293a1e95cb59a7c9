"""`manage.py prepare`: tables and static files as this version wants them."""

from typing import Any

from django.core.management.base import BaseCommand

from chatapp.management import preparation


class Command(BaseCommand):
    help = "Applies missing migrations and collects changed static files."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        preparation.prepare()
