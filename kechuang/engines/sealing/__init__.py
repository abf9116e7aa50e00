"""Bids that nobody can read before the deadline, but k of n custodians together after it.

What this protects against, and what not, stands in docs/discussion/fairness.md.
"""

from kechuang.engines.sealing.envelopes import Call, call_from, seal, taken_apart
from kechuang.engines.sealing.opening import (
    Opened,
    fingerprint,
    fits,
    give_share,
    may_open,
    open_envelope,
    read_share,
    receipt_of,
    standing,
)
from kechuang.engines.sealing.suites import SUITES, SealRefused, suite_of

__all__ = [
    "SUITES",
    "Call",
    "Opened",
    "SealRefused",
    "call_from",
    "fingerprint",
    "fits",
    "give_share",
    "may_open",
    "open_envelope",
    "read_share",
    "receipt_of",
    "seal",
    "standing",
    "suite_of",
    "taken_apart",
]
