"""The clouds' own credentials: where the library is installed they sign, where it is not somebody says so.

The locks leave the libraries out; `pip install "anthropic[bedrock,vertex]"` beside them tests the other half.
"""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.claude import speech
from tests.claude.conftest import Play
from tests.claude.sellers import asking_at, nobody_known, only_this_machine
from tests.claude.speech import answer, says
from tests.claude.upstream import Call, Upstream

__all__ = ["nobody_known", "only_this_machine"]

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("nobody_known", "only_this_machine"),
]

SOUP = says(answer("Soup."))
TOKEN = b'{"access_token": "from-google", "expires_in": 3600, "token_type": "Bearer"}'


def is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        # Not even the folder around it, which is many packages'.
        return False


@pytest.fixture
def google_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A service account's file; who gives tokens is to be filled in."""
    secret = rsa.generate_private_key(65537, 2048)
    pem = secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    account = {"type": "service_account", "client_email": "chat@acme.invalid", "private_key": pem, "project_id": "x"}
    path = tmp_path / "account.json"
    path.write_text(json.dumps(account))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    return path


def test_bedrock_is_signed_with_the_clouds_own_keys(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret of the clouds")
    heard = play(asking_at("bedrock", key_variable=""), SOUP)
    if not is_installed("boto3"):
        assert (heard.kind, heard.exchange.sent, heard.requests) == ("misconfigured", False, [])
        return
    assert (heard.text, heard.failure) == ("Soup.", None)
    signature = heard.requests[0].headers["authorization"]
    assert signature.startswith("aws4-hmac-sha256 credential=akid/")
    assert "/us-east-1/bedrock-mantle/aws4_request" in signature
    assert "a secret of the clouds" not in str(heard.requests)


def test_bedrock_without_any_credentials_is_misconfigured_and_nothing_is_sent(
    play: Play, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    # Sessions are remembered by region.
    heard = play(asking_at("bedrock", key_variable="", region="us-west-2"), SOUP)
    assert (heard.kind, heard.exchange.sent, heard.requests) == ("misconfigured", False, [])


def test_vertex_is_asked_with_a_token_of_the_clouds_own_account(play: Play, google_account: Path) -> None:
    async def act(upstream: Upstream) -> object:
        account = json.loads(google_account.read_text())
        google_account.write_text(json.dumps({**account, "token_uri": f"{upstream.url}/token"}))
        return await asking_at("vertex", key_variable="")(upstream)

    async def gives_a_token(call: Call) -> None:
        assert call.request.path == "/token"
        await call.send(speech.plain(200, TOKEN))

    heard = play(act, gives_a_token, SOUP)
    if not is_installed("google.auth"):
        assert (heard.kind, heard.exchange.sent, heard.requests) == ("misconfigured", False, [])
        return
    assert (heard.text, heard.failure) == ("Soup.", None)
    token, question = heard.requests
    assert b"grant_type" in token.body
    assert question.headers["authorization"] == "bearer from-google"


def test_vertex_with_an_account_that_is_no_account_is_misconfigured_and_nothing_is_sent(
    play: Play, google_account: Path
) -> None:
    google_account.write_text("{}")
    heard = play(asking_at("vertex", key_variable=""), SOUP)
    assert (heard.kind, heard.exchange.sent, heard.requests) == ("misconfigured", False, [])
