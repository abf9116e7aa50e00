"""Who may sit on a panel, and who stands too near to a case to judge it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from kechuang.base.actor import Role
from kechuang.base.refusals import N_
from kechuang.reviews.rules.facts import (
    POINTS_MAX,
    STAFF_ROLES,
    WEIGHTS_SUM,
    Candidate,
    CaseFacts,
    Chains,
    ConflictOfInterest,
    Employment,
    Evidence,
    PanelRefused,
    SeatRefused,
)


def problems_with_criteria(criteria: Sequence[Mapping[str, object]]) -> list[PanelRefused]:
    """Every reason why these criteria cannot be scored: weights must sum to 100."""
    problems: list[PanelRefused] = []
    weights = [criterion.get("weight") for criterion in criteria]
    if not criteria or sum(w for w in weights if isinstance(w, int)) != WEIGHTS_SUM:
        problems.append(PanelRefused(
            "reviews.weights_do_not_sum",
            N_("不能建立评审组。各项权重合计须为 100，现为 {sum}。"),
            {"sum": sum(w for w in weights if isinstance(w, int))}, ("criteria",),
            N_("请调整权重。"),
        ))
    if any(not isinstance(w, int) or w <= 0 for w in weights):
        problems.append(PanelRefused(
            "reviews.weight_not_positive",
            N_("不能建立评审组。每项权重须为正整数。"), {}, ("criteria",),
            N_("请改为 1 到 100 的整数。"),
        ))
    codes = [criterion.get("code") for criterion in criteria]
    if len(set(codes)) != len(codes):
        problems.append(PanelRefused(
            "reviews.criterion_twice",
            N_("不能建立评审组。有两项指标的代码相同。"), {}, ("criteria",),
            N_("请给每项指标不同的代码。"),
        ))
    if any(not _is_threshold(criterion.get("threshold")) for criterion in criteria):
        problems.append(PanelRefused(
            "reviews.threshold_out_of_range",
            N_("不能建立评审组。门槛分须在 0 到 100 之间。"), {}, ("criteria",),
            N_("请改为 0 到 100 的整数，或留空。"),
        ))
    return problems


def _is_threshold(value: object) -> bool:
    return value is None or (isinstance(value, int) and 0 <= value <= POINTS_MAX)


def check_officers(secretary: str, chair: str) -> None:
    """Refuse one person as both secretary and chair."""
    if secretary == chair:
        raise PanelRefused(
            "reviews.secretary_is_chair",
            N_("不能任命。秘书与组长须为两个人，现为同一人。"), {}, ("chair",),
            N_("请另选一位组长或秘书。"),
        )


def problems_with_seat(
    candidate: Candidate, cases: Iterable[CaseFacts], taken_units: frozenset[str], day: date
) -> list[SeatRefused]:
    """Every reason why this person cannot sit on the panel at all."""
    problems = []
    named = {"name": candidate.name}
    if Role.EXPERT not in candidate.roles:
        problems.append(SeatRefused(
            "reviews.not_in_pool",
            N_("{name}不能任评审专家。专家须从专家库中选，此人现不在库。"), named, ("experts",),
            N_("请从专家库中选人，或先请其入库。"),
        ))
    if candidate.roles & set(STAFF_ROLES):
        problems.append(SeatRefused(
            "reviews.staff_as_expert",
            N_("{name}不能任评审专家。科技部门工作人员不得担任评审专家。"), named, ("experts",),
            N_("请另选专家。"),
        ))
    if any(candidate.person in case.person_numbers for case in cases):
        problems.append(SeatRefused(
            "reviews.expert_is_bidder",
            N_("{name}不能任评审专家。其本人是本次一份方案的成员。"), named, ("experts",),
            N_("请另选专家。"),
        ))
    if candidate.units(day) & taken_units:
        problems.append(SeatRefused(
            "reviews.unit_twice",
            N_("{name}不能任评审专家。本组已有一位来自同一单位的专家。"), named, ("experts",),
            N_("一个单位在一个评审组只能有一位专家，请另选。"),
        ))
    if candidate.load >= candidate.load_max:
        problems.append(SeatRefused(
            "reviews.load_reached",
            N_("{name}不能再接评审。手上已有 {load} 份，达到上限 {max} 份。"),
            {**named, "load": candidate.load, "max": candidate.load_max}, ("experts",),
            N_("请另选专家，或等其交回手上的评审。"),
        ))
    return problems


def conflicts_with_case(
    candidate: Candidate, case: CaseFacts, chains: Chains, day: date, years: int
) -> list[Evidence]:
    """Every tie between a person and a case that can be computed, with its evidence.

    The own membership, the same organisation now or within `years`, and one above or below it
    block by themselves; a sister organisation or a person of the same name is only possible and
    goes to the secretary.
    """
    found = []
    if candidate.person in case.person_numbers:
        found.append(Evidence("MEMBER", True, {"person": candidate.person}))
    for tie in candidate.employments:
        if tie.is_within(day, years):
            found.extend(
                evidence
                for code in sorted(set(case.organisation_codes))
                for evidence in _ties_with(tie, code, chains, day)
            )
    for number, name in zip(case.person_numbers, case.person_names, strict=False):
        if name == candidate.name and number != candidate.person:
            found.append(Evidence("NAME", False, {"person": number}))
    return [one for place, one in enumerate(found) if one not in found[:place]]


def _ties_with(tie: Employment, code: str, chains: Chains, day: date) -> list[Evidence]:
    facts = {"unit": tie.code, "organisation": code}
    if tie.until is not None:
        facts["until"] = tie.until.isoformat()
    if tie.code == code:
        kind = "SAME_UNIT" if tie.is_in_force(day) else "FORMER_UNIT"
        return [Evidence(kind, True, facts)]
    above, above_tie = chains.get(code, frozenset()), chains.get(tie.code, frozenset())
    if tie.code in above or code in above_tie:
        return [Evidence("PARENT_CHAIN", True, facts)]
    shared = sorted(above & above_tie)
    if shared:
        return [Evidence("SISTER_UNIT", False, {**facts, "parent": shared[0]})]
    return []


def already_named(name: str) -> SeatRefused:
    """The person holds a seat or is the secretary of this panel already."""
    return SeatRefused(
        "reviews.already_named",
        N_("{name}不能再次受邀。此人已在本组，或曾受邀，或是本组秘书。"),
        {"name": name}, ("experts",),
        N_("请另选专家。"),
    )


def secretary_is_seated(name: str) -> ConflictOfInterest:
    return ConflictOfInterest(
        "reviews.secretary_is_seated",
        N_("{name}不能任秘书。此人是本组的评审专家。"), {"name": name}, ("secretary",),
        N_("请另派一位秘书。"),
    )


def officer_in_conflict(name: str, field: str) -> ConflictOfInterest:
    """A secretary or chair who stands in conflict with a case of the panel."""
    return ConflictOfInterest(
        "reviews.officer_in_conflict",
        N_("{name}不能任本组的秘书或组长。此人与一份待评方案有利益冲突。"),
        {"name": name}, (field,),
        N_("请由科技部门另派一位。"),
    )
