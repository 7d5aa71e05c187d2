"""All settings, read from environment variables (https://12factor.net/config) or a `.env` file.

Without any, the product runs embedded: SQLite, files in `data/`, no other server. `PRODUCTION=true`
turns on what a server on the internet needs and demands what it must not guess. Every variable is
described in docs/operators.md; a test holds that none is missing there.
"""

from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from environs import Env

from ferproject.common.secret_key import read_or_create_secret_key

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
env.read_env(str(BASE_DIR / ".env"), recurse=False)

VERSION = "0.1.0"

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
UPLOAD_RATE = env.str("UPLOAD_RATE", "240/min")

MODEL = env.str("MODEL", "compact_vgg")
DETECTOR = env.str("DETECTOR", "dlib_hog")
DETECTOR_WEIGHTS = {
    "dlib_cnn": env.path("DLIB_CNN_WEIGHTS", None),
    "yunet": env.path("YUNET_WEIGHTS", None),
}
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
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_vite",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ferproject.common.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
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
CONTENT_SECURITY_POLICY = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: blob:",
    "connect-src": "'self'",
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
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": PASSWORD_MIN_LENGTH},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
HEADLESS_ONLY = True
HEADLESS_CLIENTS = ("browser", "app")
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "email"]
ACCOUNT_USERNAME_VALIDATORS = "accounts.validators.username_validators"
# One "Alice" only: names that differ in case alone would be taken for each other.
ACCOUNT_PRESERVE_USERNAME_CASING = False
ACCOUNT_EMAIL_VERIFICATION = "none"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
LOGIN_URL = "/sign-in"
LOGIN_REDIRECT_URL = "/"

# --- API ---------------------------------------------------------------------------------------

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
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
    "DEFAULT_THROTTLE_RATES": {"uploads": UPLOAD_RATE},
    "EXCEPTION_HANDLER": "ferproject.common.problems.problem_response",
    "NUM_PROXIES": TRUSTED_PROXY_COUNT,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Expression Lab API",
    "DESCRIPTION": (
        "Facial expressions in pictures: upload, follow the job, read the record. Sign in through "
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
}
CELERY_BEAT_SCHEDULE = {
    "ring-jobs-again": {
        "task": "recognition.tasks.ring_jobs_again",
        "schedule": JOB_SWEEP_SECONDS,
        "options": {"expires": JOB_SWEEP_SECONDS},
    },
    "delete-orphaned-files": {
        "task": "records.tasks.delete_orphaned_files",
        "schedule": 3600,
        "options": {"expires": 3600},
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
