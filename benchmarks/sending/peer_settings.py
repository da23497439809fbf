"""Settings of the applications that the product is compared with: what their documentation says, and nothing slow."""

import os

import environ

DATABASES = {"default": environ.Env.db_url_config(os.environ["DATABASE_URL"])}
# A connection for each task would halve what Celery does.
DATABASES["default"]["CONN_MAX_AGE"] = None
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # As the product has it: commits last, readers do not wait.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
    }
INSTALLED_APPS = [
    "benchmarks.sending.counting.Counting",
    "django.contrib.contenttypes",
    *filter(None, os.environ.get("BENCH_APPS", "").split(",")),
]
SECRET_KEY = "only-for-this-benchmark"  # noqa: S105
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates"}]
EMAIL_HOST, EMAIL_PORT = "127.0.0.1", int(os.environ["BENCH_SMTP_PORT"])
EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"

LOGGING = {"version": 1, "loggers": {"post_office": {"level": "ERROR", "handlers": ["none"]}}}
LOGGING["handlers"] = {"none": {"class": "logging.NullHandler"}}

# django-post-office: its defaults are batches of 100 and five threads.
POST_OFFICE = {"BACKENDS": {"default": EMAIL_BACKEND}}
# django-mailer
MAILER_EMAIL_BACKEND = EMAIL_BACKEND
MAILER_LOCK_PATH = os.path.join(os.environ.get("TMPDIR", "/tmp"), "mailer")
