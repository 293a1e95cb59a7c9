"""People and groups in the admin: what goes with them when they go, and what stays."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from chatapp.money.models import Budget, Grant
from chatapp.turns import shelf
from chatapp.turns.models import Conversation

admin.site.unregister((User, Group))


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
    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        person = self.get_object(request, object_id)
        if request.method == "POST" and person and self.has_delete_permission(request, person):
            # Before Django's own transaction, which would keep running answers from being settled.
            _take_along([person.pk])
        return super().delete_view(request, object_id, extra_context)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet) -> None:
        _take_along(queryset.values_list("pk", flat=True))
        super().delete_queryset(request, queryset)


@admin.register(Group)
class GroupsAdmin(_GoesWithItsLimits, GroupAdmin):
    pass


def _take_along(people: Iterable[int]) -> None:
    """Their conversations, each with its running answer stopped and paid for."""
    for conversation in Conversation.objects.filter(owner__in=list(people)):
        shelf.delete(conversation)
