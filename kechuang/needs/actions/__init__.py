"""Every write to a need: one verb per function."""

from kechuang.needs.actions.checking import merge_need, pass_check, return_need, sign_need
from kechuang.needs.actions.drafting import (
    add_attachment,
    attach_blob,
    discard_draft,
    remove_attachment,
    save_draft,
    submit_need,
)
from kechuang.needs.actions.ending import (
    convert_need,
    expire_need,
    reconfirm_need,
    remind_of_reconfirming,
    renumber_challenge,
    reopen_need,
    solve_need,
    sweep_draft,
    withdraw_need,
)
from kechuang.needs.actions.importing import (
    import_needs,
    import_sheet,
    problems_with_sheet,
    read_rows,
)
from kechuang.needs.actions.opening import disclose, end_disclosure

__all__ = [
    "add_attachment", "attach_blob", "convert_need", "discard_draft", "disclose",
    "end_disclosure", "expire_need", "import_needs", "import_sheet", "merge_need", "pass_check",
    "problems_with_sheet", "read_rows", "reconfirm_need", "remind_of_reconfirming",
    "remove_attachment", "renumber_challenge", "reopen_need", "return_need", "save_draft",
    "sign_need", "solve_need", "submit_need", "sweep_draft", "withdraw_need",
]  # fmt: skip
