"""The SDK's clients, one kind for each kind of provider, and what can keep them from signing a request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import httpx2
from django.conf import settings

from chatapp.claude import failures, providers
from chatapp.claude.failures import Failure, FailureKind
from chatapp.claude.providers import Kind, Provider

if TYPE_CHECKING:
    import anthropic

    Client = anthropic.AsyncAnthropic | anthropic.AsyncAnthropicBedrockMantle | anthropic.AsyncAnthropicVertex

BASE_URL: Final = "https://api.anthropic.com"
_GOOGLE: Final = "aiplatform.googleapis.com"
_GOOGLE_AREAS: Final = {
    "global": _GOOGLE,
    "us": "aiplatform.us.rep.googleapis.com",
    "eu": "aiplatform.eu.rep.googleapis.com",
}
# Whoever is at the bottom of a request that was never signed, by the package that raised.
_SIGNING: Final = ("boto3", "botocore", "google")


def address(provider: Provider) -> str:
    """Where it is asked. Said here and not left to the SDK, which would look into the environment first."""
    if not provider.name:
        return settings.ANTHROPIC_BASE_URL or BASE_URL
    return provider.base_url or _usual_address(provider)


def require(provider: Provider) -> None:
    """Raises Failure where something that a client needs is not there."""
    obstacle = providers.obstacle(provider)
    if obstacle:
        raise Failure(FailureKind.MISCONFIGURED, f"{provider.name}: {obstacle}")


def client(provider: Provider, http: httpx2.AsyncClient) -> Client:
    """The SDK's client for the provider, on our connections."""
    # Here, and where else it is needed, because it takes longer to read than all the rest: most commands never ask.
    import anthropic

    common: dict[str, Any] = {
        "base_url": address(provider),
        "max_retries": 0,
        # Its own spans could be made to carry what people write; ours carry names and numbers.
        "open_telemetry": {"propagation": False, "traces": {"enabled": False}},
        "http_client": http,
    }
    if not provider.name:
        # An explicit key keeps the SDK from looking for one in the environment and in profiles.
        return anthropic.AsyncAnthropic(api_key=settings.ANTHROPIC_API_KEY or "simulated", **common)
    made = _made(provider, common)
    # ANTHROPIC_CUSTOM_HEADERS may hold what only the first provider should read.
    made._custom_headers = {}
    return made


def failure(error: BaseException, provider: Provider) -> Failure:
    """What went wrong before anything was sent."""
    if provider.kind is Kind.ANTHROPIC or not _is_unsigned(error):
        return failures.of(error)
    kind = FailureKind.UNREACHABLE if getattr(error, "retryable", False) else FailureKind.MISCONFIGURED
    return Failure(kind, f"{provider.name} could not be signed in to: {type(error).__name__}: {error}")


def _usual_address(provider: Provider) -> str:
    if provider.kind is Kind.BEDROCK:
        return f"https://bedrock-mantle.{provider.region}.api.aws/anthropic"
    if provider.kind is Kind.VERTEX:
        return f"https://{_GOOGLE_AREAS.get(provider.region, f'{provider.region}-{_GOOGLE}')}/v1"
    return BASE_URL


def _made(provider: Provider, common: dict[str, Any]) -> Client:
    import anthropic

    key = providers.key(provider)
    if provider.kind is Kind.BEDROCK:
        # The one of the two that speaks plain server-sent events, and counts tokens.
        return anthropic.AsyncAnthropicBedrockMantle(api_key=key or None, aws_region=provider.region, **common)
    if provider.kind is Kind.VERTEX:
        return anthropic.AsyncAnthropicVertex(
            access_token=key or None, region=provider.region, project_id=provider.project, **common
        )
    return anthropic.AsyncAnthropic(api_key=key, **common)


def _is_unsigned(error: BaseException) -> bool:
    # The SDK itself raises nothing finer than these when it finds no credentials or no library.
    own = isinstance(error, ImportError) or type(error) is RuntimeError or _is_plain_sdk_error(error)
    return own or type(error).__module__.partition(".")[0] in _SIGNING


def _is_plain_sdk_error(error: BaseException) -> bool:
    import anthropic

    return isinstance(error, anthropic.AnthropicError) and not isinstance(error, anthropic.APIError)
