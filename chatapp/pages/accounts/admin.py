"""People and groups in the admin: how they stand, what goes with them when they go, and what stays."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import Count, DateTimeField, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chatapp.money.admin.closed import moment
from chatapp.money.models import Budget, Grant
from chatapp.pages.accounts import leaving, standing
from chatapp.pages.accounts.goodbye import ErasesPeople
from chatapp.pages.admin import DayAndTime
from chatapp.telemetry.history import SaysWhatChanged
from chatapp.turns.models import Turn

admin.site.unregister((User, Group))

MAY_SEE_MONEY, MAY_SEE_MODELS = "chatapp.view_budget", "chatapp.view_model"


class _GoesWithItsLimits(SaysWhatChanged):
    """A limit of somebody who is gone limits nobody; the ledger names people by number and keeps every line."""

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        found, counts, unpermitted, protected = super().get_deleted_objects(objs, request)
        ours = {model._meta.verbose_name for model in (Budget, Grant)}
        return found, counts, set(unpermitted) - ours, protected


class _Standing(_GoesWithItsLimits):
    """Columns and a panel that are worked out for a whole page at once, and shown to whoever may see them."""

    list_per_page = 50
    change_form_template = "admin/people/standing.html"
    money_columns: ClassVar[tuple[str, ...]] = ()
    # Where the budgets, grants and entries of one of them are listed.
    ways: ClassVar[tuple[tuple[str, str, str], ...]] = ()

    class Media:
        css = {"all": ["css/money-admin.css", "css/people-admin.css"]}

    def facts(self, rows: list[Any]) -> dict[int, standing.Facts]:
        raise NotImplementedError

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return _ListWithFacts

    def get_list_display(self, request: HttpRequest) -> Any:
        hidden = set() if request.user.has_perm(MAY_SEE_MONEY) else set(self.money_columns)
        hidden |= set() if request.user.has_perm(MAY_SEE_MODELS) else {"models"}
        return [str(name) for name in self.list_display if name not in hidden]

    @admin.display(description="Limits")
    def limits(self, row: Any) -> SafeString:
        return row.facts.limits  # type: ignore[no-any-return] # put there by the list

    @admin.display(description="Today")
    def today(self, row: Any) -> SafeString:
        return row.facts.today  # type: ignore[no-any-return] # put there by the list

    @admin.display(description="This month")
    def month(self, row: Any) -> SafeString:
        return row.facts.month  # type: ignore[no-any-return] # put there by the list

    @admin.display(description="Models")
    def models(self, row: Any) -> str:
        return str(row.facts.model_names)

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        row = context.get("original")
        if row is not None:
            context["facts"] = self.facts([row])[row.pk]
            context["may_see_money"] = request.user.has_perm(MAY_SEE_MONEY)
            context["may_see_models"] = request.user.has_perm(MAY_SEE_MODELS)
            context["ways"] = [
                (words, f"{reverse(f'admin:chatapp_{model}_changelist')}?{query}={row.pk}")
                for words, model, query in self.ways
                if request.user.has_perm(f"chatapp.view_{model}")
            ]
        return super().render_change_form(request, context, *args, **kwargs)


class _ListWithFacts(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows: list[Any] = list(self.result_list)
        ours: Any = self.model_admin
        facts = ours.facts(rows)
        for row in rows:
            row.facts = facts[row.pk]
        self.result_list = rows


@admin.register(User)
class PeopleAdmin(ErasesPeople, _Standing, UserAdmin):
    change_form_template = "admin/retention/user.html"
    list_display = (
        *("username", "group_names", "limits", "today", "month", "models", "last_active"),
        *("is_staff", "is_active"),
    )
    money_columns = ("limits", "today", "month")
    formfield_overrides = {DateTimeField: {"widget": DayAndTime}}
    ways = (
        ("Budgets", "budget", "user__id__exact"),
        ("Grants", "grant", "user__id__exact"),
        ("Entries", "entry", "user_id"),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        """With the last question; whoever signed in after it was there later."""
        asked = Turn.objects.filter(asker=OuterRef("pk")).order_by("-asked_at").values("asked_at")[:1]
        people: QuerySet[User] = super().get_queryset(request)
        here = Greatest(Coalesce("asked", F("last_login")), Coalesce(F("last_login"), "asked"))
        return people.annotate(asked=Subquery(asked)).annotate(here=here).prefetch_related("groups")

    def facts(self, rows: list[User]) -> dict[int, standing.Facts]:
        return standing.of_people(rows, timezone.now())

    @admin.display(description="Groups")
    def group_names(self, person: User) -> str:
        return ", ".join(sorted(group.name for group in person.groups.all())) or standing.NONE

    @admin.display(description="Last active", ordering="here")
    def last_active(self, person: Any) -> str:
        return moment(person.here) if person.here else "never"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_see_everything"] = leaving.may_export(request) or leaving.may_erase(request)
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Group)
class GroupsAdmin(_Standing, GroupAdmin):
    list_display = ("name", "members", "limits", "month", "models")
    money_columns = ("limits", "month")
    ways = (("Budgets", "budget", "group__id__exact"), ("Grants", "grant", "group__id__exact"))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        groups: QuerySet[Group] = super().get_queryset(request)
        return groups.annotate(people=Count("user"))

    def facts(self, rows: list[Group]) -> dict[int, standing.Facts]:
        return standing.of_groups(rows, timezone.now())

    @admin.display(description="Members", ordering="people")
    def members(self, group: Any) -> SafeString:
        address = f"{reverse('admin:auth_user_changelist')}?groups__id__exact={group.pk}"
        return format_html('<a href="{}">{}</a>', address, group.people)
