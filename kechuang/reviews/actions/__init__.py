"""Every write of the reviews, one verb a function."""

from kechuang.reviews.actions.dealing import deal_cases, set_dealing
from kechuang.reviews.actions.drawing import (
    cancel_draw,
    commit_nonce,
    draw_experts,
    fix_pool,
    name_draw_operator,
    reveal_nonce,
)
from kechuang.reviews.actions.panels import (
    accept_seat,
    assign_experts,
    cancel_panel,
    declare_officer_conflict,
    name_panel_officers,
    plan_panel,
    put_cases,
    refuse_seat,
    release_seat,
    time_out_seats,
)
from kechuang.reviews.actions.phases import set_phases
from kechuang.reviews.actions.scores import (
    decide_conflict,
    declare,
    explain_deviation,
    finish_review,
    open_consensus,
    recuse_late,
    reopen_review,
    save_score,
    submit_score,
)

__all__ = [
    "accept_seat",
    "assign_experts",
    "cancel_draw",
    "cancel_panel",
    "commit_nonce",
    "deal_cases",
    "decide_conflict",
    "declare",
    "declare_officer_conflict",
    "draw_experts",
    "explain_deviation",
    "finish_review",
    "fix_pool",
    "name_draw_operator",
    "name_panel_officers",
    "open_consensus",
    "plan_panel",
    "put_cases",
    "recuse_late",
    "refuse_seat",
    "release_seat",
    "reopen_review",
    "reveal_nonce",
    "save_score",
    "set_dealing",
    "set_phases",
    "submit_score",
    "time_out_seats",
]
