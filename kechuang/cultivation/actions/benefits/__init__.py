"""Every write of benefits: policies and their money, batches, payments, what is taken back."""

from kechuang.cultivation.actions.benefits.batches import (
    approve_batch,
    compute_batch,
    follow_notice,
    publish_again,
    return_batch,
    take_out,
)
from kechuang.cultivation.actions.benefits.payments import (
    agree_stake,
    confirm_payments,
    exit_stake,
    pay_batch,
    request_payments,
    return_payments,
    review_payments,
)
from kechuang.cultivation.actions.benefits.policies import (
    check_policy,
    close_policy,
    draft_policy,
    edit_policy,
    enact_policy,
    exclude_policy,
    open_funding,
    return_policy,
    set_budget,
)
from kechuang.cultivation.actions.benefits.reclaims import (
    answer_case,
    compare_paid,
    decide_case,
    settle_case,
)

__all__ = [
    "agree_stake",
    "answer_case",
    "approve_batch",
    "check_policy",
    "close_policy",
    "compare_paid",
    "compute_batch",
    "confirm_payments",
    "decide_case",
    "draft_policy",
    "edit_policy",
    "enact_policy",
    "exclude_policy",
    "exit_stake",
    "follow_notice",
    "open_funding",
    "pay_batch",
    "publish_again",
    "request_payments",
    "return_batch",
    "return_payments",
    "return_policy",
    "review_payments",
    "set_budget",
    "settle_case",
    "take_out",
]
