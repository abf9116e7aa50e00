"""Who may do what to a panel, a seat and a review."""

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, NotPermitted
from kechuang.reviews.rules.facts import OFFICE_ROLES, PANEL_ROLES, PanelFacts


def may_plan_panel(actor: Actor, region_path: str) -> bool:
    """The office of the region names the panel and its officers; the clock may plan one."""
    return actor.role == Role.CLOCK or (
        actor.is_role(*OFFICE_ROLES) and actor.covers(region_path)
    )


def may_run_panel(actor: Actor, panel: PanelFacts) -> bool:
    """The secretary runs the panel: cases, experts, possible conflicts, who is late."""
    return bool(actor.person) and actor.is_role(*PANEL_ROLES) and actor.person == panel.secretary


def may_assign_experts(actor: Actor, panel: PanelFacts) -> bool:
    """The secretary names experts; the office does so as long as there is no secretary."""
    if panel.secretary:
        return may_run_panel(actor, panel)
    return may_plan_panel(actor, panel.region_path)


def may_put_cases(actor: Actor, panel: PanelFacts) -> bool:
    """The secretary, the region's office, or the clock that opened the bids."""
    return may_run_panel(actor, panel) or may_plan_panel(actor, panel.region_path)


def may_lead_panel(actor: Actor, panel: PanelFacts) -> bool:
    """The chair reopens reviews, opens the consensus and signs the minutes."""
    return bool(actor.person) and actor.is_role(*PANEL_ROLES) and actor.person == panel.chair


def may_hold_seat(actor: Actor, expert_person: str) -> bool:
    """An expert acts on nobody's seat and review but the own one, in the expert's appointment."""
    return actor.role == Role.EXPERT and actor.person == expert_person


def may_draw(actor: Actor, panel: PanelFacts) -> bool:
    """The draw operator, who is neither secretary nor chair: use and drawing are kept apart."""
    return (
        bool(actor.person) and actor.is_role(*PANEL_ROLES) and actor.person == panel.draw_operator
    )


def may_witness(actor: Actor, person: str) -> bool:
    """A witness commits and reveals the own number, and nobody else's."""
    return bool(actor.person) and actor.person == person


def may_see_panel(actor: Actor, panel: PanelFacts) -> bool:
    """Its secretary, chair, draw operator, the region's office and the supervisor."""
    if may_run_panel(actor, panel) or may_lead_panel(actor, panel) or may_draw(actor, panel):
        return True
    return actor.is_role(Role.SUPERVISOR, *OFFICE_ROLES) and actor.covers(panel.region_path)


def not_permitted(way_on: str) -> NotPermitted:
    """The refusal of a right, with who may do it instead."""
    return NotPermitted(
        "reviews.not_permitted",
        N_("不能办理。以您现在的身份无权办这一步。"),
        way_on=way_on,
    )


PHASES_MAY = N_("由本地区科技部门或本评审组的秘书办理。")
OFFICE_MAY = N_("由本地区科技部门的经办人或负责人办理。")
SECRETARY_MAY = N_("由本评审组的秘书办理。")
DRAWER_MAY = N_("由本评审组的抽取人办理。")
WITNESS_MAY = N_("由被选定的见证人本人办理。")
CHAIR_MAY = N_("由本评审组的组长办理。")
EXPERT_MAY = N_("由该席位的专家本人，以专家身份办理。")
