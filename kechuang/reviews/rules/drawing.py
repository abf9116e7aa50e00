"""What a draw of experts must meet: who keeps out of the pool, who commits, what comes when."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from kechuang.base.refusals import N_
from kechuang.base.time import SHANGHAI
from kechuang.reviews.rules.facts import (
    REVIEWS_MIN,
    STAFF_ROLES,
    Candidate,
    CaseFacts,
    Chains,
    PanelRefused,
)
from kechuang.reviews.rules.seating import conflicts_with_case

SEATS_MAX = 15
POOL_PER_SEAT = 2  # [G] people in the pool for every seat, so that a draw is one
WITNESSES_MIN, WITNESSES_MAX = 2, 9
ROTATION_DAYS = 365
ROTATION_MAX = 12  # [G] panels that one expert sits on within ROTATION_DAYS
HEX_DIGITS = 64
SUITES = ("intl", "gm")

# Why somebody of the expert pool is not in the pool of a draw; the first that applies.
EXCLUSIONS = {
    "staff": N_("科技部门工作人员"),
    "office": N_("本组秘书、组长、抽取人或见证人"),
    "named": N_("已在本组，或曾受邀"),
    "fields": N_("专业领域不符"),
    "member": N_("方案成员"),
    "conflict": N_("与方案单位有利益关系"),
    "load": N_("手上评审已满"),
    "rotation": N_("一年内参加评审已达轮换上限"),
}
# Why one who was drawn does not sit, as the public record says it: never a private word.
NOT_SEATED = {
    "REFUSED": ("refused", N_("本人谢绝")),
    "TIMEOUT": ("timeout", N_("逾期未答复")),
    "RELEASED": ("conflict", N_("受邀后被解除席位")),
    "BARRED": ("conflict", N_("受邀后查出是方案成员")),
    "PASSED": ("conflict", N_("抽到时已不能任职")),
}


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """What is fixed before a draw, and published: seats, times and the public values to come."""

    seats: int
    commit_until: datetime
    reveals_until: datetime
    public_at: datetime
    source: str
    fallback: str
    suite: str = "intl"


class DrawRefused(PanelRefused):
    """The draw cannot take this step now."""


def problems_with_plan(plan: DrawPlan, witnesses: int, at: datetime) -> list[DrawRefused]:
    """Every reason why this plan cannot stand: seats, witnesses, order of times, sources."""
    problems = []
    if not REVIEWS_MIN <= plan.seats <= SEATS_MAX:
        problems.append(DrawRefused(
            "reviews.draw_seats",
            N_("不能建立抽取。席位须在 {min} 到 {max} 之间，现为 {n}。"),
            {"min": REVIEWS_MIN, "max": SEATS_MAX, "n": plan.seats}, ("seats",),
            N_("请改席位数。"),
        ))
    if not WITNESSES_MIN <= witnesses <= WITNESSES_MAX:
        problems.append(DrawRefused(
            "reviews.draw_witnesses",
            N_("不能建立抽取。见证人须有 {min} 到 {max} 位，现为 {n} 位。"),
            {"min": WITNESSES_MIN, "max": WITNESSES_MAX, "n": witnesses}, ("witnesses",),
            N_("请选互相独立的见证人。"),
        ))
    if not at < plan.commit_until < plan.reveals_until < plan.public_at:
        problems.append(DrawRefused(
            "reviews.draw_times",
            N_("不能建立抽取。须先承诺、再揭示、最后才产生公共数值，三个时间依次在后，且都晚于现在。"),
            {}, ("commit_until", "reveals_until", "public_at"),
            N_("请按先后重填三个时间。"),
        ))
    if not plan.source.strip() or not plan.fallback.strip() or plan.source == plan.fallback:
        problems.append(DrawRefused(
            "reviews.draw_sources",
            N_("不能建立抽取。须写明一个公共数值和一个不同的备用数值。"), {},
            ("source", "fallback"),
            N_("写到哪一期、哪一天、哪个数，任何人都能查到。"),
        ))
    return problems


def exclusion(
    candidate: Candidate, fields: Sequence[str], cases: Iterable[CaseFacts],
    chains: Chains, day: date, years: int,
) -> str:  # fmt: skip
    """Why a member of the expert pool stays out of this draw's, a key of EXCLUSIONS; or empty.

    Out is whoever has a blocking tie to any of the cases, for a drawn expert judges all of them.
    """
    facts = list(cases)
    ties = [
        one for case in facts for one in conflicts_with_case(candidate, case, chains, day, years)
    ]
    reasons = {
        "staff": bool(candidate.roles & set(STAFF_ROLES)),
        "fields": bool(fields) and not set(fields) & set(candidate.fields),
        "member": any(candidate.person in case.person_numbers for case in facts),
        "conflict": any(one.is_blocking for one in ties),
        "load": candidate.load >= candidate.load_max,
        "rotation": candidate.recent >= ROTATION_MAX,
    }
    return next((code for code, applies in reasons.items() if applies), "")


def check_pool(size: int, seats: int) -> None:
    """Refuse a pool too small for the draw to be one."""
    if size < seats * POOL_PER_SEAT:
        raise DrawRefused(
            "reviews.draw_pool_small",
            N_("不能建立抽取。符合条件的专家只有 {size} 位，{seats} 个席位至少要 {need} 位。"),
            {"size": size, "seats": seats, "need": seats * POOL_PER_SEAT}, ("fields",),
            N_("请放宽专业领域，或请科技部门补充专家库。"),
        )


def check_hex(value: str, field: str) -> str:
    """A commitment or nonce as 64 lower-case hexadecimal digits."""
    text = value.strip().lower()
    if len(text) != HEX_DIGITS or set(text) - set("0123456789abcdef"):
        raise DrawRefused(
            "reviews.draw_not_hex",
            N_("不能提交。这里须是 64 位十六进制数（0 到 9、a 到 f）。"), {}, (field,),
            N_("请用本页的按钮生成，或粘贴命令行 kechuang draw nonce 的输出。"),
        )
    return text


def refused_draw(reason: str, **facts: object) -> DrawRefused:
    """A step of a draw at the wrong time or in the wrong state; a key of DRAW_REFUSALS."""
    words, way_on = DRAW_REFUSALS[reason]
    told = {
        name: f"{fact.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if isinstance(fact, datetime) else fact
        for name, fact in facts.items()
    }
    return DrawRefused(f"reviews.draw_{reason}", words, told, (), way_on)


DRAW_REFUSALS: Mapping[str, tuple[str, str]] = {
    "state": (N_("抽取 {number} 现在是“{state}”，不能办这一步。"),
              N_("请刷新页面看现在该办什么。")),
    "no_cases": (N_("不能建立抽取。还没有待评方案，无从核对利益关系。"),
                 N_("形式审查结束、方案放入后再建立。")),
    "operator": (N_("{name}不能任抽取人。抽取人须与秘书、组长不是同一人，且与方案没有利益关系。"),
                 N_("请另选一位。")),
    "witness": (N_("{name}不能任见证人。见证人须与抽取人不是同一人，且与方案没有利益关系。"),
                N_("请另选一位。")),
    "live": (N_("不能再建立抽取。抽取 {number} 还没有结束；同一评审组不重抽。"),
             N_("请在该抽取上继续办理。")),
    "filled": (N_("不能再建立抽取。抽取 {number} 的席位还够，缺额由抽取次序自动递补。"),
               N_("名单用完而席位不足时，才能补充抽取。")),
    "named": (N_("不能建立抽取。本组已直接邀请过专家，不能与抽取混用。"),
              N_("请先解除直接邀请的席位，或继续直接选聘。")),
    "drawn": (N_("不能直接选聘。本组专家由抽取产生。"), N_("请由抽取人 {name} 办理抽取。")),
    "commit_late": (N_("不能提交承诺。承诺已在 {until} 截止。"),
                    N_("抽取照常进行，未承诺的情况会公布。")),
    "committed": (N_("不能改承诺。您已提交过承诺。"), N_("请保管好随机数文件，到时揭示。")),
    "same_commitment": (N_("不能提交。另一位见证人已提交同样的承诺。"), N_("请自己重新生成。")),
    "reveal_early": (N_("还不能揭示。须等全部见证人提交承诺，或到 {until} 承诺截止。"),
                     N_("提前揭示会让别人知道您的随机数。")),
    "reveal_late": (N_("不能揭示。揭示已在 {until} 截止；未揭示的情况会公布。"),
                    N_("抽取照常进行。")),
    "not_committed": (N_("不能揭示。您没有提交过承诺。"), N_("未承诺的随机数不计入。")),
    "other_nonce": (N_("不能揭示。这个随机数与您承诺的不一致。"),
                    N_("请选承诺时保存的那个文件。")),
    "few_commitments": (N_("不能抽取。只有 {n} 位见证人提交了承诺，至少要 {min} 位。"),
                        N_("请写明理由取消这次抽取，再重新建立。")),
    "value_early": (N_("还不能录入公共数值。它在 {until} 才产生。"),
                    N_("请到时再录；提前知道的数不能作数。")),
    "no_value": (N_("请录入公共数值。"), N_("照公布的原文录，不加空格。")),
    "cancel_late": (N_("不能取消。公共数值在 {until} 已经产生，结果已定。"),
                    N_("请录入公共数值完成抽取。")),
}  # fmt: skip
