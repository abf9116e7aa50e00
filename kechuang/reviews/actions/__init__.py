"""Every write of the reviews, one verb a function."""

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
from kechuang.reviews.actions.scores import (
    decide_conflict,
    declare,
    explain_deviation,
    finish_review,
    open_consensus,
    reopen_review,
    save_score,
    submit_score,
)

__all__ = [
    "accept_seat",
    "assign_experts",
    "cancel_panel",
    "decide_conflict",
    "declare",
    "declare_officer_conflict",
    "explain_deviation",
    "finish_review",
    "name_panel_officers",
    "open_consensus",
    "plan_panel",
    "put_cases",
    "refuse_seat",
    "release_seat",
    "reopen_review",
    "save_score",
    "submit_score",
    "time_out_seats",
]
