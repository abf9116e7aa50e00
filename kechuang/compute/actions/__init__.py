"""Every write of the desk, one verb a function."""

from kechuang.compute.actions.allocations import (
    end_allocation,
    grant_allocation,
    renew_allocation,
    request_allocation,
    return_allocation,
    revoke_allocation,
)
from kechuang.compute.actions.billing import approve_adjustment, ask_adjustment, lock_statement
from kechuang.compute.actions.desk import (
    change_centre_state,
    connect_centre,
    note_answer,
    register_centre,
)
from kechuang.compute.actions.jobs import cancel_job, quote_job, requote_job, retry_job, submit_job
from kechuang.compute.actions.registry import (
    add_phase,
    ask_prices,
    change_centre,
    change_data_audience,
    move_phase,
    note_link,
    note_trial,
    refuse_prices,
    register_data,
    set_prices,
)
from kechuang.compute.actions.running import (
    Left,
    hand_in_runs,
    keep_leavings,
    see_run,
    see_runs,
)

__all__ = [
    "Left", "add_phase", "approve_adjustment", "ask_adjustment", "ask_prices", "cancel_job",
    "change_centre", "change_centre_state", "change_data_audience", "connect_centre",
    "end_allocation", "grant_allocation", "hand_in_runs", "keep_leavings", "lock_statement",
    "move_phase", "note_answer", "note_link", "note_trial", "quote_job", "refuse_prices",
    "register_centre", "register_data", "renew_allocation", "request_allocation", "requote_job",
    "retry_job", "return_allocation", "revoke_allocation", "see_run", "see_runs", "set_prices",
    "submit_job",
]  # fmt: skip
