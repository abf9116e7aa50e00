"""What `kechuang user` does: find the rows that names stand for, and call the parties' actions."""

import secrets
from datetime import datetime

from django.db import transaction

from kechuang.base.actor import ORGANISATION_ROLES, REGION_ROLES, Actor, Role
from kechuang.base.refusals import N_, Refused
from kechuang.base.time import shanghai_date
from kechuang.parties import actions, queries
from kechuang.parties.models import Account, Organisation, Region


class AccountRefused(Refused):
    """The command names something that does not exist, or too little."""


@transaction.atomic
def create_user(
    *,
    username: str,
    name: str,
    role: Role,
    region_code: str,
    organisation_code: str,
    password: str,
    by: Actor,
    at: datetime,
) -> tuple[Account, str]:
    """Register a person, open the account and appoint, all or nothing. Gives the password too."""
    region = _region(region_code, role, at)
    organisation = _organisation(organisation_code, role)
    password = password or secrets.token_urlsafe(12)
    person = actions.register_person(name=name, organisation=organisation, by=by, at=at)
    account = actions.open_account(
        person=person, username=username, password=password, by=by, at=at
    )
    actions.appoint(
        person=person, role=role, organisation=organisation, region=region, by=by, at=at
    )
    return account, password


def create_token(
    *, username: str, role: str, days: int, label: str, by: Actor, at: datetime
) -> str:
    """Make a token for the account's appointment, the only one or the one of the role."""
    account = Account.objects.filter(username=username).select_related("person").first()
    if account is None or account.person is None:
        raise AccountRefused(
            "accounts.unknown", N_("没有登录名“{username}”。"), {"username": username}
        )
    held = [
        one for one in queries.appointments_of(account.person, at) if role in ("", one.role)
    ]
    if len(held) != 1:
        raise AccountRefused(
            "accounts.which_appointment",
            N_("“{username}”有 {count} 项符合的任职。"),
            {"username": username, "count": len(held)},
            ("role",),
            N_("请用 --role 指明其中一项。"),
        )
    _token, text = actions.create_token(
        appointment=held[0], label=label, days=days, by=by, at=at
    )
    return text


def _region(code: str, role: Role, at: datetime) -> Region | None:
    region = queries.region_by_code(code, shanghai_date(at)) if code else None
    if region is None and (code or role in REGION_ROLES):
        raise AccountRefused(
            "accounts.region",
            N_("没有地区“{code}”。"),
            {"code": code},
            ("region",),
            N_("请用 --region 给出六位地区代码；可先运行 kechuang import regions。"),
        )
    return region


def _organisation(code: str, role: Role) -> Organisation | None:
    organisation = queries.organisation_by_code(code) if code else None
    if organisation is None and (code or role in ORGANISATION_ROLES):
        raise AccountRefused(
            "accounts.organisation",
            N_("没有信用代码为“{code}”的单位。"),
            {"code": code},
            ("organisation",),
            N_("请用 --organisation 给出已登记单位的信用代码。"),
        )
    return organisation
