"""The API's root: every part's router under /api/v1/, one shape of refusals, OpenAPI 3.1."""

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema
from ninja.parser import Parser
from ninja.throttling import SimpleRateThrottle

from kechuang.base.refusals import Refused
from kechuang.doors.api import api_actor, refusals_of
from kechuang.site.api import erasures, proofs, record, work
from kechuang.site.settings import PARTS


class TextParser(Parser):
    """Reads JSON; what the database cannot keep as text is told at once, not stored halfway."""

    def parse_body(self, request: HttpRequest) -> Any:
        content = super().parse_body(request)
        if not is_text(content):
            raise ValueError("text")
        return content


def is_text(value: Any) -> bool:
    """True where every string can be kept: no NUL, no half of a surrogate pair."""
    if isinstance(value, str):
        return _encodes(value)
    if isinstance(value, dict):
        return all(is_text(key) and is_text(item) for key, item in value.items())
    if isinstance(value, list):
        return all(is_text(item) for item in value)
    return True


def _encodes(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in value


class ActorThrottle(SimpleRateThrottle):
    """So many requests a second for a token, or for an address without one."""

    def get_cache_key(self, request: HttpRequest) -> str:
        asker = request.actor.appointment or str(request.META.get("REMOTE_ADDR"))
        return f"api:{asker}"


class KeptSchema(NinjaAPI):
    """An API whose description is made once a process: it takes seconds, and anybody may ask."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.kept: dict[str, OpenAPISchema] = {}

    def get_openapi_schema(self, **path: Any) -> OpenAPISchema:
        """The OpenAPI of every router, by the address it is served below."""
        key = path.get("path_prefix") or self.get_root_path(path.get("path_params") or {})
        if key not in self.kept:
            self.kept[key] = super().get_openapi_schema(path_prefix=key)
        return self.kept[key]


def may_try(request: HttpRequest) -> bool:
    """Anybody may ask; whoever would write signs in before a word of what was sent is read."""
    if request.method not in ("GET", "HEAD", "OPTIONS"):
        api_actor(request)
    return True


api = KeptSchema(
    parser=TextParser(),
    auth=may_try,
    throttle=[ActorThrottle(settings.KECHUANG_API_RATE)],
    title="Kechuang",
    version="1.0.0",
    description="One line from need to indicator. Messages follow Accept-Language.",
    docs_url=None,
    openapi_url="/openapi.json",
    urls_namespace="api",
)


def _answer(request: HttpRequest, code: str, message: str, status: int) -> HttpResponse:
    refusal = {"code": code, "message": message}
    return api.create_response(request, {"refusals": [refusal]}, status=status)


@api.exception_handler(Refused)
def on_refused(request: HttpRequest, error: Refused) -> HttpResponse:
    return api.create_response(request, refusals_of(error), status=error.status)


@api.exception_handler(Http404)
def on_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return _answer(request, "not_found", _("没有这一项，或您不能看。"), 404)


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    return _answer(request, f"http.{error.status_code}", _(str(error)), error.status_code)


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    rows = [
        {
            "code": f"input.{one['type']}",
            "message": _("输入不合要求：{reason}").format(reason=one["msg"]),
            "field": ".".join(str(step) for step in one["loc"]),
        }
        for one in error.errors
    ]
    return api.create_response(request, {"refusals": rows}, status=422)


def _routers() -> list[tuple[str, Any]]:
    """Each part's `api.routers`: pairs of the address below /api/v1/ and the router; then ours."""
    found = []
    for part in PARTS:
        if find_spec(f"kechuang.{part}.api"):
            found.extend(import_module(f"kechuang.{part}.api").routers)
    return [*found, ("/work", work.router), ("/verify", proofs.router), ("/record", record.router),
            ("/record/erasures", erasures.router)]


for prefix, router in _routers():
    api.add_router(prefix, router)
