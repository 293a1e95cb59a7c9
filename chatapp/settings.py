"""Django's settings, made from the environment and nothing else."""

import os
from pathlib import Path

from chatapp import databases, environment, secret
from chatapp.telemetry import letterbox

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"
ENVIRONMENT = environment.read_or_exit(os.environ)
(VAR_DIR / "static").mkdir(parents=True, exist_ok=True)

DEBUG = ENVIRONMENT.debug
SECRET_KEY = ENVIRONMENT.secret_key or secret.keep(VAR_DIR / "secret-key")
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(ENVIRONMENT.csrf_trusted_origins)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "chatapp",
]

MIDDLEWARE = [
    "chatapp.pages.policy.ContentSecurityPolicy",
    "django.middleware.security.SecurityMiddleware",
    "chatapp.pages.assets.StaticFiles",
    "chatapp.pages.threshold.Threshold",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "chatapp.urls"
ASGI_APPLICATION = "chatapp.asgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "chatapp.pages.label.simulated",
                "chatapp.pages.outage.banner",
                "chatapp.review.doors.records.told",
                "chatapp.pages.notices.banner",
            ],
        },
    }
]

DATABASES = {"default": databases.configure(ENVIRONMENT.database_url, VAR_DIR / "chat.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = ENVIRONMENT.redis_url

PASSWORD_HASHERS = [
    "chatapp.pages.accounts.hashing.Argon2",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"

LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
WHITENOISE_ALLOW_ALL_ORIGINS = False
STATICFILES_DIRS = [path for path in (BASE_DIR / "static",) if path.is_dir()]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "chatapp.pages.assets.HashedFiles"
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # An error's own words may repeat what somebody wrote: they are for a developer's terminal.
        "lines": {"()": "chatapp.telemetry.logs.Lines", "words": DEBUG},
        "json": {"()": "chatapp.telemetry.logs.Json"},
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": ENVIRONMENT.logs}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "chatapp": {"level": "INFO"},
        # Django's own handlers are silent in production; a page that broke must be heard of.
        "django": {"handlers": [], "level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # Whoever tries every address of the internet is answered, and not written down with a stack each time.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
    },
}

SESSION_ENGINE = "chatapp.storage.sessions"
AUTHENTICATION_BACKENDS = ["chatapp.storage.people.Backend"]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
# Only an operator knows that a proxy ends TLS and overwrites X-Forwarded-Proto; believed otherwise,
# a stranger's header would pass for https.
if ENVIRONMENT.behind_https:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True

LETTERBOX = letterbox.configure(ENVIRONMENT.mail)
EMAIL_HOST, EMAIL_PORT = LETTERBOX.host, LETTERBOX.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = LETTERBOX.user, LETTERBOX.password
EMAIL_USE_TLS, EMAIL_USE_SSL = LETTERBOX.starttls, LETTERBOX.tls
EMAIL_TIMEOUT = letterbox.SECONDS
DEFAULT_FROM_EMAIL = LETTERBOX.sender

# A real key never travels to the simulated Claude.
ANTHROPIC_API_KEY = "simulated" if ENVIRONMENT.simulated else ENVIRONMENT.anthropic_api_key
ANTHROPIC_BASE_URL = ENVIRONMENT.anthropic_base_url
CHATAPP_SIMULATED = ENVIRONMENT.simulated
CHATAPP_LOGS = ENVIRONMENT.logs
CHATAPP_TRACES = ENVIRONMENT.traces_endpoint
CHATAPP_MODEL = ENVIRONMENT.model
CHATAPP_CHEAP_MODEL = ENVIRONMENT.cheap_model
CHATAPP_MAX_TOKENS = ENVIRONMENT.max_tokens
CHATAPP_RUNNING_PER_USER = ENVIRONMENT.running_per_user
CHATAPP_QUESTIONS_PER_MINUTE = ENVIRONMENT.questions_per_minute
CHATAPP_DEADLINE_CONNECT = ENVIRONMENT.deadline_connect_seconds
CHATAPP_DEADLINE_FIRST_EVENT = ENVIRONMENT.deadline_first_event_seconds
CHATAPP_DEADLINE_FIRST_WORD = ENVIRONMENT.deadline_first_word_seconds
CHATAPP_DEADLINE_SILENCE = ENVIRONMENT.deadline_silence_seconds
CHATAPP_DEADLINE_ANSWER = ENVIRONMENT.deadline_answer_seconds
CHATAPP_DEADLINE_TURN = ENVIRONMENT.deadline_turn_seconds
CHATAPP_GRACE = ENVIRONMENT.grace_seconds
CHATAPP_LEASE_SECONDS = ENVIRONMENT.lease_seconds
CHATAPP_SIGNUP = ENVIRONMENT.signup
CHATAPP_RETRIES = ENVIRONMENT.retries
CHATAPP_STAND_IN = ENVIRONMENT.stand_in
CHATAPP_ANSWER_LATER = ENVIRONMENT.answer_later
CHATAPP_KEPT_ANSWERS_HOURS = ENVIRONMENT.kept_hours
CHATAPP_BREAKER = ENVIRONMENT.breaker
CHATAPP_CONCURRENCY = ENVIRONMENT.concurrency
CHATAPP_PROMPT_CACHE = ENVIRONMENT.prompt_cache
CHATAPP_METRICS_TOKEN = ENVIRONMENT.metrics_token
CHATAPP_ATTACHMENTS = ENVIRONMENT.attachments or str(VAR_DIR / "attachments")
