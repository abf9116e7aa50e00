"""What every page shows around its content: identity, region, language, navigation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from kechuang.base.actor import Actor


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame of a page; pages outside the middleware get the public's."""
    return {
        "actor": getattr(request, "actor", Actor.PUBLIC),
        "at": getattr(request, "at", None),
        "appointments": getattr(request, "appointments", []),
        "demo": settings.KECHUANG_DEMO,
    }
