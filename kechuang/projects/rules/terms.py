"""What an agreement holds: parties, targets, milestones, instalments; and what makes it whole."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from kechuang.base.refusals import N_, Refused
from kechuang.projects.rules.steps import (
    ACCEPTANCE,
    MILESTONE,
    SIGNING,
    AgreementRefused,
)

COMPARATORS = ("AT_LEAST", "AT_MOST", "EQUAL")
COMPARATOR_SIGNS = {"AT_LEAST": "≥", "AT_MOST": "≤", "EQUAL": "="}


@dataclass(frozen=True)
class PartyTerm:
    """A unit that takes part, and what it does."""

    code: str
    name: str
    is_lead: bool
    task: str = ""


@dataclass(frozen=True)
class TargetTerm:
    """An indicator to reach: code, relation, value with unit, and how it is tested."""

    code: str
    indicator: str
    comparator: str
    value: str
    unit: str
    test_method: str


@dataclass(frozen=True)
class MilestoneTerm:
    """A stage with its date (ISO) and what is judged."""

    code: str
    title: str
    content: str
    due_date: str


@dataclass(frozen=True)
class InstalmentTerm:
    """A part of the public money behind a gate; own funds that must have arrived by then."""

    sequence: int
    gate: str
    milestone: str
    amount_fen: int
    own_due_fen: int


@dataclass(frozen=True)
class Terms:
    """The whole content of an agreement, as it is signed and fingerprinted."""

    total_fen: int
    public_fen: int
    own_fen: int
    other_fen: int
    since: str
    until: str
    summary: str
    parties: tuple[PartyTerm, ...] = ()
    targets: tuple[TargetTerm, ...] = ()
    milestones: tuple[MilestoneTerm, ...] = ()
    instalments: tuple[InstalmentTerm, ...] = ()


def terms_to_json(terms: Terms) -> dict[str, Any]:
    """The form in which terms are kept: plain lists and values."""
    plain: dict[str, Any] = json.loads(json.dumps(asdict(terms), ensure_ascii=False))
    return plain


def terms_from_json(content: Mapping[str, Any]) -> Terms:
    """Read terms as they were kept.

    >>> terms_from_json(terms_to_json(Terms(9, 3, 6, 0, "2026-01-01", "2027-01-01", ""))).own_fen
    6
    """
    return Terms(
        total_fen=content["total_fen"],
        public_fen=content["public_fen"],
        own_fen=content["own_fen"],
        other_fen=content["other_fen"],
        since=content["since"],
        until=content["until"],
        summary=content["summary"],
        parties=tuple(PartyTerm(**row) for row in content["parties"]),
        targets=tuple(TargetTerm(**row) for row in content["targets"]),
        milestones=tuple(MilestoneTerm(**row) for row in content["milestones"]),
        instalments=tuple(InstalmentTerm(**row) for row in content["instalments"]),
    )


def fingerprint_of(content: Mapping[str, Any]) -> str:
    """SHA-256 over the terms as sorted, unspaced UTF-8 JSON: what both sides sign."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def day_from(text: str) -> date | None:
    """An ISO date, or None where the text is not one."""
    try:
        return date.fromisoformat(text)
    except (TypeError, ValueError):
        return None


def with_stage(terms: Terms, milestone: MilestoneTerm, added_fen: int, passed: str) -> Terms:
    """The terms with one stage more: its milestone last, its public money in one part or two.

    With a milestone that was passed, half of the money stands behind it, and the rest behind the
    new one.

    >>> before = Terms(9, 3, 6, 0, "2026-01-01", "2027-01-01", "", milestones=(
    ...     MilestoneTerm("M1", "样件", "报告", "2026-09-01"),),
    ...     instalments=(InstalmentTerm(1, "MILESTONE", "M1", 3, 0),))
    >>> after = with_stage(before, MilestoneTerm("G2", "比较", "成果", "2027-06-01"), 5, "M1")
    >>> after.public_fen, after.total_fen, after.until
    (8, 14, '2027-06-01')
    >>> [(one.sequence, one.milestone, one.amount_fen) for one in after.instalments]
    [(1, 'M1', 3), (2, 'M1', 2), (3, 'G2', 3)]
    """
    first = added_fen // 2 if passed else 0
    own = max((row.own_due_fen for row in terms.instalments), default=0)
    parts = [(passed, first), (milestone.code, added_fen - first)]
    count = len(terms.instalments)
    added = tuple(
        InstalmentTerm(count + place, MILESTONE, code, fen, own)
        for place, (code, fen) in enumerate([part for part in parts if part[1]], start=1)
    )
    return replace(
        terms,
        total_fen=terms.total_fen + added_fen,
        public_fen=terms.public_fen + added_fen,
        until=max(terms.until, milestone.due_date),
        milestones=(*terms.milestones, milestone),
        instalments=(*terms.instalments, *added),
    )


def problems_with_terms(terms: Terms) -> list[Refused]:
    """Every reason why the agreement cannot be signed as it stands."""
    return [
        *money_problems(terms),
        *_target_problems(terms.targets),
        *_milestone_problems(terms),
        *_instalment_problems(terms),
    ]


def money_problems(terms: Terms) -> Iterator[Refused]:
    """What even a draft may not have wrong: the total is the sum of its parts, and the term."""
    parts = (terms.public_fen, terms.own_fen, terms.other_fen)
    if terms.total_fen <= 0 or min(parts) < 0:
        yield AgreementRefused(
            "projects.money_negative", N_("总经费须大于零，各部分不能为负。"), fields=("total",)
        )
    if terms.total_fen != sum(parts):
        yield AgreementRefused(
            "projects.total_not_parts",
            N_("总经费 {total_fen} 不等于财政、自筹与其他之和 {sum_fen}。"),
            {"total_fen": terms.total_fen, "sum_fen": sum(parts)},
            ("total",),
        )
    since, until = day_from(terms.since), day_from(terms.until)
    if since is None or until is None or since >= until:
        yield AgreementRefused(
            "projects.term_of_agreement", N_("项目的止期须晚于起期。"), fields=("until",)
        )


def _target_problems(targets: Sequence[TargetTerm]) -> Iterator[Refused]:
    if not targets:
        yield AgreementRefused(
            "projects.no_target", N_("任务书至少要有一项考核指标。"), fields=("targets",)
        )
    yield from _twice([row.code for row in targets], "targets")
    for row in targets:
        if not (row.indicator.strip() and row.test_method.strip()):
            yield AgreementRefused(
                "projects.target_incomplete",
                N_("指标 {code} 须写明名称和测试方法。"),
                {"code": row.code},
                ("targets",),
            )
        if row.comparator not in COMPARATORS or not _is_decimal(row.value):
            yield AgreementRefused(
                "projects.target_value",
                N_("指标 {code} 的数值“{value}”不是数。"),
                {"code": row.code, "value": row.value},
                ("targets",),
                N_("请填数字，单位填在单位栏。"),
            )


def _milestone_problems(terms: Terms) -> Iterator[Refused]:
    rows = terms.milestones
    if not rows:
        yield AgreementRefused(
            "projects.no_milestone", N_("任务书至少要有一个里程碑。"), fields=("milestones",)
        )
    yield from _twice([row.code for row in rows], "milestones")
    since, until = day_from(terms.since), day_from(terms.until)
    for row in rows:
        due = day_from(row.due_date)
        if due is None or (since and due < since) or (until and due > until):
            yield AgreementRefused(
                "projects.milestone_date",
                N_("里程碑 {code} 的日期须在项目起止之间。"),
                {"code": row.code},
                ("milestones",),
            )
        if not (row.title.strip() and row.content.strip()):
            yield AgreementRefused(
                "projects.milestone_incomplete",
                N_("里程碑 {code} 须写明名称和考核内容。"),
                {"code": row.code},
                ("milestones",),
            )


def _instalment_problems(terms: Terms) -> Iterator[Refused]:
    rows = sorted(terms.instalments, key=lambda row: row.sequence)
    total = sum(row.amount_fen for row in rows)
    if total != terms.public_fen:
        yield AgreementRefused(
            "projects.instalments_not_public",
            N_("各期拨付之和 {sum_fen} 不等于财政资助 {public_fen}。"),
            {"sum_fen": total, "public_fen": terms.public_fen},
            ("instalments",),
        )
    if [row.sequence for row in rows] != list(range(1, len(rows) + 1)):
        yield AgreementRefused(
            "projects.instalment_sequence", N_("期次须从 1 起连续。"), fields=("instalments",)
        )
    codes = {row.code for row in terms.milestones}
    own_before = 0
    for row in rows:
        yield from _gate_problems(row, codes)
        if row.own_due_fen < own_before or row.own_due_fen > terms.own_fen:
            yield AgreementRefused(
                "projects.own_due",
                N_("第 {sequence} 期的自筹应到位累计须逐期不减，且不超过自筹总额。"),
                {"sequence": row.sequence},
                ("instalments",),
            )
        own_before = max(own_before, row.own_due_fen)


def _gate_problems(row: InstalmentTerm, codes: set[str]) -> Iterator[Refused]:
    if row.amount_fen <= 0:
        yield AgreementRefused(
            "projects.instalment_amount",
            N_("第 {sequence} 期的金额须大于零。"),
            {"sequence": row.sequence},
            ("instalments",),
        )
    named = row.milestone in codes if row.gate == MILESTONE else not row.milestone
    if row.gate not in (SIGNING, MILESTONE, ACCEPTANCE) or not named:
        yield AgreementRefused(
            "projects.instalment_gate",
            N_("第 {sequence} 期须写明关口：签约、某个里程碑，或验收。"),
            {"sequence": row.sequence},
            ("instalments",),
        )


def _twice(codes: Sequence[str], field: str) -> Iterator[Refused]:
    repeated = sorted(code for code, count in Counter(codes).items() if count > 1)
    if repeated or "" in codes:
        yield AgreementRefused(
            "projects.code_twice",
            N_("代码须各不相同，且不能为空：{codes}。"),
            {"codes": repeated},
            (field,),
        )


def _is_decimal(text: str) -> bool:
    try:
        value = Decimal(text)
    except (InvalidOperation, TypeError, ValueError):
        return False
    return value.is_finite() and abs(value) < Decimal(10) ** 14


def problems_with_amendment(
    terms: Terms,
    released: Mapping[int, InstalmentTerm],
    passed: Sequence[str],
    in_hand: Sequence[str],
) -> list[Refused]:
    """What an amendment may not touch: released instalments, and milestones passed or in hand.

    `released` maps sequences to the instalments as they stand; `passed` and `in_hand` are
    milestone codes.
    """
    new = {row.sequence: row for row in terms.instalments}
    codes = {row.code for row in terms.milestones}
    problems: list[Refused] = []
    for sequence, row in released.items():
        if new.get(sequence) != row:
            problems.append(
                AgreementRefused(
                    "projects.released_instalment_changed",
                    N_("第 {sequence} 期已放行，变更不能改动它。"),
                    {"sequence": sequence},
                    ("instalments",),
                )
            )
    for code in [*passed, *in_hand]:
        if code not in codes:
            problems.append(
                AgreementRefused(
                    "projects.passed_milestone_dropped",
                    N_("里程碑 {code} 已通过或正在考核，变更不能取消它。"),
                    {"code": code},
                    ("milestones",),
                )
            )
    return problems
