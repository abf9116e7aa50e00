"""What may be done with a project, by whom, and what an agreement must hold.

`steps` is the workflow: verbs, states, capacities, deadlines, acceptance and payment.
`terms` is the content of an agreement.
"""

from kechuang.projects.rules.deadlines import due, term, terms
from kechuang.projects.rules.steps import (
    CAPACITY_NAMES,
    ENDED,
    MILESTONE_RECTIFIABLE,
    MILESTONE_SUBMITTABLE,
    MILESTONE_VERDICTS,
    PROJECT_VERDICT_STATES,
    PROJECT_VERDICTS,
    REMINDER_OFFSETS,
    SIGNED,
    STATE_NAMES,
    STEPS,
    AcceptanceRefused,
    AgreementRefused,
    PaymentFacts,
    PaymentRefused,
    ProjectFacts,
    ProjectRefused,
    capacities_of,
    check_acceptors,
    check_step,
    check_verdict,
    checks_of_payment,
    has_right,
    is_overdue,
    may_act,
    may_open,
    may_read_inside,
    problems_with_payment,
    reminders_due,
    share_percent,
)
from kechuang.projects.rules.terms import (
    COMPARATOR_SIGNS,
    InstalmentTerm,
    MilestoneTerm,
    PartyTerm,
    TargetTerm,
    Terms,
    day_from,
    fingerprint_of,
    money_problems,
    problems_with_amendment,
    problems_with_terms,
    terms_from_json,
    terms_to_json,
    with_stage,
)

__all__ = [
    "CAPACITY_NAMES", "COMPARATOR_SIGNS", "ENDED",
    "MILESTONE_RECTIFIABLE", "MILESTONE_SUBMITTABLE",
    "MILESTONE_VERDICTS",
    "PROJECT_VERDICTS", "PROJECT_VERDICT_STATES", "REMINDER_OFFSETS",
    "SIGNED", "STATE_NAMES", "STEPS",
    "AcceptanceRefused", "AgreementRefused", "InstalmentTerm", "MilestoneTerm", "PartyTerm",
    "PaymentFacts", "PaymentRefused", "ProjectFacts", "ProjectRefused", "TargetTerm", "Terms",
    "capacities_of", "check_acceptors", "check_step", "check_verdict", "checks_of_payment",
    "day_from", "fingerprint_of", "has_right", "is_overdue", "may_act", "may_open",
    "may_read_inside", "money_problems", "problems_with_amendment", "problems_with_payment",
    "problems_with_terms", "reminders_due", "share_percent", "terms_from_json", "terms_to_json",
    "due", "term", "terms", "with_stage",
]  # fmt: skip
