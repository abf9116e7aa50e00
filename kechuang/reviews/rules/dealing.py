"""Deal many cases out among the experts of a panel: how near an expert is, and what may clash."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from kechuang.base.refusals import N_
from kechuang.reviews.rules.facts import REVIEWS_MIN, PanelRefused

OBJECTIVES = ("total", "fair")
NEAR_MAX = 100
# How much the nearest, second and third field of an expert count.
FIELD_SHARES = (Fraction(4, 7), Fraction(2, 7), Fraction(1, 7))

# What the rules of a problem are called where they clash.
CLASHES: Mapping[str, str] = {
    "demand": N_("每份方案要 {per_case} 份评审"),
    "load_max": N_("每位专家最多评 {load_max} 份"),
    "conflicts": N_("须回避的不派"),
}


def nearness(fields: Sequence[str], text: str) -> int:
    """How near an expert's fields are to a case, 0 to 100: the share of each field's character
    pairs that stand in the text, the three nearest fields counting 4 : 2 : 1.

    >>> nearness(["轴承", "机械设计"], "高速主轴轴承寿命提升"), nearness(["电池"], "高速主轴轴承")
    (57, 0)
    """
    found = sorted((_covered(one, text) for one in fields), reverse=True)
    near = sum(share * one for share, one in zip(FIELD_SHARES, found, strict=False))
    return int(near * NEAR_MAX)


def _covered(field: str, text: str) -> Fraction:
    pairs = [field[place : place + 2] for place in range(len(field) - 1)] or [field]
    return Fraction(sum(pair in text for pair in pairs), len(pairs)) if field else Fraction(0)


def problems_with_dealing(reviews_per_case: int, load_max: int, cases: int) -> list[PanelRefused]:
    """Every reason why cases cannot be dealt out so."""
    problems = []
    if reviews_per_case < REVIEWS_MIN:
        problems.append(PanelRefused(
            "reviews.deal_too_few",
            N_("不能这样分派。每份方案至少要 {min} 份评审，现为 {n}。"),
            {"min": REVIEWS_MIN, "n": reviews_per_case}, ("reviews_per_case",),
            N_("请改大。"),
        ))
    if load_max < 1 or (cases and load_max > cases):
        problems.append(PanelRefused(
            "reviews.deal_load",
            N_("不能这样分派。每位专家的份数须在 1 到方案总数 {cases} 之间，现为 {n}。"),
            {"cases": cases, "n": load_max}, ("load_max",),
            N_("请改份数。"),
        ))
    return problems


def infeasible(
    clauses: Sequence[Mapping[str, object]], cases: Sequence[str], experts: Sequence[str],
    facts: Mapping[str, int],
) -> PanelRefused:  # fmt: skip
    """The smallest set of rules that cannot hold together, with the cases and experts it names."""
    told = [
        PanelRefused("reviews.deal_rule", CLASHES[str(one["rule"])], dict(facts))
        for one in clauses if str(one["rule"]) in CLASHES
    ]  # fmt: skip
    named = sorted({place for one in clauses for place in _places(one, "bids")})[:5]
    people = sorted({place for one in clauses for place in _places(one, "experts")})[:5]
    return PanelRefused(
        "reviews.deal_infeasible",
        N_("不能分派。这几条不能同时满足：{rules}。涉及方案：{cases}；专家：{experts}。"),
        {
            "rules": told, "cases": [cases[place] for place in named] or "-",
            "experts": [experts[place] for place in people] or "-",
        },
        (), N_("请增加专家、提高每人份数或减少每份的评审数。什么都没有改动。"),
    )


def _places(clause: Mapping[str, object], name: str) -> list[int]:
    found = clause.get(name, ())
    return [int(one) for one in found] if isinstance(found, list | tuple) else []


def refused_deal(reason: str) -> PanelRefused:
    """A dealing at the wrong time, or without its solver; a key of DEAL_REFUSALS."""
    words, way_on = DEAL_REFUSALS[reason]
    return PanelRefused(f"reviews.deal_{reason}", words, {}, (), way_on)


DEAL_REFUSALS: Mapping[str, tuple[str, str]] = {
    "begun": (N_("不能改分派办法。评审已经分到人。"), N_("缺评审的方案可以补派。")),
    "not_set": (N_("不能分派。本组是人人评全部方案。"), N_("请先定每份方案几位专家评。")),
    "not_complete": (N_("还不能分派。专家还没有全部答复，或方案还没有放入。"),
                     N_("专家都接受、方案放入后再分派。")),
    "nothing_short": (N_("不必补派。每份方案的评审都够。"), N_("等专家评完。")),
    "no_solver": (N_("不能分派。这台服务器没有装求解器。"),
                  N_("请平台管理员运行 make install 后再试；什么都没有改动。")),
    "not_solved": (N_("不能分派。求解器在限定的步数内没有求出结果，也没有证明无解。"),
                   N_("请放宽每人份数或减少一次分派的方案后再试；什么都没有改动。")),
    "not_proved": (N_("不能分派。求得的结果没有通过核验。"),
                   N_("请把这一条告诉平台管理员；什么都没有改动。")),
}  # fmt: skip
