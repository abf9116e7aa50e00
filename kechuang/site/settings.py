"""Settings: one installation serves one top region; what differs comes from the environment."""

import hashlib
import os
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from csp.constants import NONE, SELF

ROOT = Path(__file__).resolve().parents[2]
STATE = Path(os.environ.get("KECHUANG_STATE", ROOT / ".state"))
SEARCH_INDEX = STATE / "index"  # derived from the documents table; made anew when lost
RANKING_RAY = os.environ.get("KECHUANG_RAY", "")  # a Ray cluster that ranks at night
KECHUANG_DEMO = os.environ.get("KECHUANG_DEMO") == "1"
KECHUANG_REGION = os.environ.get("KECHUANG_REGION", "")
KECHUANG_API_RATE = os.environ.get("KECHUANG_API_RATE", "60/s")  # per token and process
# Leaves of the record that are published together; 0: as many as there are, without fillers.
RECORD_BATCH = int(os.environ.get("KECHUANG_RECORD_BATCH", "256"))
DEBUG = os.environ.get("KECHUANG_DEBUG") == "1"


def _secret_key() -> str:
    """The operator's key, or one kept in the state directory, made at the first start."""
    if key := os.environ.get("KECHUANG_SECRET_KEY"):
        return key
    path = STATE / "secret-key"
    if not path.exists():
        STATE.mkdir(parents=True, exist_ok=True)
        text = hashlib.sha256(os.urandom(64)).hexdigest()
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(text)
    return path.read_text()


def _database_url() -> str:
    """The operator's server, or the embedded one, which lives as long as this process uses it."""
    if url := os.environ.get("DATABASE_URL"):
        return url
    from kechuang.site import postgres

    return postgres.ensure(STATE).url


def _database(url: str) -> dict[str, object]:
    """Django's form of a postgresql:// address; a `host=` in its query names a socket directory."""
    parts = urlsplit(url)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    name = unquote(parts.path.lstrip("/")) or "kechuang"
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": parts.port or query.pop("port", ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            "application_name": "kechuang",
            **({"pool": {"min_size": 1, "max_size": 12, "timeout": 20}} if POOLED else {}),
            **query,
        },
        "TEST": {"NAME": f"test_{name}"},
    }


POOLED = os.environ.get("KECHUANG_POOL", "1") == "1"
SECRET_KEY = _secret_key()
ALLOWED_HOSTS = os.environ.get("KECHUANG_HOSTS", "127.0.0.1,localhost,testserver").split(",")
CSRF_TRUSTED_ORIGINS = [o for o in os.environ.get("KECHUANG_ORIGINS", "").split(",") if o]
DATABASES = {"default": _database(_database_url())}

PARTS = [
    "indicators", "cultivation", "challenges", "matching", "compute", "projects", "needs",
    "offers", "reviews", "notices", "ledger", "parties", "files", "messages", "search", "record",
]  # fmt: skip
INSTALLED_APPS = [
    "kechuang.site.apps.SiteConfig",
    *(f"kechuang.{part}" for part in PARTS),
    "kechuang.doors",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "axes",
    "csp",
    "procrastinate.contrib.django",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "kechuang.site.middleware.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "kechuang.site.middleware.ActorMiddleware",
    "kechuang.site.middleware.RefusalMiddleware",
    "kechuang.doors.answers.AnswerOnceMiddleware",
    "axes.middleware.AxesMiddleware",
]
ROOT_URLCONF = "kechuang.site.urls"
WSGI_APPLICATION = "kechuang.site.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "kechuang.site.frame.frame",
            ],
        },
    }
]

AUTH_USER_MODEL = "parties.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
     "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]  # fmt: skip
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/work/"
ACCOUNT_ADAPTER = "kechuang.site.auth.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Kechuang"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "account/lockout.html"
AXES_RESET_ON_SUCCESS = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
if os.environ.get("KECHUANG_HTTPS") == "1":
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [ROOT / "kechuang" / "site" / "locale"]
FORMAT_MODULE_PATH = ["kechuang.site.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_THOUSAND_SEPARATOR = True

STATIC_URL = "/static/"
STATIC_ROOT = STATE / "static"
NODE_MODULES = ROOT / "node_modules"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "kechuang.site.vendor.VendorFinder",
]
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = DEBUG

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 52 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2000
FILE_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS = ["axes.W003"]
# Tracebacks go to standard error; what a person typed never does (no local variables, no bodies).
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("KECHUANG_LOG", "WARNING")},
    "loggers": {"django": {"handlers": ["console"], "level": "WARNING", "propagate": False}},
}
