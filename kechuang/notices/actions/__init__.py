"""Every write of the notices, one verb a function."""

from kechuang.notices.actions.clock import (
    cancel_notice,
    close_notice,
    name_evidence,
    open_notice,
    reckon_notice,
)
from kechuang.notices.actions.files import add_objection_file, attach_to_objection
from kechuang.notices.actions.objections import (
    accept_objection,
    answer_objection,
    decide_objection,
    execute_objection,
    object_to,
    refuse_objection,
    save_objection,
    withdraw_objection,
)

__all__ = [
    "accept_objection",
    "add_objection_file",
    "answer_objection",
    "attach_to_objection",
    "cancel_notice",
    "close_notice",
    "decide_objection",
    "execute_objection",
    "name_evidence",
    "object_to",
    "open_notice",
    "reckon_notice",
    "refuse_objection",
    "save_objection",
    "withdraw_objection",
]
