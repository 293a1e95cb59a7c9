"""A form is in UTF-8, or it is refused in words."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chatapp.turns.models import Conversation

pytestmark = pytest.mark.django_db


CHARSETS = ["base64", "rot13", "idna", "zlib", "undefined", "utf-16", "utf-7", "nosuch", "unicode_escape", '"']


@pytest.mark.parametrize("charset", CHARSETS)
@pytest.mark.parametrize("kind", ["multipart/form-data; boundary=x", "application/x-www-form-urlencoded"])
@pytest.mark.parametrize("path", ["/c/", "/admin/auth/user/add/"])
def test_a_form_in_a_strange_encoding_is_refused_in_words_and_without_a_stack(
    ada: User, charset: str, kind: str, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)
    body = b'--x\r\nContent-Disposition: form-data; name="question"\r\n\r\nhalf\r\n--x--\r\n'
    refusal = client.generic("POST", path, body, content_type=f"{kind}; charset={charset}")
    assert refusal.status_code == 400
    assert "Content-Security-Policy" in refusal.headers
    assert "made no sense" in refusal.content.decode()
    assert "Traceback" not in caplog.text


MULTIPART = '--x\r\nContent-Disposition: form-data; name="title"\r\n\r\nAnother title\r\n--x--\r\n'
FORMS = {"multipart/form-data; boundary=x": MULTIPART, "application/x-www-form-urlencoded": "title=Another+title"}


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", "utf8", '"utf-8"', "us-ascii"])
@pytest.mark.parametrize("kind", FORMS)
def test_a_form_that_names_the_encoding_it_should_have_is_read(
    client: Client, kept: Conversation, charset: str, kind: str
) -> None:
    sent = client.generic("POST", f"/c/{kept.pk}/rename/", FORMS[kind], content_type=f"{kind}; charset={charset}")
    assert sent.status_code == 302
    kept.refresh_from_db()
    assert kept.title == "Another title"
