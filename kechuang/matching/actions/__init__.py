"""Every write of matching: ranking, verdicts, introductions and the ledger."""

from kechuang.matching.actions.introducing import (
    advance,
    answer_introduction,
    end_introduction,
    hand_over,
    introduce,
    record_contact,
    share_credit,
)
from kechuang.matching.actions.judging import judge_match
from kechuang.matching.actions.liaising import pause_liaison, set_capacity
from kechuang.matching.actions.ranking import follow_record, rank_all, rank_need

__all__ = [
    "advance",
    "answer_introduction",
    "end_introduction",
    "follow_record",
    "hand_over",
    "introduce",
    "judge_match",
    "rank_all",
    "rank_need",
    "record_contact",
    "pause_liaison",
    "set_capacity",
    "share_credit",
]
