"""Every write to an offer: one verb per function."""

from kechuang.offers.actions.drafting import (
    discard_draft,
    save_draft,
    submit_offer,
    sweep_draft,
)
from kechuang.offers.actions.importing import (
    import_offers,
    import_sheet,
    problems_with_sheet,
    read_rows,
)
from kechuang.offers.actions.publishing import return_offer, sign_offer, withdraw_offer

__all__ = [
    "discard_draft", "import_offers", "import_sheet", "problems_with_sheet",
    "read_rows", "return_offer", "save_draft", "sign_offer", "submit_offer", "sweep_draft",
    "withdraw_offer",
]  # fmt: skip
