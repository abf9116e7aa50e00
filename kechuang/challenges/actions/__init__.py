"""Every write of challenges and bids: one verb per function."""

from kechuang.challenges.actions.asking import answer_question, ask_question
from kechuang.challenges.actions.awarding import finalise, follow_project
from kechuang.challenges.actions.bidding import (
    Envelope,
    ask_signature,
    attach_file,
    confirm_membership,
    drop_file,
    reconfirm_bid,
    return_bid,
    save_bid,
    sign_bid,
    sign_offs,
    start_bid,
    submit_bid,
    withdraw_bid,
)
from kechuang.challenges.actions.clock import step_by_clock
from kechuang.challenges.actions.custody import (
    give_shares,
    lock_draft,
    name_custodians,
    put_envelope,
    register_key,
    start_session,
)
from kechuang.challenges.actions.deciding import (
    approve,
    choose,
    propose,
    return_proposal,
    take_ranking,
)
from kechuang.challenges.actions.drafting import (
    DRAFT_FIELDS,
    Draft,
    answer_fit_test,
    argue,
    ask_consent,
    consent_to_challenge,
    draft_challenge,
    relist_challenge,
    save_draft,
    send_to_argument,
)
from kechuang.challenges.actions.opening import (
    amend_challenge,
    authorise,
    cancel_challenge,
    close_challenge,
    fail_challenge,
    open_budget_line,
    open_challenge,
)
from kechuang.challenges.actions.pricing import open_prices
from kechuang.challenges.actions.racing import (
    compare_teams,
    decide_gate,
    open_gate,
    return_comparison,
)
from kechuang.challenges.actions.recusing import declare_conflict
from kechuang.challenges.actions.replacing import reopen_decision, replace_award
from kechuang.challenges.actions.unsealing import (
    attend_opening,
    check_bid,
    correct_bid,
    finish_check,
    unseal_bids,
)

__all__ = [
    "DRAFT_FIELDS", "Draft", "Envelope", "amend_challenge", "answer_fit_test", "answer_question",
    "approve", "argue", "ask_consent", "ask_question", "ask_signature", "attach_file",
    "attend_opening", "authorise", "cancel_challenge", "check_bid", "choose", "close_challenge",
    "compare_teams", "confirm_membership", "consent_to_challenge", "correct_bid", "decide_gate",
    "declare_conflict", "draft_challenge", "drop_file", "fail_challenge", "finalise",
    "finish_check", "follow_project", "give_shares", "lock_draft", "name_custodians",
    "open_budget_line", "open_challenge", "open_gate", "open_prices", "propose", "put_envelope",
    "reconfirm_bid", "register_key", "relist_challenge", "reopen_decision", "replace_award",
    "return_bid", "return_comparison", "return_proposal", "save_bid", "save_draft",
    "send_to_argument", "sign_bid", "sign_offs", "start_bid", "start_session", "step_by_clock",
    "submit_bid", "take_ranking", "unseal_bids", "withdraw_bid",
]
