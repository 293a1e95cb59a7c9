"""The one Django app, so that every room shares one label and one migration history."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ChatConfig(AppConfig):
    name = "chatapp"
    verbose_name = "Chat"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Models can only be imported once all apps are known.
        from chatapp.pages.accounts import roles

        post_migrate.connect(roles.ensure, sender=self)
