"""All settings, from the environment only. `.env.example` names and explains every variable."""

import os
import secrets
import zoneinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django_stubs_ext
from csp.constants import NONE, SELF
from django.db.models import Field

from fluenzr import logs
from fluenzr.environment import Environment, load_file

# Lets annotations such as `UUIDField[UUID, UUID]` and `ModelAdmin[Contact]` stand in running code.
django_stubs_ext.monkeypatch(extra_classes=[Field])

# The pinned `tzdata` package is the only source of time zones: a system copy of another year would
# make two nodes send at two hours.
zoneinfo.reset_tzpath(to=[])

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(os.environ)
load_file(env.path("FLUENZR_ENV_FILE", BASE_DIR / ".env"))
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "var")
if not env.text("SECRET_KEY"):
    # Written by `make run`; an installation that has a SECRET_KEY of its own never reads it.
    load_file(DATA_DIR / "dev.env")

# --- Secrets ---
# Without a key the process gets a random one, so nothing is ever signed with a known key, and
# `fluenzr.checks` refuses to go on.
SECRET_KEY_IS_SET = bool(env.text("SECRET_KEY"))
SECRET_KEY = env.text("SECRET_KEY") or secrets.token_urlsafe(50)
SECRET_KEY_FALLBACKS = env.items("SECRET_KEY_FALLBACKS")
FLUENZR_ENCRYPTION_KEYS = env.items("FLUENZR_ENCRYPTION_KEYS")
FLUENZR_TRACKING_KEYS = env.items("FLUENZR_TRACKING_KEYS")
# Never changes once set: API keys and suppressions are matched by hashes under it.
FLUENZR_PEPPER = env.text("FLUENZR_PEPPER")

# --- Where we are ---
DEBUG = env.flag("DEBUG", default=False)
PORT = env.integer("PORT", 8000, at_least=1)
SITE_URL = env.web_address("SITE_URL", f"http://127.0.0.1:{PORT}")
TRACKING_URL = env.web_address("TRACKING_URL", SITE_URL)
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]
_OWN_HOSTS = [urlsplit(url).hostname or "" for url in (SITE_URL, TRACKING_URL)]
ALLOWED_HOSTS = env.items("ALLOWED_HOSTS") or [*_OWN_HOSTS, *(_LOOPBACK if DEBUG else [])]
CSRF_TRUSTED_ORIGINS = [SITE_URL]
TRUSTED_PROXIES = env.items("TRUSTED_PROXIES")
ALLOW_PRIVATE_HOSTS = env.flag("ALLOW_PRIVATE_HOSTS", default=False)
DNS_SERVERS = env.servers("DNS_SERVERS", port=53)
SUPPORT_EMAIL = env.text("SUPPORT_EMAIL")
STATUS_URL = env.text("STATUS_URL")

# --- How it behaves ---
DEFAULT_PLAN = env.text("DEFAULT_PLAN", "pro")
FLUENZR_LEASE_SECONDS = env.integer("FLUENZR_LEASE_SECONDS", 60, at_least=1)
FLUENZR_DOUBT_SECONDS = env.integer("FLUENZR_DOUBT_SECONDS", 24 * 3600)
FLUENZR_SETTLING_SECONDS = env.integer("FLUENZR_SETTLING_SECONDS", 60)
FLUENZR_POLL_SECONDS = env.integer("FLUENZR_POLL_SECONDS", 120, at_least=1)

INSTALLED_APPS = [
    # Before ours: `fluenzr/admin.py` takes back what it registers.
    "django_q",
    "fluenzr.core",
    "fluenzr.workspaces",
    "contacts",
    "fluenzr.mailboxes",
    "campaigns",
    "tracking",
    "fluenzr.api",
    "fluenzr",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "rest_framework",
    "django_filters",
    "django_htmx",
    "template_partials",
    "heroicons",
    "csp",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "fluenzr.proxies.TrustedProxyMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "fluenzr.workspaces.preferences.PreferencesMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "fluenzr.urls"
WSGI_APPLICATION = "fluenzr.wsgi.application"

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
            ],
        },
    },
]

# --- Database ---
_SQLITE_OPTIONS: dict[str, Any] = {
    # Measured: 0 lock errors against 243 with Django's defaults. FULL, because NORMAL may take back
    # committed rows at a power loss, and a send that was taken back is sent again.
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
}
_POSTGRES_OPTIONS: dict[str, Any] = {
    "options": "-c lock_timeout=3000 -c idle_in_transaction_session_timeout=30000",
    # Who is cut off from the database finds out within half a minute, not when TCP gives up.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 4,
    "tcp_user_timeout": 30_000,
}


def _database() -> dict[str, Any]:
    config = env.database("DATABASE_URL", f"sqlite:///{DATA_DIR / 'fluenzr.sqlite3'}")
    options = _SQLITE_OPTIONS
    if config["ENGINE"] == "django.db.backends.postgresql":
        options = _POSTGRES_OPTIONS
        config |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    config["OPTIONS"] = {**options, **config.get("OPTIONS", {})}
    return config


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.text("REDIS_URL")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- People ---
AUTH_USER_MODEL = "workspaces.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]

# Anybody may sign up and make workspaces; closed, staff do it (`manage.py workspace`, the admin).
SIGN_UP_OPEN = env.flag("SIGN_UP_OPEN", default=True)
ACCOUNT_ADAPTER = "fluenzr.workspaces.adapters.AccountAdapter"
ACCOUNT_FORMS = {
    "login": "fluenzr.workspaces.forms.SignInForm",
    "signup": "fluenzr.workspaces.forms.SignUpForm",
    "change_password": "fluenzr.workspaces.password_forms.ChangePasswordForm",
    "set_password": "fluenzr.workspaces.password_forms.SetPasswordForm",
    "reset_password_from_key": "fluenzr.workspaces.password_forms.ResetPasswordKeyForm",
    "reauthenticate": "fluenzr.workspaces.password_forms.ReauthenticateForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory" if env.flag("CONFIRM_EMAIL", default=False) else "none"
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
# Ten bad passwords in five minutes, by address of the network and by account; others stay unaffected.
ACCOUNT_RATE_LIMITS = {"login_failed": "10/5m/ip,10/5m/key"}
MFA_ADAPTER = "fluenzr.workspaces.adapters.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = "FluenzR"
# Clocks of phones go wrong, and typing takes time: the code before and the one after count too (RFC 6238, 5.2).
MFA_TOTP_TOLERANCE = 1
# Browsers allow passkeys over plain HTTP for localhost only.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = DEBUG

# --- Browser ---
_SECURE = not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_NAME = "__Host-session" if _SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if _SECURE else "csrf"
SECURE_SSL_REDIRECT = env.flag("SECURE_SSL_REDIRECT", default=_SECURE and SITE_URL.startswith("https://"))
# Probes speak plain HTTP to the node itself.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# Safe to trust: `fluenzr.proxies` drops the header unless a configured proxy set it.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if _SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "frame-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    },
}

# --- Static files ---
STATIC_URL = "static/"
STATIC_ROOT = DATA_DIR / "static"
# What `make setup` bundles out of frontend/ is served below ui/.
UI_DIR = BASE_DIR / "frontend" / "dist"
STATICFILES_DIRS = [BASE_DIR / "static", ("ui", UI_DIR)]
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Words and time ---
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = True
LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]

# --- The product's own mail (not campaigns) ---
DEFAULT_FROM_EMAIL = SERVER_EMAIL = SUPPORT_EMAIL or f"fluenzr@{_OWN_HOSTS[0]}"
EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
EMAIL_FILE_PATH = str(DATA_DIR / "mail")
globals().update(env.mail_server("EMAIL_URL"))

# --- API: closed unless a view opens itself; no cookie ever authenticates it ---
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
}

# --- Logs ---
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING = logs.config(level=LOG_LEVEL, for_people=DEBUG)

# --- Web server (`manage.py web`) ---
WEB_WORKERS = env.integer("WEB_WORKERS", 1, at_least=1)
WEB_THREADS = env.integer("WEB_THREADS", min(8, 2 * (os.cpu_count() or 1) + 1), at_least=1)

# --- Background work (see `fluenzr/core/jobs.py` and `fluenzr/schedules.py`) ---
SEND_WORKERS = env.integer("SEND_WORKERS", 2 if DATABASES["default"]["ENGINE"].endswith("sqlite3") else 4, at_least=1)


def _cluster(*, workers: int, timeout: int, retry: int) -> dict[str, int]:
    # `retry` runs from the moment a task is fetched, not started, so it leaves room for
    # those that wait in the worker's own queue.
    return {"workers": workers, "queue_limit": workers, "timeout": timeout, "retry": retry}


Q_CLUSTER = {
    "name": "work",
    "orm": "default",
    "broker_class": "fluenzr.core.jobs.Broker",
    "poll": 0.5,
    "bulk": 1,
    # A failed task is not run again by the queue: what must happen is a row of ours that is still due.
    "max_attempts": 1,
    "ack_failures": True,
    "catch_up": False,
    # Failures are always kept (`core.jobs.thin` drops old ones); each kept success would cost a row a second.
    "save_limit": -1,
    "recycle": 200,
    "max_rss": 300_000,
    "label": "Background tasks",
    "log_level": "WARNING",
    **_cluster(workers=2, timeout=600, retry=1500),
    "ALT_CLUSTERS": {
        # A server may take 600 s to answer the final dot (RFC 5321 4.5.3.2.6), and `campaigns.fleet` goes on meanwhile.
        "send": _cluster(workers=SEND_WORKERS, timeout=1500, retry=1800),
        "io": _cluster(workers=2, timeout=120, retry=600),
    },
}
