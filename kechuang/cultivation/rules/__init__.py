"""Rights and refusals of cultivation, and the ladder; the criteria themselves are rule sets."""

from kechuang.cultivation.rules.ladder import Tier, ladder, near_within, remind_days, tier_coded
from kechuang.cultivation.rules.rights import (
    READERS,
    UNIT_READERS,
    CultivationRefused,
    check_may,
    may_check,
    may_declare,
    may_import,
    may_list,
    may_read,
    may_visit,
)
from kechuang.cultivation.rules.versions import (
    REVIEW_WORKING_DAYS,
    RuleVersionRefused,
    by_line,
    check_changed,
    check_code_free,
    check_date,
    check_seen,
    check_state,
    checked_rules,
    code_of,
    may_approve_rules,
    may_edit_rules,
    may_read_drafts,
    of_the_tests,
)

__all__ = [
    "REVIEW_WORKING_DAYS", "RuleVersionRefused", "check_changed", "check_date", "check_seen",
    "check_code_free", "check_state", "checked_rules", "code_of", "may_approve_rules",
    "may_edit_rules", "may_read_drafts", "by_line", "of_the_tests",
    "READERS", "UNIT_READERS", "CultivationRefused", "Tier", "check_may", "ladder", "may_check",
    "may_declare", "may_import", "may_list", "may_read", "may_visit",
    "near_within", "remind_days", "tier_coded",
]  # fmt: skip
