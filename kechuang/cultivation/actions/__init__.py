"""Every write of cultivation."""

from kechuang.cultivation.actions.facts import (
    check_declaration,
    declare,
    enter_return,
    return_declaration,
    withdraw_declaration,
)
from kechuang.cultivation.actions.importing import (
    import_facts,
    import_sheet,
    problems_with_sheet,
)
from kechuang.cultivation.actions.learning import Said, learn, source_of, take_in
from kechuang.cultivation.actions.tiers import note_visit, recompute, remind_of_expiry
from kechuang.cultivation.actions.versions import (
    draft_rules,
    enter_rules,
    load_shipped,
    publish_rules,
    return_rules,
    test_rules,
    withdraw_rules,
)

__all__ = [
    "Said", "check_declaration", "declare", "enter_return", "import_facts", "import_sheet",
    "learn", "note_visit", "problems_with_sheet", "recompute", "remind_of_expiry",
    "return_declaration", "source_of", "take_in", "withdraw_declaration",
    "draft_rules", "enter_rules", "load_shipped", "publish_rules", "return_rules",
    "test_rules", "withdraw_rules",
]  # fmt: skip
