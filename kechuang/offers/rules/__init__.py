"""What may be done with an offer, by whom, and what it must say."""

from kechuang.offers.rules.content import (
    FIELD_NAMES,
    FIGURES_MOST,
    KIND_NAMES,
    MODE_NAMES,
    PATENT_STATUS_NAMES,
    PEOPLE_MOST,
    TITLE_LONGEST,
    TRL_NAMES,
    Content,
    FigureFacts,
    Kind,
    Mode,
    PatentStatus,
    auto_title,
    figures_in,
    keywords_of,
    lines_of,
    number_text,
    plain,
    read_typed,
    trimmed,
    typed_from,
    wan_text,
)
from kechuang.offers.rules.states import (
    OWNERS,
    STATE_KINDS,
    STATE_NAMES,
    OfferFacts,
    OfferRefused,
    State,
    check_may,
    may_edit,
    may_import,
    may_post,
    may_return,
    may_sign,
    may_submit,
    may_withdraw,
)
from kechuang.offers.rules.terms import due, fate_of_draft, idle_days_least, term, terms

__all__ = [
    "FIELD_NAMES", "FIGURES_MOST", "KIND_NAMES", "MODE_NAMES", "OWNERS",
    "PATENT_STATUS_NAMES", "PEOPLE_MOST", "STATE_KINDS", "STATE_NAMES", "TITLE_LONGEST",
    "TRL_NAMES", "Content", "FigureFacts", "Kind", "Mode", "OfferFacts", "OfferRefused",
    "PatentStatus", "State", "auto_title", "check_may", "figures_in", "keywords_of", "lines_of",
    "may_edit", "may_import", "may_post", "may_return", "may_sign", "may_submit", "may_withdraw",
    "number_text", "plain", "read_typed", "trimmed", "typed_from", "wan_text",
    "due", "idle_days_least", "term", "terms", "fate_of_draft",
]  # fmt: skip
