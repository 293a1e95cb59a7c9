"""The environment, read once: every variable of the product, checked before anything starts."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar
from urllib.parse import urlsplit

T = TypeVar("T")

SIGNUP_CHOICES = ("closed", "invite", "open")
LATER_CHOICES = ("never", "offer", "always")
CACHE_CHOICES = ("5m", "1h")
LOG_CHOICES = ("lines", "json")
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@/-]{0,127}")
HOST_NAME = re.compile(r"\*|\.?[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]")


class ImpossibleValue(ValueError):
    """A variable holds something that cannot be right; the message is one line and names it."""


@dataclass(frozen=True, slots=True)
class Environment:
    anthropic_api_key: str | None
    anthropic_base_url: str | None
    simulated: bool
    database_url: str | None
    redis_url: str | None
    secret_key: str | None
    allowed_hosts: tuple[str, ...]
    csrf_trusted_origins: tuple[str, ...]
    debug: bool
    port: int
    behind_https: bool
    model: str
    cheap_model: str
    max_tokens: int
    running_per_user: int
    questions_per_minute: int
    deadline_connect_seconds: float
    deadline_first_event_seconds: float
    deadline_first_word_seconds: float
    deadline_silence_seconds: float
    deadline_answer_seconds: float
    deadline_turn_seconds: float
    grace_seconds: float
    lease_seconds: float
    signup: str
    retries: int
    stand_in: str
    answer_later: str
    kept_hours: int
    concurrency: int
    prompt_cache: str
    attachments: str | None
    breaker: bool
    logs: str
    traces_endpoint: str | None


def read(environ: Mapping[str, str]) -> Environment:
    """The whole environment, or ImpossibleValue about the first variable that cannot be right."""

    def get(name: str, parse: Callable[[str], T], default: T) -> T:
        text = environ.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            raise ImpossibleValue(f"{name} {error}.") from None

    return Environment(
        anthropic_api_key=get("ANTHROPIC_API_KEY", _header_value, None),
        anthropic_base_url=get("ANTHROPIC_BASE_URL", _url("http", "https"), None),
        simulated=get("CHATAPP_SIMULATED", _switch, False),
        database_url=get("DATABASE_URL", _url("postgres", "postgresql", "sqlite"), None),
        redis_url=get("REDIS_URL", _url("redis", "rediss", "unix"), None),
        secret_key=get("SECRET_KEY", _secret, None),
        allowed_hosts=get("ALLOWED_HOSTS", _hosts, ("localhost", "127.0.0.1", "[::1]")),
        csrf_trusted_origins=get("CSRF_TRUSTED_ORIGINS", _origins, ()),
        debug=get("DEBUG", _switch, False),
        port=get("PORT", _whole(1, 65535), 8000),
        behind_https=get("CHATAPP_BEHIND_HTTPS", _switch, False),
        model=get("CHATAPP_MODEL", _model, "claude-sonnet-5-5"),
        cheap_model=get("CHATAPP_CHEAP_MODEL", _model, "claude-haiku-5-5"),
        max_tokens=get("CHATAPP_MAX_TOKENS", _whole(1, 1_000_000), 4096),
        running_per_user=get("CHATAPP_RUNNING_PER_USER", _whole(1, 1000), 2),
        questions_per_minute=get("CHATAPP_QUESTIONS_PER_MINUTE", _whole(1, 100_000), 20),
        deadline_connect_seconds=get("CHATAPP_DEADLINE_CONNECT", _seconds, 3.0),
        deadline_first_event_seconds=get("CHATAPP_DEADLINE_FIRST_EVENT", _seconds, 10.0),
        deadline_first_word_seconds=get("CHATAPP_DEADLINE_FIRST_WORD", _seconds, 30.0),
        deadline_silence_seconds=get("CHATAPP_DEADLINE_SILENCE", _seconds, 15.0),
        deadline_answer_seconds=get("CHATAPP_DEADLINE_ANSWER", _seconds, 120.0),
        deadline_turn_seconds=get("CHATAPP_DEADLINE_TURN", _seconds, 180.0),
        grace_seconds=get("CHATAPP_GRACE", _seconds_or_none, 60.0),
        lease_seconds=get("CHATAPP_LEASE_SECONDS", _lease, 12.0),
        signup=get("CHATAPP_SIGNUP", _one_of(*SIGNUP_CHOICES), "closed"),
        retries=get("CHATAPP_RETRIES", _whole(0, 2), 2),
        stand_in=get("CHATAPP_STAND_IN", _model_or_none, "claude-haiku-5-5"),
        answer_later=get("CHATAPP_ANSWER_LATER", _one_of(*LATER_CHOICES), "offer"),
        kept_hours=get("CHATAPP_KEPT_ANSWERS_HOURS", _whole(0, 720), 0),
        breaker=get("CHATAPP_BREAKER", _switch, True),
        prompt_cache=get("CHATAPP_PROMPT_CACHE", _one_of(*CACHE_CHOICES), "1h"),
        attachments=get("CHATAPP_ATTACHMENTS", _folder, None),
        concurrency=get("CHATAPP_CONCURRENCY", _whole(1, 10_000), 1000),
        logs=get("CHATAPP_LOGS", _one_of(*LOG_CHOICES), "lines"),
        traces_endpoint=get("OTEL_EXPORTER_OTLP_ENDPOINT", _url("http", "https"), None),
    )


def read_or_exit(environ: Mapping[str, str]) -> Environment:
    """The environment, or the end of the process with one line on stderr."""
    try:
        return read(environ)
    except ImpossibleValue as error:
        refuse(str(error))


def require_claude(environment: Environment) -> None:
    """Ends the process with one line unless it was told which Claude answers: a key, or the simulated one."""
    if environment.simulated and environment.anthropic_base_url is None:
        refuse("ANTHROPIC_BASE_URL must be the simulated Claude's address when CHATAPP_SIMULATED is on.")
    if not environment.simulated and environment.anthropic_api_key is None:
        refuse("ANTHROPIC_API_KEY is missing (`make run` without a key answers with the simulated Claude).")


def refuse(line: str) -> NoReturn:
    """The end of the process with one line on stderr."""
    raise SystemExit(f"Cannot start: {line}")


def _folder(text: str) -> str:
    if "\x00" in text or not Path(text).is_absolute():
        raise ValueError("must be a folder's whole path, from the root")
    if Path(text).exists() and not Path(text).is_dir():
        raise ValueError("must be a folder")
    return text


def _switch(text: str) -> bool:
    switches = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False}
    switches["off"] = False
    if text.lower() not in switches:
        raise ValueError("must be 1 or 0")
    return switches[text.lower()]


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,12}", text) or not lowest <= int(text) <= highest:
            raise ValueError(f"must be a whole number from {lowest} to {highest}")
        return int(text)

    return parse


def _seconds(text: str) -> float:
    if not re.fullmatch(r"[0-9]{1,6}(\.[0-9]+)?", text) or not 0 < float(text) <= 86_400:
        raise ValueError("must be a number of seconds, more than 0 and at most 86400")
    return float(text)


def _seconds_or_none(text: str) -> float:
    return 0.0 if re.fullmatch(r"0(\.0+)?", text) else _seconds(text)


def _lease(text: str) -> float:
    # Shorter, and a busy process loses its own turns; longer, and a restart leaves them open for more than 30 s.
    seconds = _seconds(text)
    if not 1 <= seconds <= 20:
        raise ValueError("must be a number of seconds from 1 to 20")
    return seconds


def _one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError(f"must be one of: {', '.join(choices)}")
        return text.lower()

    return parse


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        meaning = f"must be a URL that begins with {' or '.join(f'{scheme}:' for scheme in schemes)}"
        try:
            parts = urlsplit(text)
            _ = parts.port
        except ValueError:
            raise ValueError(meaning) from None
        has_target = parts.path if parts.scheme in ("sqlite", "unix") else parts.hostname or parts.query
        if parts.scheme not in schemes or not has_target or re.search(r"\s", text):
            raise ValueError(meaning)
        return text

    return parse


def _header_value(text: str) -> str:
    if not re.fullmatch(r"[\x21-\x7e]+", text):
        raise ValueError("must be printable ASCII without spaces")
    return text


def _secret(text: str) -> str:
    if len(text) < 32 or len(set(text)) < 5:
        raise ValueError("must be at least 32 characters of real randomness")
    return text


def _model(text: str) -> str:
    if not MODEL_NAME.fullmatch(text):
        raise ValueError("must be the name of a model, like claude-sonnet-5-5")
    return text


def _model_or_none(text: str) -> str:
    return "" if text.lower() in ("none", "off", "0") else _model(text)


def _hosts(text: str) -> tuple[str, ...]:
    hosts = _items(text)
    if not all(HOST_NAME.fullmatch(host) for host in hosts):
        raise ValueError("must be host names without scheme or port, separated by commas")
    return hosts


def _origins(text: str) -> tuple[str, ...]:
    origins = _items(text)
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path or parts.query:
            raise ValueError("must be origins like https://chat.example.org, separated by commas")
    return origins


def _items(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",") if item.strip())
