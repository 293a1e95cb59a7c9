"""A stop in the admin: to be read, and ended by one button, once, by whoever may."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from chatapp.claude import stops
from chatapp.claude.breaker import Stopped
from chatapp.claude.failures import FailureKind
from chatapp.claude.models import Stop

pytestmark = pytest.mark.django_db

BUTTON = "Answers may be asked for again"


@pytest.fixture
def stop() -> Stop:
    assert stops.write("", Stopped(FailureKind.BILLING, timezone.now()), "402 billing_error")
    return Stop.objects.get()


@pytest.fixture
def office(admin_user: User) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    return client


@pytest.fixture
def reader() -> Client:
    """Somebody of the staff who may look."""
    somebody = User.objects.create_user("reader", is_staff=True)
    somebody.user_permissions.add(Permission.objects.get(codename="view_stop"))
    client = Client()
    client.force_login(somebody)
    return client


def press(office: Client, stop: Stop, page: str) -> str:
    """What the button on that page sends, its token included."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    target = re.search(r'formaction="([^"]+)"', page)
    assert token
    assert target
    return office.post(target[1], {"csrfmiddlewaretoken": token[1]}, follow=True).text


def test_one_button_ends_it_and_records_who(office: Client, stop: Stop, admin_user: User) -> None:
    assert "nothing is asked" in office.get("/admin/chatapp/stop/").text
    page = office.get(f"/admin/chatapp/stop/{stop.pk}/change/").text
    assert BUTTON in page
    assert "402 billing_error" in page
    assert "every process knows" in press(office, stop, page)
    stop.refresh_from_db()
    assert stop.ended_by == admin_user
    assert stop.ended_at is not None
    assert stops.standing() == {}
    after = office.get(f"/admin/chatapp/stop/{stop.pk}/change/").text
    assert f"ended by {admin_user}" in after
    assert 'value="' + BUTTON not in after
    assert "over already" in press(office, stop, page)
    assert Stop.objects.get().ended_at == stop.ended_at


def test_it_is_written_by_the_product_alone(office: Client, stop: Stop) -> None:
    assert office.get("/admin/chatapp/stop/add/").status_code == 403
    assert office.get(f"/admin/chatapp/stop/{stop.pk}/delete/").status_code == 403
    assert office.get(f"/admin/chatapp/stop/{stop.pk}/end/").status_code == 405


def test_whoever_may_only_look_has_no_button(reader: Client, stop: Stop) -> None:
    page = reader.get(f"/admin/chatapp/stop/{stop.pk}/change/")
    assert page.status_code == 200
    assert BUTTON not in page.text
    assert reader.post(f"/admin/chatapp/stop/{stop.pk}/end/").status_code == 403
    assert Client().post(f"/admin/chatapp/stop/{stop.pk}/end/").status_code == 302
    assert stops.standing().keys() == {""}


def test_a_provider_is_stopped_once_at_a_time(stop: Stop) -> None:
    again = Stopped(FailureKind.SPEND_LIMIT, timezone.now())
    assert not stops.write("", again, "once more")
    assert stops.write("other", again, "its own")
    with pytest.raises(IntegrityError), transaction.atomic():
        Stop.objects.create(provider="", kind="billing", since=timezone.now())
    assert stops.standing().keys() == {"", "other"}
