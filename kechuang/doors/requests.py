"""Who is asking and when: what the middleware puts on a request, and what doors take from it."""

from collections.abc import Callable
from datetime import datetime
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.db import models
from django.http import Http404, HttpRequest, HttpResponse

from kechuang.base.actor import Actor

Row = TypeVar("Row", bound=models.Model)
View = Callable[..., HttpResponse]


class AskedRequest(HttpRequest):
    """A request after the middleware: the actor and the instant are set."""

    actor: Actor
    at: datetime


def signed_in(view: View) -> View:
    """Send whoever is not signed in to the sign-in page, and back afterwards."""

    @wraps(view)
    def wrapped(request: AskedRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.actor.is_signed_in:
            return redirect_to_login(request.get_full_path())
        return view(request, *args, **kwargs)

    return wrapped


def found_or_404(queryset: models.QuerySet[Row], **known: Any) -> Row:
    """The row, or 404, the same for what is hidden and for what does not exist."""
    if any("\x00" in value for value in known.values() if isinstance(value, str)):
        raise Http404
    row = queryset.filter(**known).first()
    if row is None:
        raise Http404
    return row
