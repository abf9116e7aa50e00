"""Numeric targets apart from words: what a need requires, what an offer states, met or not.

Only what is written counts: a target whose figure the offer does not give is NOT_STATED, which
neither adds to a match nor takes from it.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from kechuang.engines.ranking.analysis import LONGEST, fold
from kechuang.engines.ranking.units import DIMENSIONS, canonical, measure


class Comparison(StrEnum):
    AT_LEAST = ">="
    AT_MOST = "<="
    OVER = ">"
    UNDER = "<"
    IS = "="


class Verdict(StrEnum):
    MET = "MET"
    MISSED = "MISSED"
    NOT_STATED = "NOT_STATED"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A named figure: 热导率 >= 220 W/(m·K). A range 1.2~1.8 has `upto`; others have not."""

    name: str
    comparison: Comparison
    value: Decimal
    unit: str
    upto: Decimal | None = None
    words: str = ""  # as the text has it, from the comparison to the unit

    def low_and_high(self) -> tuple[str, Decimal, Decimal]:
        dimension, low = measure(self.value, self.unit)
        return dimension, low, measure(self.value if self.upto is None else self.upto, self.unit)[1]


@dataclass(frozen=True, slots=True)
class Finding:
    """One target held against one offer."""

    target: Quantity
    stated: Quantity | None
    verdict: Verdict


_BEFORE = {
    Comparison.AT_LEAST: "≥ ⩾ ≧ >= 不低于 不小于 不少于 大于等于 大于或等于 至少 最低 最小",
    Comparison.AT_MOST: "≤ ⩽ ≦ <= 不高于 不大于 不超过 不多于 小于等于 小于或等于"
    " 至多 最高 最大 控制在",
    Comparison.OVER: "> 大于 高于 超过 超",
    Comparison.UNDER: "< 小于 低于 少于",
    Comparison.IS: "达到 达 为 约为 约 = : ： 是 提高到 提升到 提升至 提高至 降低到 降低至 降至",
}
_AFTER = {Comparison.AT_LEAST: "以上 及以上 或以上", Comparison.AT_MOST: "以下 以内 及以下 之内 内"}
_SIGN = {word: sign for sign, words in _BEFORE.items() for word in words.split()}
_TAIL = {word: sign for sign, words in _AFTER.items() for word in words.split()}


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))


_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_QUANTITY = re.compile(
    rf"(?P<sign>(?:(?:{_any_of(_SIGN)})\s*)*)"
    rf"(?P<value>[-−±]?(?:{_NUMBER}))(?:\s*(?:×|x)\s*10\^?(?P<power>-?\d+))?"
    rf"(?:\s*[%‰℃]?\s*(?:~|～|—|–|-|至|到)\s*(?P<upto>{_NUMBER}))?"
    rf"\s*(?P<unit>{_any_of(DIMENSIONS)})(?![A-Za-z])"
    rf"\s*(?P<tail>{_any_of(_TAIL)})?"
)
_STOP = r"\s,，。；;、:：()\[\]【】<>≤≥~%‰"
_NAME = re.compile(rf"[^{_STOP}\d]+(?:\([^()]{{0,6}}\))?$")
_NAME_AFTER = re.compile(r"\s*([\u4e00-\u9fff]{2,8})")
_IDLE = re.compile(
    r"^(?:要求|使得|使|其|该|的|且|并|和|与|及|以及|同时|需要|需|应|可|将|在|片|件|实现|具有|目标"
    r"|经过|经|平均|约|用|°C|下|时|从|第|图|表)+"
    r"|(?:要求|应|需|可|的|值|均|都|则|分别|已|稳定|从|由|低至|高至)+$"
)
_ALIASES = (
    {"热导率", "导热率", "导热系数", "热导系数"},
    {"抗弯强度", "弯曲强度", "抗折强度"},
    {"成品率", "良率", "良品率", "合格率"},
    {"抗拉强度", "拉伸强度"},
    {"寿命", "使用寿命", "工作寿命"},
    {"精度", "准确度", "测量精度"},
)
_NAME_REACH = 16  # characters before the figure in which its name is looked for


def quantities(text: str) -> list[Quantity]:
    """The named figures of a text, in order.

    >>> [(q.name, q.comparison.value, str(q.value), q.unit) for q in quantities(
    ...     "热导率≥220 W/(m⋅K)，成品率90％以上")]
    [('热导率', '>=', '220', 'W/(m·K)'), ('成品率', '>=', '90', '%')]
    """
    plain = _plain(text)
    found = []
    for match in _QUANTITY.finditer(plain):
        name = _name_before(plain, match.start())
        if not name and DIMENSIONS[match["unit"]][0] == "count":
            name = _name_after(plain, match.end())  # 经 1,000 次冷热冲击
        if name:
            found.append(_quantity(match, name))
    return found


def _plain(text: str) -> str:
    marks = str.maketrans({"⋅": "·", "•": "·", "∙": "·", "µ": "μ"})
    return unicodedata.normalize("NFKC", text[:LONGEST].replace("½", "1/2")).translate(marks)


def _quantity(match: re.Match[str], name: str) -> Quantity:
    value = _decimal(match["value"])
    if match["power"]:
        value *= Decimal(10) ** max(-30, min(30, int(match["power"])))
    signs = re.findall(_any_of(_SIGN), match["sign"])
    comparison = _SIGN[signs[-1]] if signs else Comparison.IS
    if comparison is Comparison.IS:
        comparison = next((_SIGN[sign] for sign in signs if sign != "="), comparison)
    if match["tail"]:
        comparison = _TAIL[match["tail"]]
    upto = _decimal(match["upto"]) if match["upto"] else None
    words = match[0].strip()
    return Quantity(name, comparison, value, canonical(match["unit"]), upto, words)


def _decimal(figure: str) -> Decimal:
    return Decimal(figure.replace(",", "").replace("−", "-").lstrip("±"))


def _name_before(plain: str, at: int) -> str:
    before = plain[max(0, at - _NAME_REACH) : at].rstrip()
    match = _NAME.search(before)
    if match is None:
        return ""
    name = re.sub(r"[(（].*$", "", match[0]).strip()
    previous = None
    while name != previous:
        previous, name = name, _IDLE.sub("", name)
    return name


def _name_after(plain: str, at: int) -> str:
    match = _NAME_AFTER.match(plain, at)
    return match[1] if match else ""


_MEASURE_ENDS = ("度", "率", "值", "量", "性", "数", "含量", "时间")
_LEAST_SHARED = 0.6  # of all bigrams of both names


def likeness(target: str, stated: str) -> float:
    """How surely a stated name means the target's figure: 1 the same or an alias, 0 not.

    What is stated may say more around it (平均热导率, 冷热冲击无开裂) or leave a word of measure
    away (翘曲 for 翘曲度). 返回料 does not answer 返回料比例, nor 误判率 漏判率.
    """
    one, two = fold(target).replace(" ", ""), fold(stated).replace(" ", "")
    if not one or not two:
        return 0.0
    if one == two or sorted(one) == sorted(two):
        return 1.0
    if any(_has_alias(one, group) and _has_alias(two, group) for group in _ALIASES):
        return 0.95
    if one in two or one.endswith(two) or one.removeprefix(two) in _MEASURE_ENDS:
        return 0.9
    pairs, others = _bigrams(one), _bigrams(two)
    shared = len(pairs & others) / max(len(pairs | others), 1)
    return shared if shared >= _LEAST_SHARED else 0.0


def _has_alias(name: str, group: set[str]) -> bool:
    return any(name.endswith(alias) or name.startswith(alias) for alias in group)


def _bigrams(name: str) -> set[str]:
    return {name[at : at + 2] for at in range(len(name) - 1)}


def is_met(target: Quantity, stated: Quantity) -> bool:
    """Whether a stated figure keeps a target of the same dimension.

    A range is taken at its weaker end; a bound ("over 200") is taken at the bound.
    """
    _, low, high = target.low_and_high()
    _, weakest, strongest = stated.low_and_high()
    if target.upto is not None:
        return low <= weakest and strongest <= high
    return {
        Comparison.AT_LEAST: weakest >= low,
        Comparison.OVER: weakest > low or (weakest == low and stated.comparison is Comparison.OVER),
        Comparison.AT_MOST: strongest <= low,
        Comparison.UNDER: strongest < low
        or (strongest == low and stated.comparison is Comparison.UNDER),
        Comparison.IS: weakest <= low <= strongest,
    }[target.comparison]


def held_against(targets: Sequence[Quantity], stated: Sequence[Quantity]) -> list[Finding]:
    """Each target with the figure that answers it: same dimension, the most like name."""
    return [_finding(target, stated) for target in targets]


def _finding(target: Quantity, stated: Sequence[Quantity]) -> Finding:
    dimension = target.low_and_high()[0]
    rivals = [
        (likeness(target.name, each.name), is_met(target, each), -place, each)
        for place, each in enumerate(stated)
        if each.low_and_high()[0] == dimension
    ]
    likely = [rival for rival in rivals if rival[0] > 0]
    if not likely:
        return Finding(target, None, Verdict.NOT_STATED)
    _, met, _, best = max(likely, key=lambda rival: rival[:3])
    return Finding(target, best, Verdict.MET if met else Verdict.MISSED)
