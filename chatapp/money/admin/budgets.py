"""Budgets, each with a bar of how it stands; a changed limit shows its effect before it is saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.safestring import SafeString

from chatapp.money import amounts, replay
from chatapp.money.admin import bars, effects
from chatapp.money.admin.fields import ConversationField, DollarsField, GroupField, PersonField
from chatapp.money.models import Budget, Counter
from chatapp.money.models.budgets import AtLimit
from chatapp.money.replay import Effect
from chatapp.telemetry.history import SaysWhatChanged

LOOK_FIRST = "Nothing is saved yet. This is what the limit would have done; press Save once more to set it."
WEIGHTY = {"limit_nanodollars", "at_limit"}


class BudgetForm(forms.ModelForm):
    limit_nanodollars = DollarsField(label="Limit", help_text="US dollars, like 5 or 0.25")
    user = PersonField("The person's name; empty: every person")
    group = GroupField("The group's name; empty: every group")
    conversation_id = ConversationField("The number in its address; empty: every conversation")

    effect: Effect | None = None

    def _post_clean(self) -> None:
        """After everything else is right: a limit that nobody has looked at is shown before it is saved."""
        super()._post_clean()  # type: ignore[misc] # Django's own hook, which the stubs leave out
        new = self.instance.pk is None
        if self.errors or not (new or WEIGHTY & set(self.changed_data)):
            return
        if self.data.get("seen") != self.seen:
            self.effect = replay.of(self.instance, timezone.now())
            self.add_error(None, LOOK_FIRST)

    @property
    def seen(self) -> str:
        """What was looked at; whoever changes it afterwards looks again."""
        budget = self.instance
        return f"{budget.scope} {budget.whom} {budget.period} {budget.limit_nanodollars} {budget.at_limit}"


class SetByFilter(admin.SimpleListFilter):
    title = "who set it"
    parameter_name = "own"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [("0", "An administrator"), ("1", "The person")]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        return queryset.filter(own=self.value() == "1") if self.value() in ("0", "1") else queryset


@admin.register(Budget)
class BudgetAdmin(SaysWhatChanged):
    form = BudgetForm
    list_display = ("__str__", "limit", "bar", "acts", "set_by")
    list_filter = ("scope", "period", SetByFilter)
    list_select_related = ("user", "group")
    list_per_page = 50
    search_fields = ("user__username", "group__name")
    change_form_template = "admin/money/budget.html"
    fieldsets = (
        (None, {"fields": ("scope", "user", "group", "conversation_id", "period")}),
        (None, {"fields": ("limit_nanodollars", "warn_percents", "at_limit")}),
    )

    class Media:
        css = {"all": ["css/money-admin.css"]}

    @admin.display(description="Limit", ordering="limit_nanodollars")
    def limit(self, budget: Budget) -> str:
        return amounts.exact(budget.limit_nanodollars)

    @admin.display(description="Now")
    def bar(self, budget: Budget) -> SafeString:
        return bars.of(budget)

    @admin.display(description="Warns, stops", ordering="at_limit")
    def acts(self, budget: Budget) -> str:
        warns = f"{budget.warn_percents.replace(',', ', ')} %; " if budget.warn_percents else ""
        return warns + ("stops" if budget.at_limit == AtLimit.STOP else "only tells")

    @admin.display(description="Set by", ordering="own")
    def set_by(self, budget: Budget) -> str:
        return str(budget.user) if budget.own else "admin"

    def get_readonly_fields(self, request: HttpRequest, obj: Budget | None = None) -> tuple[str, ...]:
        """Whom it is for stays: a budget for somebody else is another budget."""
        return ("scope", "user", "group", "conversation_id", "period") if obj else ()

    def get_fieldsets(self, request: HttpRequest, obj: Budget | None = None) -> Any:
        if obj is None:
            return self.fieldsets
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": ("limit", "warn_percents", "at_limit", "set_by")}),)
        return ((None, {"fields": ("limit_nanodollars", "warn_percents", "at_limit")}),)

    def has_change_permission(self, request: HttpRequest, obj: Budget | None = None) -> bool:
        """What people allow themselves is theirs to change; an administrator can only remove it."""
        return super().has_change_permission(request, obj) and not (obj and obj.own)

    def save_model(self, request: HttpRequest, obj: Budget, form: forms.ModelForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        charged = Counter.objects.filter(conversation_id=obj.conversation_id)
        if obj.conversation_id and not change and not charged.exists():
            messages.warning(
                request, "Nothing was charged to a conversation of this number so far. Is it the right one?"
            )

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        form = context["adminform"].form
        effect = getattr(form, "effect", None)
        original = context.get("original")
        # As it is stored: the form has put what was typed into the original already.
        context["bars"] = bars.of(Budget.objects.get(pk=original.pk)) if original else ""
        if effect:
            looked_at = {"effect": effects.of(effect), "seen": form.seen, "budget": form.instance, "days": replay.DAYS}
            # There is nothing to correct, only something to look at.
            context.update(looked_at, errors=[])
        context.update(show_save_and_continue=False, show_save_and_add_another=False, show_save_as_new=False)
        return super().render_change_form(request, context, *args, **kwargs)
