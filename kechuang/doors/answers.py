"""A POST that carries an idempotency key is answered once, however often it is sent."""

import hashlib
from collections.abc import Callable

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _

from kechuang.doors.models import Answer

FIELD = "idempotency_key"
LONGEST_KEY = 80
LARGEST_KEPT_BODY = 256 * 1024


class NotKept(Exception):
    """Carries an answer that is not kept out of the transaction, so that nothing of it stays."""

    def __init__(self, response: HttpResponse) -> None:
        super().__init__()
        self.response = response


class AnswerOnceMiddleware:
    """Wraps every POST with a key in one transaction with the row that keeps its answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "POST":
            return self.get_response(request)
        key = request.headers.get("Idempotency-Key") or _field_of(request)
        if not key:
            return self.get_response(request)
        if len(key) > LONGEST_KEY:
            return JsonResponse(
                {"refusals": [{"code": "idempotency.key_too_long",
                               "message": _("Idempotency-Key 最多 80 个字符。")}]},
                status=422,
            )  # fmt: skip
        return self._once(request, key)

    def _once(self, request: HttpRequest, key: str) -> HttpResponse:
        asker = request.actor.appointment or f"session:{request.session.session_key or ''}"
        answer = Answer(asker=asker, key=key, request_hash=_hash(request), at=request.at)
        try:
            with transaction.atomic():
                answer.save(force_insert=True)
                response = self.get_response(request)
                if not 200 <= response.status_code < 400:
                    raise NotKept(response)
                _keep(answer, response)
                return response
        except NotKept as not_kept:
            return not_kept.response
        except IntegrityError as error:
            if "one_answer_per_asker_and_key" not in str(error):
                raise
        return _again(Answer.objects.get(asker=asker, key=key), answer.request_hash)


def _field_of(request: HttpRequest) -> str:
    content_type = request.content_type or ""
    if content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return str(request.POST.get(FIELD, ""))
    return ""


def _hash(request: HttpRequest) -> str:
    """What was asked: address and content, without the values that change with each page view."""
    digest = hashlib.sha256(request.get_full_path().encode())
    if request.content_type in ("application/x-www-form-urlencoded", "multipart/form-data"):
        fields = request.POST.copy()
        fields.pop("csrfmiddlewaretoken", None)
        digest.update(fields.urlencode().encode())
    else:
        digest.update(request.body)
    return digest.hexdigest()


def _keep(answer: Answer, response: HttpResponse) -> None:
    body = b"" if response.streaming else response.content
    answer.status = response.status_code
    answer.location = response.headers.get("Location", "")
    answer.content_type = response.headers.get("Content-Type", "")[:100]
    answer.body = body if len(body) <= LARGEST_KEPT_BODY else b""
    answer.save(update_fields=["status", "location", "content_type", "body"])


def _again(answer: Answer, request_hash: str) -> HttpResponse:
    if answer.request_hash != request_hash:
        message = _("这个幂等键已用于另一项请求。请换一个新键重新提交。")
        refusal = {"code": "idempotency.key_reused", "message": message}
        return JsonResponse({"refusals": [refusal]}, status=422)
    response = HttpResponse(bytes(answer.body), status=answer.status)
    if answer.content_type:
        response["Content-Type"] = answer.content_type
    if answer.location:
        response["Location"] = answer.location
    response["Idempotency-Replayed"] = "true"
    return response
