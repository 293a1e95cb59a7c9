"""Who may sign up, invitations, and notices to everybody, as an administrator sees them."""

from datetime import timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.db.models import CharField, DateTimeField
from django.forms import ModelForm, Textarea
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import SimpleTemplateResponse
from django.urls import reverse
from django.utils import timezone

from chatapp.money import limits
from chatapp.pages.accounts import invitations
from chatapp.pages.models import Invitation, Signup, SiteSettings
from chatapp.telemetry.history import SaysWhatChanged
from chatapp.turns.notices import Notice


@admin.register(SiteSettings)
class SiteSettingsAdmin(SaysWhatChanged):
    """One row: the list leads straight to it, and it is neither added nor deleted by hand."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if not self.has_view_or_change_permission(request):
            raise PermissionDenied
        row = SiteSettings.current()
        if row._state.adding:
            row.save()
        return redirect("admin:chatapp_sitesettings_change", row.pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: SiteSettings | None = None) -> bool:
        return False


class DayAndTime(AdminSplitDateTime):
    """Django's pair of boxes, each of which says what it is to somebody who does not see the words beside it."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        for box, name in zip(self.widgets, ("Date", "Time"), strict=True):
            box.attrs["aria-label"] = name


@admin.register(Invitation)
class InvitationAdmin(admin.ModelAdmin):
    """Invitations are made and withdrawn; their link is shown once, to whoever made it."""

    list_display = ("__str__", "state", "created_by", "created_at", "expires_at", "used_by")
    list_select_related = ("created_by", "used_by")
    fields = ("note", "expires_at")
    search_fields = ("note",)
    formfield_overrides = {DateTimeField: {"widget": DayAndTime}}

    @admin.display(description="State")
    def state(self, invitation: Invitation) -> str:
        if invitation.used_at:
            return "used"
        return "open" if invitation.expires_at > timezone.now() else "run out"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return {"expires_at": invitations.default_expiry()}

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def save_model(self, request: HttpRequest, obj: Invitation, form: ModelForm, change: bool) -> None:
        code = invitations.make_code()
        obj.code_hash = invitations.hash_code(code)
        obj.created_by_id = request.user.pk
        super().save_model(request, obj, form, change)
        link = request.build_absolute_uri(reverse("invitation", args=[code]))
        messages.success(request, f"Send this link now, it is not shown again: {link}")
        if SiteSettings.current().signup == Signup.CLOSED:
            messages.warning(request, "Sign-up is closed, so the link opens nothing until the site settings allow it.")


class NoticeForm(ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        ends_at = cleaned.get("ends_at")
        # One that runs may be ended at once; one that nobody would ever read is a mistake.
        if self.instance._state.adding and ends_at and ends_at <= timezone.now():
            self.add_error("ends_at", "This is over already. A new notice ends in the future.")
        return cleaned


@admin.register(Notice)
class NoticeAdmin(SaysWhatChanged):
    """Its times are typed and shown on the clock of the site, wherever its server stands."""

    form = NoticeForm
    list_display = ("__str__", "kind", "starts_at", "ends_at", "state", "made_by")
    list_filter = ("kind",)
    list_select_related = ("made_by",)
    search_fields = ("text",)
    fields = ("text", "kind", "starts_at", "ends_at")
    formfield_overrides = {
        DateTimeField: {"widget": DayAndTime},
        CharField: {"widget": Textarea(attrs={"rows": 3, "cols": 80})},
    }

    @admin.display(description="State")
    def state(self, notice: Notice) -> str:
        now = timezone.now()
        if notice.ends_at <= now:
            return "over"
        return "everybody reads it" if notice.starts_at <= now else "still to come"

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        now = timezone.now().replace(second=0, microsecond=0)
        return {"starts_at": now, "ends_at": now + timedelta(hours=2)}

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, DateTimeField) and field is not None:
            field.help_text = f"On the clock of the site: {limits.zone()}."
        return field

    def save_model(self, request: HttpRequest, obj: Notice, form: ModelForm, change: bool) -> None:
        if not change:
            obj.made_by_id = request.user.pk
        super().save_model(request, obj, form, change)

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        with timezone.override(limits.zone()):
            return _drawn(super().changeform_view(request, *args, **kwargs))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        title = f"Notices, on the clock of the site: {limits.zone()}"
        with timezone.override(limits.zone()):
            return _drawn(super().changelist_view(request, {"title": title, **(extra_context or {})}))


def _drawn(response: HttpResponse) -> HttpResponse:
    """Django draws a page later, when the clock would be another one."""
    return response.render() if isinstance(response, SimpleTemplateResponse) else response
