"""Everything about one person, from his page in the admin: as a file to hand out, or deleted for good."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Any, Final

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_POST, require_safe

from chatapp.storage.crossing import in_thread
from chatapp.turns.retention import archive, holds, records
from chatapp.turns.retention.persons import Erased

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from chatapp.pages.accounts.admin import PeopleAdmin

# What is sent to a browser that does not read waits in our memory.
MOST_BYTES: Final = 100_000_000
TOO_MUCH: Final = "This is too much to send to a browser. On the server, manage.py person export writes it to a file."


class EraseForm(forms.Form):
    """The name, typed: nobody deletes a person by a slip."""

    name = forms.CharField(
        label="The person's name",
        help_text="Type it as it stands above. There is no way back.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, person: User, data: Any = None) -> None:
        self.person = person
        super().__init__(data)

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if name != self.person.username:
            raise ValidationError("That is not the name of this person, so nothing was deleted.")
        return name


def urls(people: PeopleAdmin) -> list[Any]:
    """The doors beside a person's page."""

    def everything(request: HttpRequest, pk: int) -> HttpResponse:
        if not (may_export(request) or may_erase(request)):
            raise PermissionDenied
        return _page(people, request, _person(people, request, pk))

    def export(request: HttpRequest, pk: int) -> HttpResponseBase:
        if not may_export(request):
            raise PermissionDenied
        person = _person(people, request, pk)
        if archive.about_bytes(person.pk) > MOST_BYTES:
            return _page(people, request, person, refusal=TOO_MUCH, status=409)
        headers = {"Content-Disposition": f'attachment; filename="person-{person.pk}.zip"', "Cache-Control": "no-store"}
        pieces = _crossing(archive.export(person.pk, request.user.pk))
        return StreamingHttpResponse(pieces, content_type="application/zip", headers=headers)

    def erase(request: HttpRequest, pk: int) -> HttpResponse:
        if not may_erase(request):
            raise PermissionDenied
        person = _person(people, request, pk)
        form = EraseForm(person, request.POST)
        *_, unpermitted, protected = people.get_deleted_objects([person], request)
        if unpermitted:
            raise PermissionDenied
        if protected:
            return _page(people, request, person, form, refusal=" ".join(protected), status=409)
        if not form.is_valid():
            return _page(people, request, person, form, status=422)
        people.erase(request, [person])
        return redirect("admin:auth_user_changelist")

    doors = (("everything", require_safe(everything)), ("export", require_POST(export)), ("erase", require_POST(erase)))
    wrap = people.admin_site.admin_view
    return [path(f"<int:pk>/{name}/", wrap(door), name=f"auth_user_{name}") for name, door in doors]


def may_export(request: HttpRequest) -> bool:
    return request.user.has_perms(("auth.view_user", "chatapp.export_person"))


def may_erase(request: HttpRequest) -> bool:
    return request.user.has_perms(("auth.delete_user", "chatapp.erase_person"))


def words(number: int, erased: Erased) -> str:
    """What was done, for whoever did it."""
    done = f"Person {number} is deleted, with {erased.record.conversations} conversations, "
    done += f"{erased.record.turns} turns and {erased.record.files} files. The ledger keeps its numbers."
    return done if erased.wiped else f"{done} The last traces in unused parts of the database go in the coming night."


async def _crossing(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Each piece is made in a thread of its own, when the one before is on its way."""
    while (piece := await in_thread(next, pieces, None)) is not None:
        yield piece


def _person(people: PeopleAdmin, request: HttpRequest, pk: int) -> User:
    person: User | None = people.get_object(request, str(pk))
    if person is None:
        raise Http404
    return person


def _page(
    people: PeopleAdmin,
    request: HttpRequest,
    person: User,
    form: EraseForm | None = None,
    *,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        **people.admin_site.each_context(request),
        "title": "Everything about a person",
        "person": person,
        "amount": records.of_person(person.pk),
        "holds": holds.of_person(person.pk),
        "form": form or EraseForm(person),
        "refusal": refusal,
        "may_export": may_export(request),
        "may_erase": may_erase(request),
    }
    return render(request, "admin/retention/everything.html", context, status=status)
