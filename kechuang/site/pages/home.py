"""The public home: the region at a glance, every number a way to its evidence."""

from decimal import Decimal

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from kechuang.doors.requests import AskedRequest
from kechuang.site.frame import Frame
from kechuang.site.home import Glance, glance, scale


def home(request: AskedRequest) -> HttpResponse:
    """The line of the city, indicators, trend, map, open challenges, notices, checkpoint."""
    seen = glance(Frame(request).region, request.at)
    compared = seen.compared[0].indicator if seen.compared else None
    divisor, unit = scale(compared, _largest(seen)) if compared else (Decimal(1), "")
    return render(
        request, "site/home.html",
        {
            "glance": seen,
            "compared_divisor": divisor,
            "compared_unit": unit,
            "compare_url": _compare_url(),
        },
    )  # fmt: skip


def _largest(seen: Glance) -> Decimal:
    return max(figure.observation.statement.centre or Decimal(0) for figure in seen.compared)


def _compare_url() -> str:
    try:
        return reverse("indicators-compare")
    except NoReverseMatch:
        return ""
