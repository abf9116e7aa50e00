"""What stands around every door: who asks and when, and refusals said in the reader's language."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.locale import LocaleMiddleware
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _

from kechuang.base.refusals import Refused
from kechuang.doors import clock
from kechuang.doors.api import refusals_of
from kechuang.doors.words import message_of, way_on_of
from kechuang.site import auth

Handler = Callable[[HttpRequest], HttpResponse]
WITHOUT_SECOND_FACTOR = ("/account/", "/en/account/", "/static/", "/healthz", "/i18n/", "/api/")


class LanguageMiddleware(LocaleMiddleware):
    """Pages speak the language of their address, the API that of Accept-Language."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        if request.path_info.startswith("/api/"):
            translation.activate(translation.get_language_from_request(request))
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]


class ActorMiddleware:
    """Sets `request.at`, once, after the last byte is in, and `request.actor`."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _unkeepable(request):
            return _not_text()
        if request.method not in ("GET", "HEAD", "OPTIONS"):
            _ = request.body if request.content_type != "multipart/form-data" else request.FILES
        request.at = clock.now()  # type: ignore[attr-defined]
        try:
            actor = auth.actor_of_request(request, request.at)  # type: ignore[attr-defined]
        except auth.TokenRefused:
            return _token_refused()
        request.actor = actor  # type: ignore[attr-defined]
        if auth.needs_second_factor(request, actor) and not request.path.startswith(
            WITHOUT_SECOND_FACTOR
        ):
            return redirect("mfa_activate_totp")
        return self.get_response(request)


class RefusalMiddleware:
    """Answers a refusal that no form took in with its page, 422 or 409."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refused):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse(refusals_of(error), status=error.status)
        said = [
            {"code": one.code, "message": message_of(one), "way_on": way_on_of(one)}
            for one in error.refusals
        ]
        return render(request, "site/refused.html", {"refused": said}, status=error.status)


def _token_refused() -> JsonResponse:
    refusal = {
        "code": "token.not_good",
        "message": _("令牌无效、已撤销或已过期。"),
        "way_on": _("请在“我的账户”里生成新令牌。"),
    }
    return JsonResponse({"refusals": [refusal]}, status=401, headers={"WWW-Authenticate": "Bearer"})


def _unkeepable(request: HttpRequest) -> bool:
    """True where the address holds a NUL, which no database row can hold."""
    return "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", "")


def _not_text() -> JsonResponse:
    refusal = {"code": "address.not_text", "message": _("地址里有不能识别的字符。")}
    return JsonResponse({"refusals": [refusal]}, status=404)
