"""People and groups in the admin: what goes with them when they go, and what stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.models import DELETION, LogEntry
from django.contrib.admin.utils import unquote
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.contrib.contenttypes.models import ContentType
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from chatapp.money.models import Budget, Grant
from chatapp.pages.accounts import leaving
from chatapp.turns.retention import holds, persons
from chatapp.turns.retention.models import LegalHold

admin.site.unregister((User, Group))

ONESELF = "You are signed in as this person. Another administrator can delete you, and so does manage.py person erase."


class _GoesWithItsLimits(admin.ModelAdmin):
    """A limit of somebody who is gone limits nobody; the ledger names people by number and keeps every line."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        found, counts, unpermitted, protected = super().get_deleted_objects(objs, request)
        ours = {model._meta.verbose_name for model in (Budget, Grant)}
        return found, counts, set(unpermitted) - ours, protected


@admin.register(User)
class PeopleAdmin(_GoesWithItsLimits, UserAdmin):
    change_form_template = "admin/retention/user.html"

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """What must be kept is said in words, before anything is deleted."""
        found, counts, unpermitted, _ = super().get_deleted_objects(objs, request)
        sentences = [sentence for person in objs for sentence in obstacles(request, person)]
        return found, counts, set(unpermitted) - {LegalHold._meta.verbose_name}, sentences

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        person = self.get_object(request, unquote(object_id))
        if request.method != "POST" or person is None or not self.has_delete_permission(request, person):
            return super().delete_view(request, object_id, extra_context)
        *_, unpermitted, protected = self.get_deleted_objects([person], request)
        if unpermitted or protected:
            return super().delete_view(request, object_id, extra_context)
        # Outside of Django's own transaction, which would keep running answers from being settled.
        self.erase(request, [person])
        return redirect("admin:auth_user_changelist")

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        self.erase(request, list(queryset))

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Not by name, and not before it is done."""

    def erase(self, request: HttpRequest, people: Iterable[User]) -> None:
        """With everything about them, and a line in the administrators' log that says so by number."""
        for person in people:
            number = person.pk
            try:
                erased = persons.erase(person, request.user.pk)
            except holds.Held as held:
                messages.error(request, str(held))
                continue
            LogEntry.objects.create(
                user_id=request.user.pk or 0,
                content_type=ContentType.objects.get_for_model(User),
                object_id=str(number),
                object_repr=f"person {number}",
                action_flag=DELETION,
            )
            messages.success(request, leaving.words(number, erased))

    def get_urls(self) -> list[Any]:
        return [*leaving.urls(self), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_see_everything"] = leaving.may_export(request) or leaving.may_erase(request)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Group)
class GroupsAdmin(_GoesWithItsLimits, GroupAdmin):
    pass


def obstacles(request: HttpRequest, person: User) -> list[str]:
    """Why this person cannot be deleted just now."""
    held = holds.of_person(person.pk)
    own = [ONESELF] if person.pk == request.user.pk else []
    return [*own, *([str(holds.Held(held))] if held else [])]
