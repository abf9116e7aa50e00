"""Reads of challenges and bids that have more than one caller."""

from kechuang.challenges.queries.awards import (
    ask_of,
    awards_on_notice,
    is_undone,
    live_proposals,
    notice_of_bid,
    office_of,
    projects_of,
    ranked_bids,
    ranking_with_line,
    taken_fen,
)
from kechuang.challenges.queries.clock import (
    challenge_numbered,
    due_by_clock,
    is_reviewed,
)
from kechuang.challenges.queries.content import (
    attachment_bytes,
    attachment_of,
    key_of,
    master_key,
    proposal_of,
    sealed_content_of,
)
from kechuang.challenges.queries.custody import (
    attendance,
    call_facts,
    custodian_of,
    envelope_of,
    envelope_to,
    envelopes_of,
    fingerprint_of,
    live_session,
    opening_facts,
    possible_custodians,
    posted_shares,
    problems_with_content,
    published_call,
    standing_envelopes,
)
from kechuang.challenges.queries.facts import (
    awaited_approval,
    bid_facts,
    challenge_facts,
    criterion_facts,
    draft_facts,
    form_of,
    frame_of,
    invited_code,
    last_seats,
    live_proposal,
    mode,
    prices_due,
    stage_plans,
    target_facts,
)
from kechuang.challenges.queries.lists import (
    bids_visible_to,
    bids_waiting,
    budget_lines_visible_to,
    find_bid,
    in_region,
    own_bids,
    places_on_the_line,
    sees_bids,
    visible_to,
)
from kechuang.challenges.queries.measures import bids_opened, challenges_open, challenges_opened
from kechuang.challenges.queries.publication import (
    canonical_rules,
    current_ruleset,
    opening_minutes,
    opening_of,
    proofs_of_entries,
    publication_of,
)
from kechuang.challenges.queries.races import (
    Team,
    free_after,
    gate_in_hand,
    gates_of,
    racing_teams,
    winners_of,
)

__all__ = [
    "Team", "ask_of", "attachment_bytes", "attachment_of", "attendance", "awaited_approval",
    "awards_on_notice", "bid_facts", "bids_opened", "bids_visible_to", "bids_waiting",
    "budget_lines_visible_to", "call_facts", "canonical_rules", "challenge_facts",
    "challenge_numbered", "challenges_open", "challenges_opened", "criterion_facts",
    "current_ruleset", "custodian_of", "draft_facts", "due_by_clock", "envelope_of", "envelope_to",
    "envelopes_of", "find_bid", "fingerprint_of", "form_of", "frame_of", "free_after",
    "gate_in_hand", "gates_of", "in_region", "invited_code", "is_reviewed", "is_undone", "key_of",
    "last_seats", "live_proposal", "live_proposals", "live_session", "master_key", "mode",
    "notice_of_bid", "office_of", "opening_facts", "opening_minutes", "opening_of", "own_bids",
    "places_on_the_line", "possible_custodians", "posted_shares", "prices_due",
    "problems_with_content", "projects_of", "proofs_of_entries", "proposal_of", "publication_of",
    "published_call", "racing_teams", "ranked_bids", "ranking_with_line", "sealed_content_of",
    "sees_bids", "stage_plans", "standing_envelopes", "taken_fen", "target_facts", "visible_to",
    "winners_of",
]
