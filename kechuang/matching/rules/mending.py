"""What refusals say to the owner of an offer: which codes, and what to mend."""

from collections.abc import Iterable
from dataclasses import dataclass

from kechuang.base.refusals import N_
from kechuang.matching.rules.codes import END_REASON_NAMES, REASON_NAMES, EndReason, Reason

# By the code of a verdict or of an end: one name for both, and the way on.
MENDS = {
    Reason.PRICE_NOT_STATED: N_("写明许可、转让或合作的价格区间和付款方式。"),
    Reason.UNPROVEN: N_("附上第三方检测报告或已用单位的证明。"),
    Reason.UNCLEAR_TITLE: N_("写明权属、共有人和是否已质押或独占许可。"),
    Reason.TARGET_MISSED: N_("写明现在能达到的数值和试验条件，差多少、何时能到。"),
    EndReason.TARGETS: N_("把试验的条件和结果补进说明，写明适用范围。"),
    Reason.TOO_EARLY: N_("写明成熟度、已做到哪一步和中试安排。"),
    Reason.TOO_DEAR: N_("给出分阶段或按效益付费的合作方式。"),
    EndReason.TERMS: N_("列出可谈的条件和底线，先说清再见面。"),
    Reason.NOT_AVAILABLE: N_("已独占或近期不能承接的，请在成果里注明或撤下。"),
    EndReason.NO_REPLY: N_("留一位能及时答复的联系人。"),
}
NAMES: dict[str, str] = {
    **{code.value: name for code, name in END_REASON_NAMES.items()},
    **{code.value: name for code, name in REASON_NAMES.items()},
}


@dataclass(frozen=True, slots=True)
class Mend:
    """How often an offer was refused for one reason, and what its owner can do about it."""

    code: str
    count: int
    name: str
    advice: str


def mends_of(codes: Iterable[str]) -> list[Mend]:
    """The refusals by reason, most frequent first; reasons that the owner cannot mend are left out.

    >>> [(one.code, one.count) for one in mends_of(["TOO_DEAR", "OTHER", "UNPROVEN", "TOO_DEAR"])]
    [('TOO_DEAR', 2), ('UNPROVEN', 1)]
    """
    advice = {str(code): words for code, words in MENDS.items()}
    counts: dict[str, int] = {}
    for code in codes:
        if code in advice:
            counts[code] = counts.get(code, 0) + 1
    order = sorted(counts, key=lambda code: (-counts[code], code))
    return [Mend(code, counts[code], NAMES[code], advice[code]) for code in order]


@dataclass(frozen=True, slots=True)
class Held:
    """The targets of a need held against an offer, by what came of it."""

    met: tuple[str, ...]
    missed: tuple[str, ...]
    not_stated: tuple[str, ...]


def held(findings: Iterable[dict[str, str]]) -> Held:
    """The names of the targets that are met, missed and not stated.

    >>> held([{"name": "热导率", "verdict": "MET"}, {"name": "成品率", "verdict": "NOT_STATED"}])
    Held(met=('热导率',), missed=(), not_stated=('成品率',))
    """
    rows = list(findings)

    def named(verdict: str) -> tuple[str, ...]:
        return tuple(row["name"] for row in rows if row["verdict"] == verdict)

    return Held(named("MET"), named("MISSED"), named("NOT_STATED"))
