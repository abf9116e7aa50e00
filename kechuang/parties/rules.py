"""Who may appoint whom, and what organisations and tokens must be."""

import hashlib
from datetime import date, timedelta

from kechuang.base.actor import (
    APPOINTED_ROLES,
    ORGANISATION_ROLES,
    PERSON_ROLES,
    REGION_ROLES,
    Actor,
    Role,
)
from kechuang.base.refusals import N_, NotPermitted, Refused

TOKEN_PREFIX = "kc_"
TOKEN_DAYS_MAX = 366
UNKNOWN_REGION = N_("地区代码“{code}”不在地区表里。")
# Three administrations apart (等保 level 3), and those who watch hold nothing else.
INCOMPATIBLE = (
    frozenset({Role.SUPERVISOR, Role.OPERATOR}),
    frozenset({Role.SUPERVISOR, Role.OFFICER}),
    frozenset({Role.SUPERVISOR, Role.HEAD}),
    frozenset({Role.SUPERVISOR, Role.FINANCE}),
    frozenset({Role.SUPERVISOR, Role.PAYER}),
    frozenset({Role.OPERATOR, Role.OFFICER}),
    frozenset({Role.OPERATOR, Role.HEAD}),
    frozenset({Role.OPERATOR, Role.PAYER}),
    frozenset({Role.OPERATOR, Role.FINANCE}),
    frozenset({Role.FINANCE, Role.PAYER}),
)


class PartyRefused(Refused):
    """A register entry, an appointment or a token is not as it must be."""


INDUSTRY_LONGEST = 60


def may_appoint(by: Actor, role: Role, organisation_code: str, region_path: str) -> bool:
    """Unit administrators appoint in their unit; heads in their region; operators anywhere."""
    if by.is_role(Role.OPERATOR, Role.CLOCK):
        return role in APPOINTED_ROLES
    if by.is_role(Role.UNIT_ADMIN):
        return role in ORGANISATION_ROLES and organisation_code == by.organisation
    if by.is_role(Role.HEAD):
        return role in REGION_ROLES | PERSON_ROLES - {Role.OPERATOR} and by.covers(region_path)
    return False


def check_may_appoint(by: Actor, role: Role, organisation_code: str, region_path: str) -> None:
    if not may_appoint(by, role, organisation_code, region_path):
        raise NotPermitted(
            "parties.may_not_appoint",
            N_("您不能任命这个角色。"),
            {},
            ("role",),
            N_("单位角色由本单位管理员任命，科技局角色由部门负责人或平台管理员任命。"),
        )


def check_compatible(role: Role, held: frozenset[Role]) -> None:
    """Refuse an appointment that one person must not hold together with another."""
    for pair in INCOMPATIBLE:
        if role in pair and pair - {role} <= held:
            (other,) = pair - {role}
            raise PartyRefused(
                "parties.incompatible_roles",
                N_("同一个人不能同时担任“{role}”和“{other}”。"),
                {"role": role.value, "other": other.value},
                ("role",),
                N_("请先结束原任职，或另任一人。"),
            )


def check_dates(since: date, until: date | None) -> None:
    if until is not None and until <= since:
        raise PartyRefused(
            "parties.dates",
            N_("结束日期须晚于开始日期 {since}。"),
            {"since": since.isoformat()},
            ("until",),
        )


def is_in_force(since: date, until: date | None, day: date) -> bool:
    """True from the first day up to, not with, the last.

    >>> is_in_force(date(2026, 1, 1), date(2026, 2, 1), date(2026, 2, 1))
    False
    """
    return since <= day and (until is None or day < until)


def hash_of_token(token: str) -> str:
    """Tokens carry 256 random bits, so that a plain hash is enough at rest."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_token_days(days: int) -> timedelta:
    if not 1 <= days <= TOKEN_DAYS_MAX:
        raise PartyRefused(
            "parties.token_days",
            N_("令牌有效期须在 1 到 {most} 天之间。"),
            {"most": TOKEN_DAYS_MAX},
            ("days",),
        )
    return timedelta(days=days)


def may_register(by: Actor) -> bool:
    """Officers, heads and operators enter organisations in the register."""
    return by.is_role(Role.OFFICER, Role.HEAD, Role.OPERATOR, Role.CLOCK)


def check_may_register(by: Actor) -> None:
    if not may_register(by):
        raise NotPermitted(
            "parties.may_not_register",
            N_("您不能登记单位。"),
            {},
            (),
            N_("请本地科技局经办或平台管理员登记。"),
        )


def check_may_register_in(by: Actor, region_path: str) -> None:
    """Officers and heads enter organisations of their own region; operators those of all."""
    if by.is_role(Role.OFFICER, Role.HEAD) and not by.covers(region_path):
        raise PartyRefused(
            "parties.region_elsewhere",
            N_("这个地区不归您管，您不能登记或改动它的单位。"),
            {},
            ("region",),
            N_("请本地科技局经办登记，或请平台管理员导入。"),
        )


def check_kind(kind: object, kinds: frozenset[str], names: dict[str, str]) -> str:
    """The code of a kind of organisation, from its code or its Chinese name."""
    text = str(kind or "").strip()
    code = names.get(text, text.upper())
    if code not in kinds:
        raise PartyRefused(
            "parties.kind",
            N_("类别“{kind}”不在名录里。"),
            {"kind": text[:40]},
            ("kind",),
            N_("请写 企业、高校、科研院所、新型研发机构、医疗机构、政府部门 或 服务机构。"),
        )
    return code


def check_name(name: object) -> str:
    """A unit's name: at least two characters, not longer than the register takes."""
    text = " ".join(str(name or "").split())
    if not 2 <= len(text) <= 120:
        raise PartyRefused(
            "parties.name", N_("单位名称须有 2 到 120 个字。"), {}, ("name",),
            N_("请写营业执照上的全称。"),
        )  # fmt: skip
    return text


def check_industry(value: object) -> str:
    """A unit's line of business, as long as the register takes; nothing stays nothing."""
    text = " ".join(str(value or "").split())
    if len(text) > INDUSTRY_LONGEST:
        raise PartyRefused(
            "parties.industry", N_("行业最多 {most} 字，现在 {length} 字。"),
            {"most": INDUSTRY_LONGEST, "length": len(text)}, ("industry",),
            N_("请只写主要行业，例如 轴承制造。"),
        )  # fmt: skip
    return text


def check_day(value: object) -> date | None:
    """A day from a sheet's cell: a date, or text as 2023-08-29; nothing stays nothing."""
    if value in (None, ""):
        return None
    if hasattr(value, "date"):
        value = value.date()
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(str(value).strip().replace("/", "-"))
    except ValueError as error:
        raise PartyRefused(
            "parties.day", N_("“{text}”不是日期。"), {"text": str(value)[:40]}, ("date",),
            N_("请写成 2023-08-29。"),
        ) from error  # fmt: skip


def check_unit_role(role: str) -> str:
    """A role that a unit can give."""
    if role not in ORGANISATION_ROLES:
        raise PartyRefused(
            "parties.unit_role", N_("单位不能任命角色“{role}”。"), {"role": role[:20]}, ("role",),
            N_("单位可任命填报人、单位管理员、团队成员和中心管理员。"),
        )  # fmt: skip
    return role


class ConsortiumRefused(Refused):
    """Something asked of a consortium is not done."""


PURPOSE_LONGEST = 2000
TASK_LONGEST = 300


def may_found_consortium(by: Actor) -> bool:
    """A unit's administrator founds a consortium, which the unit then leads."""
    return by.is_role(Role.UNIT_ADMIN) and bool(by.organisation)


def may_lead_consortium(by: Actor, lead_code: str) -> bool:
    """The leading unit's administrator invites, removes, passes the lead on, and ends it."""
    return may_found_consortium(by) and by.organisation == lead_code


def may_answer_membership(by: Actor, organisation_code: str) -> bool:
    """The invited unit's administrator answers for it."""
    return may_found_consortium(by) and by.organisation == organisation_code


def check_may_consortium(may: bool) -> None:
    if not may:
        raise NotPermitted(
            "consortium.may_not", N_("您不能办联合体的这一步。"), {}, (),
            N_("发起、邀请和解散由牵头单位管理员办；加入由受邀单位管理员答复。"),
        )  # fmt: skip


def check_consortium(name: str, purpose: str) -> None:
    """A consortium has a name and says what it is for."""
    if not 2 <= len(name.strip()) <= 120:
        raise ConsortiumRefused(
            "consortium.name", N_("名称须有 2 到 120 个字。"), {}, ("name",)
        )
    if not 2 <= len(purpose.strip()) <= PURPOSE_LONGEST:
        raise ConsortiumRefused(
            "consortium.purpose", N_("请写明目标，2 到 {most} 个字。"), {"most": PURPOSE_LONGEST},
            ("purpose",),
        )  # fmt: skip


def check_task(task: str) -> None:
    if len(task) > TASK_LONGEST:
        raise ConsortiumRefused(
            "consortium.task", N_("分工最多 {most} 字。"), {"most": TASK_LONGEST}, ("task",)
        )
