"""Who may sign up, and invitations, as an administrator sees them."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.widgets import AdminSplitDateTime
from django.core.exceptions import PermissionDenied
from django.db.models import DateTimeField
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from chatapp.pages.accounts import invitations
from chatapp.pages.models import Invitation, Signup, SiteSettings


@admin.register(SiteSettings)
class SiteSettingsAdmin(admin.ModelAdmin):
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
