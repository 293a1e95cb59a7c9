"""The ledger: entries and holds to look at, and the one form that adds a line, "Correct a charge"."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import path

from chatapp.money import amounts
from chatapp.money.admin import corrections
from chatapp.money.admin.closed import NOTHING, ReadAdmin, moment
from chatapp.money.models import Entry, Hold, Scope
from chatapp.money.standings import names_of

PEOPLE_SHOWN = 100


class PersonFilter(admin.SimpleListFilter):
    """By the person who paid; the busiest names only, the search box finds the others."""

    title = "person"
    parameter_name = "user_id"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            (str(pk), name)
            for pk, name in User.objects.order_by("username").values_list("pk", "username")[:PEOPLE_SHOWN]
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        value = self.value()
        return queryset.filter(user_id=int(value)) if value and value.isascii() and value.isdigit() else queryset


class _PaidAdmin(ReadAdmin):
    """What entries and holds have in common: who, what, how much."""

    search_help_text = "A person's name, a conversation's number, or a correlation id"
    search_fields = ("correlation_id",)
    list_per_page = 50

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        person = User.objects.filter(username=term).first()
        if person:
            return queryset.filter(user_id=person.pk), False
        if _is_number(term) and queryset.filter(conversation_id=UUID(term)).exists():
            return queryset.filter(conversation_id=UUID(term)), False
        return queryset.filter(correlation_id=term), False

    @admin.display(description="Person", ordering="user_id")
    def who(self, row: Any) -> str:
        return NOTHING if row.user_id is None else names_of(Scope.USER, [row.user_id])[row.user_id]

    @admin.display(description="Groups")
    def group_names(self, row: Any) -> str:
        names = names_of(Scope.GROUP, [int(part) for part in row.groups.split(",") if part])
        return ", ".join(names.values()) or NOTHING

    @admin.display(description="Conversation")
    def conversation(self, row: Any) -> str:
        return str(row.conversation_id or NOTHING)

    @admin.display(description="Amount", ordering="nanodollars")
    def amount(self, row: Any) -> str:
        return amounts.exact(row.nanodollars)


@admin.register(Entry)
class EntryAdmin(_PaidAdmin):
    list_display = ("when", "who", "kind", "task", "model", "amount", "exact", "saved")
    list_filter = ("kind", "exact", "task", "model", "day", PersonFilter)
    list_select_related = ("price",)
    date_hierarchy = "day"
    ordering = ("-id",)
    change_list_template = "admin/money/entries.html"
    change_form_template = "admin/money/entry.html"
    fieldsets = (
        (None, {"fields": ("kind", "amount", "exact", "saved", "at", "day", "reason", "author")}),
        ("For whom", {"fields": ("who", "conversation", "group_names", "correlation_id")}),
        ("For what", {"fields": ("task", "model", "price", "hold")}),
        (
            "Tokens",
            {
                "fields": (
                    "input_tokens",
                    "output_tokens",
                    "cache_read_tokens",
                    "cache_write_5m_tokens",
                    "cache_write_1h_tokens",
                    "searches",
                )
            },
        ),
    )

    @admin.display(description="When", ordering="at")
    def when(self, entry: Entry) -> str:
        return moment(entry.at)

    @admin.display(description="Saved", ordering="saved_nanodollars")
    def saved(self, entry: Entry) -> str:
        return amounts.exact(entry.saved_nanodollars) if entry.saved_nanodollars else NOTHING

    def get_urls(self) -> list[Any]:
        correct = path("correct/", self.admin_site.admin_view(self.correct), name="chatapp_entry_correct")
        return [correct, *super().get_urls()]

    def correct(self, request: HttpRequest) -> HttpResponse:
        """The one way to a new line: an adjustment with an author and a reason."""
        if not request.user.has_perm("chatapp.add_entry"):
            raise PermissionDenied
        return corrections.page(request, self)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        more = {"may_correct": request.user.has_perm("chatapp.add_entry"), "title": "Entries of the ledger"}
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        context["may_correct"] = request.user.has_perm("chatapp.add_entry")
        return super().render_change_form(request, context, *args, **kwargs)


@admin.register(Hold)
class HoldAdmin(_PaidAdmin):
    list_display = ("opened", "state", "who", "task", "model", "amount", "closed")
    list_filter = ("state", "task", "model", "day", PersonFilter)
    ordering = ("-id",)
    fieldsets = (
        (None, {"fields": ("state", "amount", "opened_at", "dispatched_at", "closed_at", "day")}),
        ("For whom", {"fields": ("who", "conversation", "group_names", "correlation_id")}),
        (
            "For what",
            {
                "fields": (
                    "task",
                    "model",
                    "priced_from",
                    "manner",
                    "prompt_bound_tokens",
                    "max_tokens",
                    "max_searches",
                )
            },
        ),
    )

    @admin.display(description="Opened", ordering="opened_at")
    def opened(self, hold: Hold) -> str:
        return moment(hold.opened_at)

    @admin.display(description="Closed", ordering="closed_at")
    def closed(self, hold: Hold) -> str:
        return moment(hold.closed_at)


def _is_number(term: str) -> bool:
    try:
        UUID(term)
    except ValueError:
        return False
    return True
