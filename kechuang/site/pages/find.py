"""Search over all that the reader may see."""

from django.http import HttpResponse
from django.shortcuts import render

from kechuang.base.refusals import N_
from kechuang.doors.requests import AskedRequest
from kechuang.site.search import KINDS, found, shown


def search(request: AskedRequest) -> HttpResponse:
    """One field, results by kind, each with its number and what it is."""
    text = request.GET.get("q", "").strip()[:200]
    kind = request.GET.get("kind", "")
    kind = kind if kind in dict(KINDS) else ""
    results = found(request.actor, request.at, text, kind, request.GET.get("after", ""))
    tabs = [("", N_("全部")), *KINDS]
    return render(
        request, "site/search.html",
        {"text": text, "kind": kind, "tabs": tabs, "results": results, "rows": shown(results)},
    )  # fmt: skip
