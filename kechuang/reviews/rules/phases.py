"""Dated switches: until when experts score, from when they see one another's totals, from when
consensus is held."""

from dataclasses import dataclass
from datetime import datetime

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_
from kechuang.reviews.rules.facts import PanelFacts, PanelRefused
from kechuang.reviews.rules.rights import may_lead_panel, may_plan_panel, may_run_panel


@dataclass(frozen=True, slots=True)
class Phases:
    """The dates of a panel; None: not dated. Without dates the others' totals are seen from the
    consensus on, and the chair opens it."""

    score_until: datetime | None = None
    others_from: datetime | None = None
    consensus_from: datetime | None = None


NAMES = {
    "score_until": N_("评分截止"), "others_from": N_("互看总分"), "consensus_from": N_("合议"),
}


def may_set_phases(actor: Actor, panel: PanelFacts) -> bool:
    """The region's office and the panel's secretary."""
    return actor.role != Role.CLOCK and (
        may_plan_panel(actor, panel.region_path) or may_run_panel(actor, panel)
    )


def may_open_consensus(
    actor: Actor, panel: PanelFacts, consensus_from: datetime | None
) -> bool:
    """The chair; where a day was set, the clock too."""
    by_clock = actor.role == Role.CLOCK and consensus_from is not None
    return by_clock or may_lead_panel(actor, panel)


def shows_others(phases: Phases, consensus_at: datetime | None, at: datetime) -> bool:
    """Whether experts who have handed in see the totals that others gave."""
    dated = phases.others_from is not None and phases.others_from <= at
    return dated or consensus_at is not None


def problems_with_phases(new: Phases, old: Phases, at: datetime) -> list[PanelRefused]:
    """What is dated lies ahead and in order; what has been shown is not taken back."""
    problems = []
    for name, words in NAMES.items():
        asked, was = getattr(new, name), getattr(old, name)
        if asked == was:
            continue
        if name != "score_until" and was is not None and was <= at:
            problems.append(PanelRefused(
                "reviews.phase_begun", N_("“{name}”已经开始，不能再改。"), {"name": words}, (name,),
            ))
        elif asked is not None and asked <= at:
            problems.append(PanelRefused(
                "reviews.phase_past", N_("“{name}”须定在以后。"), {"name": words}, (name,),
            ))
    if new.score_until is None and (new.others_from or new.consensus_from):
        problems.append(PanelRefused(
            "reviews.phase_without_scoring", N_("先定评分截止，再定以后的日期。"), {},
            ("score_until",),
        ))
    dated = [(name, getattr(new, name)) for name in NAMES if getattr(new, name) is not None]
    for (before, first), (after, second) in zip(dated, dated[1:], strict=False):
        if second < first:
            problems.append(PanelRefused(
                "reviews.phases_out_of_order", N_("“{after}”不能早于“{before}”。"),
                {"after": NAMES[after], "before": NAMES[before]}, (after,),
            ))
    return problems


def consensus_is_dated(when: str) -> PanelRefused:
    """The refusal of a consensus before its day."""
    return PanelRefused(
        "reviews.consensus_is_dated", N_("合议定于 {when} 开始，现在不能提前。"), {"when": when},
        way_on=N_("确要提前的，请经办或秘书改日期。"),
    )


def phases_are_over() -> PanelRefused:
    """The refusal of dates once the consensus is open."""
    return PanelRefused("reviews.phases_are_over", N_("合议已经开始，日期不再改。"))
