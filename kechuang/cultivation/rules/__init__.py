"""Rights and refusals of cultivation, and the ladder; the criteria themselves are rule sets."""

from kechuang.cultivation.rules.ladder import Tier, ladder, remind_days, tier_coded
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

__all__ = [
    "READERS", "UNIT_READERS", "CultivationRefused", "Tier", "check_may", "ladder", "may_check",
    "may_declare", "may_import", "may_list", "may_read", "may_visit", "remind_days", "tier_coded",
]  # fmt: skip
