"""Settings; each value that differs between machines is an environment variable.

`.env.example` lists them all with their defaults.
"""

import os
from ipaddress import ip_network
from pathlib import Path
from urllib.parse import unquote

import environ
from django.urls import reverse_lazy

from marketing_os.beat_schedule import BEAT_SCHEDULE
from marketing_os.look import UNFOLD as UNFOLD

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(env.str("ENV_FILE", str(BASE_DIR / ".env")), overwrite=False)

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var")))

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY")
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SITE_URL = env.str("SITE_URL", default="http://127.0.0.1:8000").rstrip("/")

INSTALLED_APPS = [
    "marketing_os.lib",
    "marketing_os",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "marketing_os.lib.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_filters",
    "import_export",
    "simple_history",
    "django_celery_beat",
    "anymail",
    "axes",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "imports",
    "customers",
    "funnel",
    "messaging",
    "segments",
    "automations",
    "portal",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "marketing_os.lib.content_policy.content_policy",
    "django.middleware.common.CommonMiddleware",
    "marketing_os.lib.api.middleware.answer_without_session",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "marketing_os.urls"
WSGI_APPLICATION = "marketing_os.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
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

# The segments connection is a role of its own that sees only the views of schema
# "seg"; it is closed after each use so that nothing set in it lasts.
DATABASES = {"default": env.db_url("DATABASE_URL")}
# A Unix socket's folder stands percent-encoded in the place of the host.
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Without a limit a server behind a dead line would hold a page for minutes.
DATABASES["default"].setdefault("OPTIONS", {}).setdefault("connect_timeout", 5)
# Statements that come often are planned once per connection.
DATABASES["default"]["OPTIONS"]["prepare_threshold"] = (
    5 if env.bool("PREPARED_STATEMENTS", default=True) else None
)
SEGMENTS_DATABASE_URL = env.str("SEGMENTS_DATABASE_URL", default="")

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
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
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_LOCKOUT_CALLABLE = "marketing_os.errors.locked_out"
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0)
LOGIN_URL = reverse_lazy("admin:login")
LOGIN_REDIRECT_URL = reverse_lazy("admin:index")

LANGUAGE_CODE = "en-gb"
TIME_ZONE = env.str("TIME_ZONE", default="UTC")
USE_I18N = True
FORMAT_MODULE_PATH = ["marketing_os.formats"]
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
MEDIA_ROOT = VAR_DIR / "media"
MEDIA_URL = "media/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024

# Behind TLS (HTTPS=1) all that belongs to it is switched on.
HTTPS = env.bool("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31536000 if HTTPS else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
if HTTPS and env.bool("TRUST_PROXY_HEADERS", default=False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_AGE = 8 * 3600
SESSION_SAVE_EVERY_REQUEST = True
SECURE_REFERRER_POLICY = "same-origin"

# Celery carries only hints; what is to be done stands in the database.
CELERY_BROKER_URL = env.str("BROKER_URL")
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
# No soft limit for all: a task whose own limit is below it could not be published.
CELERY_TASK_TIME_LIMIT = 300
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "marketing_os.beat:Scheduler"
CELERY_BEAT_SCHEDULE = BEAT_SCHEDULE
DJANGO_CELERY_BEAT_TZ_AWARE = True
# A publish must not hang a page for long when the broker is down.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0}

# The API: what a key may do in a minute, unless the key says otherwise, and for how
# many hours a request with an Idempotency-Key can be repeated.
API_REQUESTS_PER_MINUTE = env.int("API_REQUESTS_PER_MINUTE", default=30_000)
API_ITEMS_PER_MINUTE = env.int("API_ITEMS_PER_MINUTE", default=1_000_000)
IDEMPOTENCY_HOURS = env.int("IDEMPOTENCY_HOURS", default=24)

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "marketing_os.lib.api.authentication.ApiKeyAuthentication"
    ],
    "DEFAULT_PERMISSION_CLASSES": ["marketing_os.lib.api.authentication.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["marketing_os.lib.api.parsers.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "marketing_os.lib.api.pagination.NewestFirst",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "EXCEPTION_HANDLER": "marketing_os.lib.api.errors.problem_json",
    "NUM_PROXIES": env.int("PROXY_COUNT", default=0),
    "UNAUTHENTICATED_USER": None,
    # "format" is a parameter of lists: json, csv or xlsx.
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Marketing OS API",
    "DESCRIPTION": "Publish customers, attributes and events; read what became of them."
    "\n\nEach request has the header `Authorization: Api-Key KEY`. A 2xx means that what"
    " was sent is stored. With a test key everything is checked and nothing stored."
    " A key that may not read gets back the ID and what it sent."
    "\n\nErrors are problem details (RFC 9457) with the path of each field, such as"
    " `items[3].email`. A key may send so much in a minute; the headers `RateLimit-*`"
    " tell what is left, and a 429 says in `Retry-After` when to come back."
    "\n\nLists come in pages by cursor: follow `next`. `format=csv` gives all at once.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "REDOC_DIST": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
}

IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True
IMPORT_EXPORT_SKIP_ADMIN_LOG = True
SIMPLE_HISTORY_REVERT_DISABLED = True

# Mail: Resend when it has a key, else SMTP when it has a host, else the mailbox
# under VAR_DIR that the admin shows.
RESEND_API_KEY = env.str("RESEND_API_KEY", default="")
RESEND_API_URL = env.str("RESEND_API_URL", default="https://api.resend.com/")
RESEND_SIGNING_SECRET = env.str("RESEND_SIGNING_SECRET", default="")
# What all workers together may ask of Resend, each request with up to 100 mails; 0:
# as much as they can.
RESEND_REQUESTS_PER_SECOND = env.float("RESEND_REQUESTS_PER_SECOND", default=5)
EMAIL_HOST = env.str("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=25)
EMAIL_HOST_USER = env.str("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env.str("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=False)
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=False)
EMAIL_TIMEOUT = env.int("EMAIL_TIMEOUT", default=20)
MAIL_CHANNEL = env.str("MAIL_CHANNEL", default="")
MAILBOX_DIR = VAR_DIR / "mailbox"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="marketing@example.org")
DEFAULT_FROM_NAME = env.str("DEFAULT_FROM_NAME", default="Marketing OS")
POSTAL_ADDRESS = env.str("POSTAL_ADDRESS", default="")
# Whom the SPF record of a sender must include, where the provider is not known for it,
# and which DNS servers are asked, such as 9.9.9.9 or 127.0.0.1:5353; empty: the system's.
SPF_INCLUDE = env.str("SPF_INCLUDE", default="")
DNS_SERVERS = env.list("DNS_SERVERS", default=[])
# The attributes that tell of a membership; templates and workflows read them.
MEMBERSHIP_LEVEL_ATTRIBUTE = env.str(
    "MEMBERSHIP_LEVEL_ATTRIBUTE", default="membership_level"
)
JOIN_DATE_ATTRIBUTE = env.str("JOIN_DATE_ATTRIBUTE", default="join_date")
BIRTH_DATE_ATTRIBUTE = env.str("BIRTH_DATE_ATTRIBUTE", default="birth_date")
MEMBERSHIP_STATUS_ATTRIBUTE = env.str(
    "MEMBERSHIP_STATUS_ATTRIBUTE", default="membership_status"
)
MEMBERSHIP_EXPIRY_ATTRIBUTE = env.str(
    "MEMBERSHIP_EXPIRY_ATTRIBUTE", default="membership_expiry_date"
)
PRIMARY_TRAINER_ATTRIBUTE = env.str(
    "PRIMARY_TRAINER_ATTRIBUTE", default="primary_trainer"
)
CLASS_ATTENDED_ACTIVITY = env.str("CLASS_ATTENDED_ACTIVITY", default="class_attended")
# Who attended more sessions than this and pays may lead a group; `load_pack
# membership_group` writes it into its workflow.
LEADER_AFTER_SESSIONS = env.int("LEADER_AFTER_SESSIONS", default=50)
# Any other setting of anymail is taken from ANYMAIL_ and its name.
ANYMAIL = {
    "RESEND_API_KEY": RESEND_API_KEY,
    "RESEND_API_URL": RESEND_API_URL,
    "RESEND_SIGNING_SECRET": RESEND_SIGNING_SECRET,
} | {
    name.removeprefix("ANYMAIL_"): value
    for name, value in os.environ.items()
    if name.startswith("ANYMAIL_") and value
}
# So many bounces in a row that are not for good stop mails to an address; 0: none do.
SOFT_BOUNCE_LIMIT = env.int("SOFT_BOUNCE_LIMIT", default=5)

# Whether openings and clicks are counted: off, anonymous (how many) or person (who).
TRACKING = env.str("TRACKING", default="person")
# The utm_source of links in marketing mails; empty: they get no parameters.
UTM_SOURCE = env.str("UTM_SOURCE", default="")
# Networks of our own that webhooks may call, such as 10.0.0.0/8; none of them else.
WEBHOOK_ALLOWED_NETWORKS = [
    ip_network(network) for network in env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
]
# For how many days the calls that were made are listed; 0: for good.
WEBHOOK_CALL_DAYS = env.int("WEBHOOK_CALL_DAYS", default=90)
# Whether the public page tells everybody the status behind the address that they type:
# for a demo only. And how many messages an hour come from one network address.
PUBLIC_DEMO = env.bool("PUBLIC_DEMO", default=False)
PUBLIC_MESSAGES_PER_HOUR = env.int("PUBLIC_MESSAGES_PER_HOUR", default=10)
# Visits with a device: how many an hour from one network address, for how many days they
# are kept (0: for good), and the attribute that tells a customer's newest device (empty:
# none does).
DEVICES_PER_HOUR = env.int("DEVICES_PER_HOUR", default=60)
DEVICE_DAYS = env.int("DEVICE_DAYS", default=400)
DEVICE_ATTRIBUTE = env.str("DEVICE_ATTRIBUTE", default="device")
CONSENT_REQUIRED = env.bool("CONSENT_REQUIRED", default=False)
HOLD = env.bool("HOLD", default=False)
# For how many seconds a worker may hold messages before they count as left behind.
LEASE_SECONDS = env.int("LEASE_SECONDS", default=120)
# How long to wait before the second attempt; each further wait is twice as long.
RETRY_SECONDS = env.float("RETRY_SECONDS", default=30)
# A dispatch pauses itself after so many calls in a row that did not reach the provider,
# or when so many percent of its mails were refused, came back or were called spam.
BREAKER_FAILURES = env.int("BREAKER_FAILURES", default=10)
BREAKER_REFUSED_PERCENT = env.float("BREAKER_REFUSED_PERCENT", default=20)
BREAKER_BOUNCED_PERCENT = env.float("BREAKER_BOUNCED_PERCENT", default=5)
BREAKER_COMPLAINED_PERCENT = env.float("BREAKER_COMPLAINED_PERCENT", default=0.3)
# A scheduled run is held when it is so many times as large as usual and not smaller
# than that; a factor of 0 holds none.
RUN_HOLD_FACTOR = env.float("RUN_HOLD_FACTOR", default=3)
RUN_HOLD_FEWEST = env.int("RUN_HOLD_FEWEST", default=20)
# Imports: rows per transaction, seconds after which a silent worker is replaced, and
# how young an event that comes by itself must be to start workflows.
IMPORT_BATCH_ROWS = env.int("IMPORT_BATCH_ROWS", default=20_000)
# All or nothing is one transaction up to so many rows; a longer file comes in batches,
# which are taken back if one fails.
IMPORT_WHOLE_ROWS = env.int("IMPORT_WHOLE_ROWS", default=50_000)
# Refused values of one import that are kept: the first ones. All are counted.
IMPORT_REJECTS_KEPT = env.int("IMPORT_REJECTS_KEPT", default=100_000)
# How long what an import changed is kept, so that it can be undone; 0: not at all.
IMPORT_UNDO_DAYS = env.int("IMPORT_UNDO_DAYS", default=30)
# An import that waits for a person for longer is cancelled; uploaded files are deleted
# when an import has been over for so long.
IMPORT_ABANDONED_DAYS = env.int("IMPORT_ABANDONED_DAYS", default=7)
IMPORT_FILE_DAYS = env.int("IMPORT_FILE_DAYS", default=30)
IMPORT_LEASE_SECONDS = env.int("IMPORT_LEASE_SECONDS", default=60)
# How long a worker may be at the reading or the check of one file; it must end before
# CELERY_TASK_TIME_LIMIT, which kills the worker and would have it begin again.
IMPORT_STEP_SECONDS = env.int("IMPORT_STEP_SECONDS", default=200)
EVENT_FRESH_HOURS = env.int("EVENT_FRESH_HOURS", default=24)
DEFAULT_PHONE_REGION = env.str("DEFAULT_PHONE_REGION", default="")
SEGMENT_FUNCTIONS = env.list("SEGMENT_FUNCTIONS", default=[])
SEGMENT_ROW_LIMIT = env.int("SEGMENT_ROW_LIMIT", default=5_000_000)
SEGMENT_TIMEOUT_SECONDS = env.int("SEGMENT_TIMEOUT_SECONDS", default=30)

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"without tokens": {"()": "marketing_os.lib.logs.WithoutTokens"}},
    "loggers": {"django.request": {"filters": ["without tokens"]}},
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {
        "handlers": ["console"],
        "level": env.str("LOG_LEVEL", default="WARNING"),
    },
}

# The portal: for how many minutes a member's session lasts, for how many days the link
# of a mail opens one, for how many days the link to a copy of all data works, for how
# many days messages of visitors are kept (0: for good), and which sites' pages may ask
# for a member's notifications.
MEMBER_SESSION_MINUTES = env.int("MEMBER_SESSION_MINUTES", default=30)
MEMBER_LINK_DAYS = env.int("MEMBER_LINK_DAYS", default=7)
MEMBER_COPY_DAYS = env.int("MEMBER_COPY_DAYS", default=3)
VISITOR_MESSAGE_DAYS = env.int("VISITOR_MESSAGE_DAYS", default=400)
MEMBER_ORIGINS = env.list("MEMBER_ORIGINS", default=[])

# Called by the search of the whole back office (Ctrl + K).
SEARCH_EVERYTHING = "marketing_os.palette.search"
