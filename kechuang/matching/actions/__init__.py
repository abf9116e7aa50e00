"""Every write of matching: ranking, verdicts, the ledger of introductions, events and plans."""

from kechuang.matching.actions.asking import ask_introduction, decline_request
from kechuang.matching.actions.events import (
    answer_outcome,
    cancel_event,
    decline_invitation,
    hold_event,
    invite,
    open_event,
    save_event,
    sign_up,
    withdraw_sign_up,
)
from kechuang.matching.actions.handing import (
    accept_hand_over,
    decline_hand_over,
    hand_over,
    withdraw_hand_over,
)
from kechuang.matching.actions.introducing import (
    advance,
    answer_introduction,
    end_introduction,
    introduce,
    record_contact,
    share_credit,
)
from kechuang.matching.actions.judging import judge_match, note_shown
from kechuang.matching.actions.learning import learn_model, use_model
from kechuang.matching.actions.liaising import pause_liaison, set_capacity
from kechuang.matching.actions.planning import clear_plan, drop_sitting, plan_event, seat_pair
from kechuang.matching.actions.ranking import follow_record, rank_all, rank_need

__all__ = [
    "accept_hand_over",
    "advance",
    "answer_introduction",
    "answer_outcome",
    "ask_introduction",
    "cancel_event",
    "clear_plan",
    "decline_hand_over",
    "decline_invitation",
    "decline_request",
    "drop_sitting",
    "end_introduction",
    "follow_record",
    "hand_over",
    "hold_event",
    "introduce",
    "invite",
    "judge_match",
    "learn_model",
    "note_shown",
    "open_event",
    "pause_liaison",
    "plan_event",
    "rank_all",
    "rank_need",
    "record_contact",
    "save_event",
    "seat_pair",
    "set_capacity",
    "share_credit",
    "sign_up",
    "use_model",
    "withdraw_hand_over",
    "withdraw_sign_up",
]
