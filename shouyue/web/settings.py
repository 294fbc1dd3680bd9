"""Django's settings. What differs between places comes from the environment; docs/operations.md lists it."""

from __future__ import annotations

import contextlib
import os
from datetime import timedelta
from pathlib import Path

import dj_database_url
from jinja2 import StrictUndefined

from shouyue.base import database
from shouyue.base import settings as places
from shouyue.web import logging

HERE = Path(__file__).resolve().parent
HOME = places.home()


def _secret() -> str:
    """What signs sessions and keys digests: from the environment, or made once and kept in the home folder."""
    if given := os.environ.get("SHOUYUE_SECRET_KEY"):
        return given
    path = HOME / "secret-key"
    if not path.exists():
        import secrets

        HOME.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".secret-key-{os.getpid()}")
        new.touch(mode=0o600)
        new.write_text(secrets.token_urlsafe(48))
        with contextlib.suppress(FileExistsError):  # the first of several processes wins
            os.link(new, path)
        new.unlink()
    return path.read_text()


SECRET_KEY = _secret()
DEBUG = os.environ.get("SHOUYUE_DEBUG") == "1"
ALLOWED_HOSTS = os.environ.get("SHOUYUE_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("SHOUYUE_ORIGINS", "").split(",") if o]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_tables2",
    "django_filters",
    "procrastinate.contrib.django",
    "shouyue.people",
    "shouyue.compliance",
    "shouyue.releases",
    "shouyue.casework",
    "shouyue.messaging",
    "shouyue.daily",
    "shouyue.reports",
    "shouyue.web",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "shouyue.api.middleware.Observe",
    "shouyue.web.middleware.ContentSecurity",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "shouyue.web.middleware.Language",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "shouyue.web.middleware.SignedIn",
    "shouyue.web.session_rules.SessionRules",
    "shouyue.web.middleware.ThirdPersonOnTheLine",
    "shouyue.web.middleware.Errors",
]
ROOT_URLCONF = "shouyue.web.urls"
WSGI_APPLICATION = "shouyue.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "DIRS": [HERE / "templates"],
        "OPTIONS": {
            "environment": "shouyue.web.templating.environment",
            "extensions": ["jinja2.ext.i18n"],
            "undefined": StrictUndefined,  # a name that no view gave is a fault, not an empty place
            "context_processors": [
                "django.contrib.messages.context_processors.messages",
                "shouyue.web.frame.frame",
            ],
        },
    }
]
DATABASES = {
    "default": {
        **dj_database_url.parse(
            database.url() if os.environ.get("SHOUYUE_NO_DATABASE") != "1" else "postgresql:///none"
        ),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
}
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = ["shouyue.people.signing_in.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign-in"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
#: minutes without a page after which one signs in again; ``SHOUYUE_IDLE_MINUTES``
IDLE_MINUTES = int(os.environ.get("SHOUYUE_IDLE_MINUTES", "60"))
#: roles that must use a second factor; ``SHOUYUE_SECOND_FACTOR``, empty for none. Anybody may
SECOND_FACTOR_ROLES = frozenset(
    filter(None, os.environ.get("SHOUYUE_SECOND_FACTOR", "head_office,auditor,admin").split(","))
)
OTP_TOTP_ISSUER = "Shouyue"
# five wrong passwords lock the account, wherever they came from: in a store everybody has the same address
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_DISABLE_ACCESS_LOG = True  # who signed in is in the audit trail
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_LOCKOUT_CALLABLE = "shouyue.web.views.signin.locked_out"
# the sign-in page asks axes itself, and addresses are not what is counted
SILENCED_SYSTEM_CHECKS = ["axes.W001", "axes.W002", "axes.W003", "axes.W006"]
# in the database alone: with a cache in each process, one who signs out would stay signed in at the others
SESSION_ENGINE = "django.contrib.sessions.backends.db"
if os.environ.get("SHOUYUE_HTTPS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = True
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = 31536000
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [HERE.parent / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = places.zone()
FORMAT_MODULE_PATH = ["shouyue.web.formats"]

STATIC_URL = "/static/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "shouyue.web.static_files.Fingerprinted"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 0 if DEBUG else 365 * 24 * 3600  # every address carries the file's fingerprint
DJANGO_TABLES2_TEMPLATE = "desk/table.html"
CSRF_FAILURE_VIEW = "shouyue.web.views.failures.csrf"
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024


LOGGING = logging.configuration()
logging.configure()

#: jobs stand in a package's jobs.py
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
