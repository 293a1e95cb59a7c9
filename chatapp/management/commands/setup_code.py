"""`manage.py setup_code`: the one-time code of the first visit, once more."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from chatapp.pages.accounts import setup


class Command(BaseCommand):
    help = "Prints the code that opens the set-up page as long as there are no accounts."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> str:
        if not setup.is_wanted():
            raise CommandError("There are accounts already; `manage.py createsuperuser` makes another administrator.")
        return setup.current_code()
