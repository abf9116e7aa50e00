"""Packed answers: two bits a criterion; and the one criterion that is in the way."""

from collections.abc import Mapping

from kechuang.engines.eligibility import Policy
from kechuang.engines.eligibility.sql import PACKED_MAX
from kechuang.engines.eligibility.states import MET, Criterion


def packed_criteria(policy: Policy) -> list[str]:
    """The criteria that a packed number holds, the lowest bits first."""
    answers = [code for code, one in policy.criteria.items() if isinstance(one, Criterion)]
    return answers[:PACKED_MAX]


def unpacked(policy: Policy, packed: int) -> dict[str, int]:
    """The answer of each criterion.

    >>> [(6 >> 2 * at) & 3 for at in range(2)]
    [2, 1]
    """
    return {code: (packed >> 2 * at) & 3 for at, code in enumerate(packed_criteria(policy))}


def alternatives(policy: Policy, packed: int) -> list[str]:
    """Every criterion of which each alone, were it met, would make the policy met."""
    if policy.decision is None:
        return []
    states = unpacked(policy, packed)
    row = {f"@{code}": state for code, state in states.items()}
    return [
        code for code, state in states.items()
        if state != MET and policy.decision.value(row | {f"@{code}": MET}) == MET
    ]  # fmt: skip


def one_away(policy: Policy, states: Mapping[str, int]) -> str:
    """The first criterion which alone, were it met, would make the policy met; else empty.

    What the decision asks beside its criteria counts as wanted.
    """
    if policy.decision is None:
        return ""
    row = {f"@{code}": state for code, state in states.items()}
    for code, state in states.items():
        if state != MET and policy.decision.value(row | {f"@{code}": MET}) == MET:
            return code
    return ""


def away_of(policy: Policy, packed: int) -> str:
    """The one criterion in the way, of packed answers."""
    return one_away(policy, unpacked(policy, packed))
