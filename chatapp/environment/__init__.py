"""The environment, read once: every variable of the product, checked before anything starts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, TypeVar

from chatapp.environment import values
from chatapp.environment.values import MODEL_NAME

__all__ = ["MODEL_NAME", "Environment", "ImpossibleValue", "read", "read_or_exit", "refuse", "require_claude"]

T = TypeVar("T")

SIGNUP_CHOICES = ("closed", "invite", "open")
LATER_CHOICES = ("never", "offer", "always")
CACHE_CHOICES = ("5m", "1h")
LOG_CHOICES = ("lines", "json")
# What Docker, Kubernetes and systemd hand over as files; the variable says where.
MAY_BE_IN_A_FILE = ("ANTHROPIC_API_KEY", "CHATAPP_METRICS_TOKEN", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")


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
    metrics_token: str | None
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
    mail: str | None
    breaker: bool
    logs: str
    traces_endpoint: str | None


def read(environ: Mapping[str, str]) -> Environment:
    """The whole environment, or ImpossibleValue about the first variable that cannot be right."""

    def get(name: str, parse: Callable[[str], T], default: T) -> T:
        text = environ.get(name, "").strip()
        if name in MAY_BE_IN_A_FILE and (path := environ.get(f"{name}_FILE", "").strip()):
            text = _from_file(name, path, beside=text)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as error:
            raise ImpossibleValue(f"{name} {error}.") from None

    return Environment(
        anthropic_api_key=get("ANTHROPIC_API_KEY", values.header_value, None),
        anthropic_base_url=get("ANTHROPIC_BASE_URL", values.url("http", "https"), None),
        simulated=get("CHATAPP_SIMULATED", values.switch, False),
        database_url=get("DATABASE_URL", values.url("postgres", "postgresql", "sqlite"), None),
        redis_url=get("REDIS_URL", values.url("redis", "rediss", "unix"), None),
        secret_key=get("SECRET_KEY", values.secret, None),
        metrics_token=get("CHATAPP_METRICS_TOKEN", values.token, None),
        allowed_hosts=get("ALLOWED_HOSTS", values.hosts, ("localhost", "127.0.0.1", "[::1]")),
        csrf_trusted_origins=get("CSRF_TRUSTED_ORIGINS", values.origins, ()),
        debug=get("DEBUG", values.switch, False),
        port=get("PORT", values.whole(1, 65535), 8000),
        behind_https=get("CHATAPP_BEHIND_HTTPS", values.switch, False),
        model=get("CHATAPP_MODEL", values.model, "claude-sonnet-5-5"),
        cheap_model=get("CHATAPP_CHEAP_MODEL", values.model, "claude-haiku-5-5"),
        max_tokens=get("CHATAPP_MAX_TOKENS", values.whole(1, 1_000_000), 4096),
        running_per_user=get("CHATAPP_RUNNING_PER_USER", values.whole(1, 1000), 2),
        questions_per_minute=get("CHATAPP_QUESTIONS_PER_MINUTE", values.whole(1, 100_000), 20),
        deadline_connect_seconds=get("CHATAPP_DEADLINE_CONNECT", values.seconds, 3.0),
        deadline_first_event_seconds=get("CHATAPP_DEADLINE_FIRST_EVENT", values.seconds, 10.0),
        deadline_first_word_seconds=get("CHATAPP_DEADLINE_FIRST_WORD", values.seconds, 30.0),
        deadline_silence_seconds=get("CHATAPP_DEADLINE_SILENCE", values.seconds, 15.0),
        deadline_answer_seconds=get("CHATAPP_DEADLINE_ANSWER", values.seconds, 120.0),
        deadline_turn_seconds=get("CHATAPP_DEADLINE_TURN", values.seconds, 180.0),
        grace_seconds=get("CHATAPP_GRACE", values.seconds_or_none, 60.0),
        lease_seconds=get("CHATAPP_LEASE_SECONDS", values.lease, 12.0),
        signup=get("CHATAPP_SIGNUP", values.one_of(*SIGNUP_CHOICES), "closed"),
        retries=get("CHATAPP_RETRIES", values.whole(0, 2), 2),
        stand_in=get("CHATAPP_STAND_IN", values.model_or_none, "claude-haiku-5-5"),
        answer_later=get("CHATAPP_ANSWER_LATER", values.one_of(*LATER_CHOICES), "offer"),
        kept_hours=get("CHATAPP_KEPT_ANSWERS_HOURS", values.whole(0, 720), 0),
        breaker=get("CHATAPP_BREAKER", values.switch, True),
        prompt_cache=get("CHATAPP_PROMPT_CACHE", values.one_of(*CACHE_CHOICES), "1h"),
        attachments=get("CHATAPP_ATTACHMENTS", values.folder, None),
        mail=get("CHATAPP_MAIL", values.url("smtp", "smtps"), None),
        concurrency=get("CHATAPP_CONCURRENCY", values.whole(1, 10_000), 1000),
        logs=get("CHATAPP_LOGS", values.one_of(*LOG_CHOICES), "lines"),
        traces_endpoint=get("OTEL_EXPORTER_OTLP_ENDPOINT", values.url("http", "https"), None),
    )


def _from_file(name: str, path: str, beside: str) -> str:
    if beside:
        raise ImpossibleValue(f"{name}_FILE must not be set beside {name}.")
    try:
        # A device or a pipe might be read for ever.
        text = Path(path).read_text(encoding="utf-8").strip() if Path(path).is_file() else ""
    except (OSError, ValueError):
        text = ""
    if not text:
        raise ImpossibleValue(f"{name}_FILE must be the path of a file with something in it, readable here.")
    return text


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
