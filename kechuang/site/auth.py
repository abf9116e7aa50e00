"""Sign-in: who an account is, in which appointment, and whether a second factor is due."""

from datetime import datetime

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from kechuang.base.actor import SECOND_FACTOR_ROLES, Actor
from kechuang.parties import queries
from kechuang.parties.models import Account, Appointment

SESSION_KEY = "appointment"
BEARER = "Bearer "


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are opened by a unit or by the office, never by signing up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class TokenRefused(Exception):
    """The Authorization header is there, and its token is not good."""


def actor_of_request(request: HttpRequest, at: datetime) -> Actor:
    """The actor of a request: by token on the API, by the session's appointment on pages.

    The API takes no session, so that a foreign page cannot use it in a reader's name.
    """
    if request.path.startswith("/api/"):
        header = request.headers.get("Authorization", "")
        if not header:
            return Actor.PUBLIC.replace_via("api")
        actor = (
            queries.actor_by_token(header.removeprefix(BEARER).strip(), at)
            if header.startswith(BEARER)
            else None
        )
        if actor is None:
            raise TokenRefused
        return actor
    appointment = appointment_in_force(request, at)
    return appointment.actor("page") if appointment else Actor.PUBLIC


def appointment_in_force(request: HttpRequest, at: datetime) -> Appointment | None:
    """The appointment that this session acts in: the one chosen, else the first."""
    account = request.user
    if not isinstance(account, Account) or account.person is None:
        return None
    rows = list(queries.appointments_of(account.person, at))
    request.appointments = rows  # type: ignore[attr-defined]
    chosen = request.session.get(SESSION_KEY)
    return next((row for row in rows if row.number == chosen), rows[0] if rows else None)


def needs_second_factor(request: HttpRequest, actor: Actor) -> bool:
    """True where this role needs a second factor that the account has not set up.

    The demonstration, which listens on this machine alone, does without.
    """
    if settings.KECHUANG_DEMO or actor.role not in SECOND_FACTOR_ROLES:
        return False
    return not Authenticator.objects.filter(
        user=request.user, type=Authenticator.Type.TOTP
    ).exists()
