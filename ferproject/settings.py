"""All settings, read from environment variables (https://12factor.net/config) or a `.env` file.

Without any, the product runs embedded: SQLite, files in `data/`, no other server. `PRODUCTION=true`
turns on what a server on the internet needs and demands what it must not guess. Every variable is
described in docs/operators.md; a test holds that none is missing there.
"""

import os
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from environs import Env, validate

from ferproject.common.secret_key import read_or_create_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

VERSION = "0.1.0"
PRODUCT_NAME = "Expression Lab"

# --- Where it runs -----------------------------------------------------------------------------

DEBUG = env.bool("DEBUG", False)
PRODUCTION = env.bool("PRODUCTION", False)
DATA_DIR = env.path("DATA_DIR", BASE_DIR / "data").resolve()

if PRODUCTION:
    SECRET_KEY = env.str("SECRET_KEY")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS")
    if DEBUG:
        raise ImproperlyConfigured("DEBUG shows the inside of the server: not with PRODUCTION.")
else:
    SECRET_KEY = env.str("SECRET_KEY", None) or read_or_create_secret_key(DATA_DIR / "secret_key")
    ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])

CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", [])
TRUSTED_PROXY_COUNT = env.int("TRUSTED_PROXY_COUNT", 0)

# --- Limits and choices ------------------------------------------------------------------------

USERNAME_MIN_LENGTH = env.int("USERNAME_MIN_LENGTH", 6)
PASSWORD_MIN_LENGTH = env.int("PASSWORD_MIN_LENGTH", 8)
PICTURE_MAX_BYTES = env.int("PICTURE_MAX_BYTES", 20 * 1024 * 1024)
PICTURE_MAX_PIXELS = env.int("PICTURE_MAX_PIXELS", 50_000_000)
PICTURES_PER_UPLOAD = env.int("PICTURES_PER_UPLOAD", 20)
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", 500 * 1024 * 1024)
UPLOAD_RATE = env.str("UPLOAD_RATE", "240/min")
API_TOKENS_PER_PERSON = 20

# The live camera. A frame of 640x480 has 20 to 60 kB.
LIVE_FRAME_MAX_BYTES = env.int("LIVE_FRAME_MAX_BYTES", 1024 * 1024)
LIVE_FRAME_MAX_SIDE = env.int("LIVE_FRAME_MAX_SIDE", 1280)
# Of one person, a second, in each web process; whoever sends more is refused before anything else.
LIVE_FRAME_RATE = env.int("LIVE_FRAME_RATE", 60)
# In each web process: recognised side by side, and waiting for that. Together fewer than the web
# server's 16 threads, so that some are left for everything else.
LIVE_FRAMES_AT_ONCE = env.int("LIVE_FRAMES_AT_ONCE", min(os.cpu_count() or 1, 6))
LIVE_FRAMES_WAITING = env.int("LIVE_FRAMES_WAITING", 8)
# A session to which nothing came for so long becomes a record, or goes if it has no samples.
LIVE_IDLE_SECONDS = env.int("LIVE_IDLE_SECONDS", 900)
LIVE_SAMPLES_PER_CALL = 600

# Films, which come in pieces.
FILM_MAX_BYTES = env.int("FILM_MAX_BYTES", 500 * 1024 * 1024)
FILM_MAX_SECONDS = env.int("FILM_MAX_SECONDS", 1800)
FILM_MAX_SIDE = env.int("FILM_MAX_SIDE", 4096)
FILM_PIECE_MAX_BYTES = env.int("FILM_PIECE_MAX_BYTES", 8 * 1024 * 1024)
FILM_UPLOADS_OPEN = env.int("FILM_UPLOADS_OPEN", 5)
FILM_UPLOAD_HOURS = env.int("FILM_UPLOAD_HOURS", 24)
# Of the process that decodes a film, in bytes of address space.
FILM_DECODER_MEMORY = env.int("FILM_DECODER_MEMORY", 4 * 1024**3)
# After so long the worker lets another film have a turn, and goes on with this one after it.
FILM_TURN_SECONDS = env.int("FILM_TURN_SECONDS", 300)
# So long a film may take in all.
FILM_WORK_SECONDS = env.int("FILM_WORK_SECONDS", 4 * 3600)
# So long making an annotated film may take; less than the broker waits for a task (an hour).
FILM_MAKING_SECONDS = env.int("FILM_MAKING_SECONDS", 3000)
# Where films are put together and made before they are stored.
FILM_SCRATCH_DIR = env.path("FILM_SCRATCH_DIR", DATA_DIR / "scratch").resolve()

# For so long a deleted record can be had back; within half a minute more it is gone for good.
RECORD_UNDO_SECONDS = env.int("RECORD_UNDO_SECONDS", 30)

# The date of the notice that people agree to, whose text is in frontend/src/locales (consent.json)
# and in docs/privacy.md. A new date asks everybody anew.
CONSENT_VERSION = "2026-11-20"
# What people may say that an upload is for, as "study:A study,training:Training of actors".
PURPOSES: dict[str, str] = env.dict("PURPOSES", {}, key_value_delimiter=":")
PURPOSE_REQUIRED = env.bool("PURPOSE_REQUIRED", False)
DATA_EXPORT_DAYS = env.int("DATA_EXPORT_DAYS", 7)

MODEL = env.str("MODEL", "compact_se_taught")
DETECTOR = env.str("DETECTOR", "dlib_and_yunet")
DETECTOR_WEIGHTS = {
    "dlib_cnn": env.path("DLIB_CNN_WEIGHTS", None),
    "yunet": env.path(
        "YUNET_WEIGHTS",
        BASE_DIR / "mlcore" / "detectors" / "data" / "face_detection_yunet_2023mar.tflite",
    ),
}
CLASSIFIER = env.str(
    "CLASSIFIER", "litert", validate=validate.OneOf(("litert", "tensorflow", "auto"))
)
MODEL_DIRS = [DATA_DIR / "models", BASE_DIR / "mlcore" / "models"]

# A running job is another worker's for the taking when its lease has run out.
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", 60)
# A queued job is rung again after this long without an answer.
JOB_RING_SECONDS = env.int("JOB_RING_SECONDS", 20)
JOB_SWEEP_SECONDS = env.int("JOB_SWEEP_SECONDS", 10)
JOB_MAX_ATTEMPTS = env.int("JOB_MAX_ATTEMPTS", 3)

# --- Django ------------------------------------------------------------------------------------

INSTALLED_APPS = [
    "ferproject.apps.ProjectConfig",
    "accounts.apps.AccountsConfig",
    "records.apps.RecordsConfig",
    "recognition.apps.RecognitionConfig",
    "mlcore.apps.MLCoreConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.headless",
    "allauth.mfa",
    "allauth.usersessions",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.github",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "recognition.live.gate.LiveGateMiddleware",
    *([] if PRODUCTION else ["ferproject.common.compression.StaticCompressionMiddleware"]),
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ferproject.common.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.UserLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SessionActivityMiddleware",
    "accounts.middleware.SendersFaultMiddleware",
]

ROOT_URLCONF = "ferproject.urls"
WSGI_APPLICATION = "ferproject.wsgi.application"

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
            ]
        },
    }
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env.str("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Database and cache ------------------------------------------------------------------------

DATABASES = {
    "default": env.dj_db_url(
        "DATABASE_URL", f"sqlite:///{DATA_DIR / 'db.sqlite3'}", conn_max_age=60
    )
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # Web and worker write at the same time. WAL lets readers go on beside a writer; IMMEDIATE
    # takes the write lock when a transaction starts, so that it waits for its turn (timeout)
    # instead of failing halfway with "database is locked".
    # https://docs.djangoproject.com/en/5.2/ref/databases/#sqlite-notes
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        "init_command": (
            "PRAGMA journal_mode=WAL;"
            "PRAGMA synchronous=NORMAL;"
            "PRAGMA mmap_size=134217728;"
            "PRAGMA cache_size=-16000;"
        ),
    }

# Throttles count in the cache: with more than one web process, point this at Redis.
CACHES = {"default": env.dj_cache_url("CACHE_URL", "locmem://")}
if CACHES["default"]["BACKEND"].endswith("LocMemCache"):
    # Django's 300 entries would be pushed out, and the counts with them, by whoever tries names.
    CACHES["default"]["OPTIONS"] = {"MAX_ENTRIES": 100_000}

# --- Mail --------------------------------------------------------------------------------------

_mail = env.dj_email_url("EMAIL_URL", "console://")
if "EMAIL_BACKEND" not in _mail:
    raise ImproperlyConfigured("EMAIL_URL is no address of a mail server, as smtp://host:25 is.")
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"] or ""
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"] or ""
EMAIL_USE_SSL = _mail["EMAIL_USE_SSL"]
EMAIL_USE_TLS = _mail["EMAIL_USE_TLS"]
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"]
EMAIL_TIMEOUT = _mail["EMAIL_TIMEOUT"] or 20
# Whether a mail reaches people: the console's end in the log, for the operator to pass on.
MAIL_REACHES_PEOPLE = EMAIL_BACKEND.rsplit(".", 2)[-2] not in {"console", "dummy"}
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", f"{PRODUCT_NAME} <webmaster@localhost>")

# --- Files -------------------------------------------------------------------------------------

# What people upload has no URL of its own: records.api.files serves it to its owner.
MEDIA_ROOT = DATA_DIR / "media"
STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "static_collected" if PRODUCTION else None
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
# Embedded, static files come from where they lie; in production `collectstatic` has packed them.
WHITENOISE_USE_FINDERS = not PRODUCTION
WHITENOISE_AUTOREFRESH = DEBUG
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/app/assets/.+-[\w-]{8}\.\w+$"
DJANGO_VITE = {
    "default": {
        "manifest_path": BASE_DIR / "static" / "app" / "manifest.json",
        "static_url_prefix": "app",
    }
}

DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024  # without files; those are limited by recognition
DATA_UPLOAD_MAX_NUMBER_FILES = PICTURES_PER_UPLOAD + 1  # one more, to say which limit it broke

# --- Security ----------------------------------------------------------------------------------

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
# The only script that stands in a page; all others are files.
_theme_script = (BASE_DIR / "templates" / "theme.js").read_bytes()
_theme_hash = b64encode(sha256(_theme_script).digest()).decode()
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": f"'self' 'sha256-{_theme_hash}'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' blob:",
    "connect-src": "'self'",
    "worker-src": "'self'",
    "manifest-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
if PRODUCTION:
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", True)
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", 365 * 24 * 3600)
    SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", True)
    SECURE_HSTS_PRELOAD = env.bool("SECURE_HSTS_PRELOAD", False)
    SECURE_REDIRECT_EXEMPT = [r"^healthz$"]  # a load balancer asks without TLS
    if TRUSTED_PROXY_COUNT:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# --- Accounts ----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = [
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "accounts.validators.PasswordLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser", "app")
# Pages of the app that mails and providers lead to.
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": "/verify-email/{key}",
    "account_reset_password": "/forgot-password",
    "account_reset_password_from_key": "/reset-password/{key}",
    "account_signup": "/sign-up",
    "socialaccount_login_error": "/sign-in",
}
ACCOUNT_ADAPTER = "accounts.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "email"]
ACCOUNT_USERNAME_VALIDATORS = "accounts.validators.username_validators"
# One "Alice" only: names that differ in case alone would be taken for each other.
ACCOUNT_PRESERVE_USERNAME_CASING = False
# An address is no condition for signing in: many installations send no mail.
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"{PRODUCT_NAME}: "
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 5
# "strict": an address that somebody else has is accepted too, and stays unverified, so that
# nothing tells whether it is known. Only one account can verify it.
ACCOUNT_PREVENT_ENUMERATION = "strict"
# Whoever changes the address can reset the password: ask for the password first.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
# Counted in the cache, for a network address ("ip") and for the account that is tried ("key");
# allauth adds its own for the rest.
ACCOUNT_RATE_LIMITS: dict[str, str] | bool = {
    "login": "30/m/ip",
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "20/m/ip",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "change_password": "5/m/user",
    "manage_email": "10/m/user",
    "reauthenticate": "10/m/user",
}
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"

MFA_ADAPTER = "accounts.adapters.MFAAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_ISSUER = PRODUCT_NAME
# The clocks of phones differ: the code before and the one after are taken too.
MFA_TOTP_TOLERANCE = 1
# An address reserves nothing here, and where no mail is sent none could be verified.
MFA_ALLOW_UNVERIFIED_EMAIL = True

USERSESSIONS_TRACK_ACTIVITY = True

# A provider is offered where the operator registered the site with it.
SOCIALACCOUNT_QUERY_EMAIL = True
SOCIALACCOUNT_ADAPTER = "accounts.adapters.SocialAccountAdapter"
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "google": {"SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True, "APPS": []},
    "github": {"SCOPE": ["read:user", "user:email"], "OAUTH_PKCE_ENABLED": True, "APPS": []},
}
_provider_apps = {
    "google": (env.str("GOOGLE_CLIENT_ID", ""), env.str("GOOGLE_CLIENT_SECRET", "")),
    "github": (env.str("GITHUB_CLIENT_ID", ""), env.str("GITHUB_CLIENT_SECRET", "")),
}
_provider_origins = {"google": "https://accounts.google.com", "github": "https://github.com"}
for _provider, (_id, _secret) in _provider_apps.items():
    if bool(_id) != bool(_secret):
        raise ImproperlyConfigured(
            f"{_provider.upper()}_CLIENT_ID and {_provider.upper()}_CLIENT_SECRET go together."
        )
    if _id:
        SOCIALACCOUNT_PROVIDERS[_provider]["APPS"] = [{"client_id": _id, "secret": _secret}]
        # The form that leads to the provider is answered with a redirect, which counts as well.
        CONTENT_SECURITY_POLICY["form-action"] += f" {_provider_origins[_provider]}"

# --- API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.api.authentication.TokenAuthentication",
        "ferproject.common.authentication.SessionAuthentication",
        "allauth.headless.contrib.rest_framework.authentication.XSessionTokenAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_FILTER_BACKENDS": [
        "django_filters.rest_framework.DjangoFilterBackend",
        "rest_framework.filters.OrderingFilter",
    ],
    "DEFAULT_PAGINATION_CLASS": "ferproject.common.pagination.NewestFirst",
    "DEFAULT_SCHEMA_CLASS": "ferproject.common.schema.ProblemAutoSchema",
    "DEFAULT_THROTTLE_RATES": {
        "uploads": UPLOAD_RATE,
        "deletion": "10/min",
        # Each may keep a worker busy for a long time, and what is deleted can be asked for again.
        "data_exports": "10/hour",
    },
    # `?format=` says what an export is, not how an answer is written.
    "URL_FORMAT_OVERRIDE": None,
    "EXCEPTION_HANDLER": "ferproject.common.problems.problem_response",
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{PRODUCT_NAME} API",
    "DESCRIPTION": (
        "Facial expressions in pictures: upload, follow the job, read the record. Make a token in "
        "the app's settings and send it as `Authorization: Bearer KEY`; or sign in through "
        "`/_allauth/app/v1/auth/login` and send the session token as `X-Session-Token`."
    ),
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_NAME_OVERRIDES": {
        "ExpressionEnum": "mlcore.labels.EXPRESSIONS",
        "RecordStateEnum": "records.models.Record.State",
        "JobStateEnum": "recognition.models.Job.State",
        "RecordKindEnum": "records.models.Media.Kind",
        "UploadKindEnum": "recognition.api.serializers.UPLOAD_KINDS",
        "KeepEnum": "accounts.models.Keep",
        "LanguageEnum": "accounts.models.User.Language",
        "ThemeEnum": "accounts.models.User.Theme",
    },
}

# --- Background work ---------------------------------------------------------------------------

# Embedded, messages are files: kombu's filesystem transport needs no server and starts a task
# about 40 ms after it was sent. It may lose a message with a killed worker, which costs nothing
# here: the job's row is the truth, and recognition.services.jobs_ring_again rings again.
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", "filesystem://localhost")
CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, str | float] = {}
if CELERY_BROKER_URL.startswith("filesystem:"):
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(DATA_DIR / "broker" / "messages"),
        "data_folder_out": str(DATA_DIR / "broker" / "messages"),
        "control_folder": str(DATA_DIR / "broker" / "control"),
        "polling_interval": 0.05,
    }
elif CELERY_BROKER_URL.startswith("redis"):
    # Longer than the hard time limit: otherwise Redis hands a running task out a second time.
    CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# A request must not hang because the broker is away: the job's row will ring again.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Installations that share a broker tell their queues apart by a prefix.
QUEUE_PREFIX = env.str("QUEUE_PREFIX", "")
CELERY_TASK_DEFAULT_QUEUE = f"{QUEUE_PREFIX}housekeeping"
# The workers of these have the model and the detector in memory.
CELERY_TASK_ROUTES = {
    "recognition.tasks.recognize_picture": {"queue": f"{QUEUE_PREFIX}pictures"},
    "recognition.tasks.explain_face": {"queue": f"{QUEUE_PREFIX}pictures"},
    # A queue and workers of their own: no photo waits for a film.
    "recognition.tasks.analyse_film": {"queue": f"{QUEUE_PREFIX}films"},
    "recognition.tasks.make_film": {"queue": f"{QUEUE_PREFIX}films"},
}
CELERY_BEAT_SCHEDULE = {
    "ring-jobs-again": {
        "task": "recognition.tasks.ring_jobs_again",
        "schedule": JOB_SWEEP_SECONDS,
        "options": {"expires": JOB_SWEEP_SECONDS},
    },
    "delete-discarded-records": {
        "task": "records.tasks.delete_discarded_records",
        "schedule": 15,
        "options": {"expires": 15},
    },
    "delete-orphaned-files": {
        "task": "records.tasks.delete_orphaned_files",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "delete-due-media": {
        "task": "records.tasks.delete_due_media",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "forget-pictures-of-failed-jobs": {
        "task": "recognition.tasks.forget_pictures_of_failed_jobs",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "finish-abandoned-live-sessions": {
        "task": "recognition.tasks.finish_abandoned_live_sessions",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "delete-unfinished-films": {
        "task": "recognition.tasks.delete_unfinished_films",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "delete-expired-data-exports": {
        "task": "accounts.tasks.delete_expired_data_exports",
        "schedule": 3600,
        "options": {"expires": 3600},
    },
    "take-up-lost-work-on-accounts": {
        "task": "accounts.tasks.take_up_lost_work",
        "schedule": 30,
        "options": {"expires": 30},
    },
}
# Embedded, the worker keeps the clock in a thread of its own; elsewhere run `celery beat` once.
CELERY_CLOCK_IN_WORKER = env.bool("CELERY_CLOCK_IN_WORKER", not PRODUCTION)

# --- Logging -----------------------------------------------------------------------------------

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "WARNING").upper()},
}
