"""Every write of projects: open, agree, report, accept, pay, freeze, amend, end.

Locks are taken in one order: project, then what the ledger locks.
"""

from kechuang.projects.actions.acceptances import (
    EvidenceItem,
    apply_for_acceptance,
    check_milestone,
    decide_acceptance,
    give_opinion,
    open_acceptance,
    open_check,
    rectify_milestone,
    rectify_project,
    submit_milestone,
)
from kechuang.projects.actions.agreements import (
    begin_amendment,
    draft_agreement,
    return_agreement,
    sign_for_department,
    sign_for_unit,
    withdraw_amendment,
)
from kechuang.projects.actions.endings import (
    archive,
    begin_termination,
    freeze,
    lapse_unsigned,
    remind_of_milestones,
    revoke,
    terminate,
    unfreeze,
    withdraw_termination,
)
from kechuang.projects.actions.opening import open_project
from kechuang.projects.actions.payments import (
    confirm_payment,
    correct_receipt,
    hold_payment,
    pay_instalment,
    receive_funds,
    reclaim_payment,
    request_payment,
    resume_payment,
    return_payment,
    review_payment,
    settle_reclaim,
)

__all__ = [
    "EvidenceItem", "apply_for_acceptance", "archive", "begin_amendment", "begin_termination",
    "check_milestone", "confirm_payment", "correct_receipt", "decide_acceptance", "draft_agreement", "freeze",
    "give_opinion", "hold_payment", "lapse_unsigned", "open_acceptance", "open_check",
    "open_project", "pay_instalment", "receive_funds", "reclaim_payment", "rectify_milestone",
    "rectify_project", "remind_of_milestones", "request_payment", "resume_payment",
    "return_agreement", "return_payment", "review_payment", "revoke", "settle_reclaim",
    "sign_for_department", "sign_for_unit", "submit_milestone", "terminate", "unfreeze",
    "withdraw_amendment", "withdraw_termination",
]  # fmt: skip
