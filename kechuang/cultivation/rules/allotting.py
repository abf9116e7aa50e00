"""Who gets how much of a year's money: difference, budget, double benefits, and each line's why.

Pure integers of fen. Nothing here knows an enterprise's data: a verdict comes in, a line goes out.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

PRO_RATA, RANKING = "PRO_RATA", "RANKING"
PAYS, CUT, EXCLUDED = "PAYS", "CUT", "EXCLUDED"

# Why a line is as it is; the words stand in `reasons`.
FULL, SHARED, AT_THE_EDGE = "FULL", "SHARED", "AT_THE_EDGE"
SUPPLEMENT, NO_BUDGET, ENJOYED = "SUPPLEMENT", "NO_BUDGET", "ENJOYED"


@dataclass(frozen=True)
class Candidate:
    """An enterprise that meets a policy: its amount by the rule, and what was settled before.

    `settled_fen` is the amount by the rule that earlier lines of the same policy and period were
    computed from: only a difference in the enterprise's favour is a line again. `rank` is the
    figure that a ranking goes by, None where it is not known. `enjoyed` names the line of another
    policy that may not be enjoyed together with this one.
    """

    code: str
    entitled_fen: int
    settled_fen: int = 0
    rank: int | None = None
    enjoyed: str = ""

    @property
    def claim_fen(self) -> int:
        return self.entitled_fen - self.settled_fen


@dataclass(frozen=True)
class Allotted:
    """One line of a batch: what is paid, and why."""

    code: str
    outcome: str
    reason: str
    entitled_fen: int
    settled_fen: int
    amount_fen: int = 0
    facts: Mapping[str, int | str] = field(default_factory=dict)


def allot(candidates: Iterable[Candidate], left_fen: int, shortfall: str) -> list[Allotted]:
    """Lines for everybody with a claim, by credit code; what they are paid never exceeds the rest.

    >>> three = [Candidate(code, 100) for code in "ABC"]
    >>> [line.amount_fen for line in allot(three, 200, PRO_RATA)]
    [67, 67, 66]
    >>> [line.amount_fen for line in allot(three, 300, PRO_RATA)]
    [100, 100, 100]
    """
    claims = sorted((one for one in candidates if one.claim_fen > 0), key=lambda one: one.code)
    open_claims = [one for one in claims if not one.enjoyed]
    excluded = [_line(one, EXCLUDED, ENJOYED, line=one.enjoyed) for one in claims if one.enjoyed]
    wanted = sum(one.claim_fen for one in open_claims)
    left = max(left_fen, 0)
    if wanted <= left:
        lines = [_paid(one, one.claim_fen, FULL) for one in open_claims]
    elif shortfall == RANKING:
        lines = _by_rank(open_claims, left)
    else:
        shares = share_out([one.claim_fen for one in open_claims], left)
        lines = [
            _paid(one, share, SHARED, wanted_fen=wanted, left_fen=left)
            for one, share in zip(open_claims, shares, strict=True)
        ]
    return sorted([*lines, *excluded], key=lambda line: line.code)


def share_out(claims: Sequence[int], left_fen: int) -> list[int]:
    """Shares in proportion to the claims that sum exactly to what is left; largest remainders
    first, equal remainders in the order given.

    >>> share_out([100, 100, 100], 200)
    [67, 67, 66]
    >>> share_out([1, 2], 0)
    [0, 0]
    """
    whole = sum(claims)
    if not whole:
        return [0 for _claim in claims]
    shares = [claim * left_fen // whole for claim in claims]
    order = sorted(range(len(claims)), key=lambda i: (-(claims[i] * left_fen % whole), i))
    for place in order[: left_fen - sum(shares)]:
        shares[place] += 1
    return shares


def _by_rank(claims: Sequence[Candidate], left: int) -> list[Allotted]:
    """The highest first; equals at the edge share what is left, so that no order decides."""
    ordered = sorted(claims, key=_height, reverse=True)
    lines: list[Allotted] = []
    place = 1
    for _rank, group in groupby(ordered, key=_height):
        equals = sorted(group, key=lambda one: one.code)
        wanted = sum(one.claim_fen for one in equals)
        facts: dict[str, int | str] = {"place": place, "equals": len(equals)}
        if wanted <= left:
            lines += [_paid(one, one.claim_fen, FULL, **facts) for one in equals]
        else:
            shares = share_out([one.claim_fen for one in equals], left)
            facts |= {"wanted_fen": wanted, "left_fen": left}
            lines += [
                _paid(one, share, AT_THE_EDGE, **facts)
                for one, share in zip(equals, shares, strict=True)
            ]
        left -= min(wanted, left)
        place += len(equals)
    return lines


def _height(one: Candidate) -> tuple[bool, int]:
    return one.rank is not None, one.rank or 0


def _paid(one: Candidate, amount_fen: int, reason: str, **facts: int | str) -> Allotted:
    if amount_fen <= 0:
        return _line(one, CUT, NO_BUDGET, **facts)
    if one.settled_fen and reason == FULL:
        reason = SUPPLEMENT
    return replace(_line(one, PAYS, reason, **facts), amount_fen=amount_fen)


def _line(one: Candidate, outcome: str, reason: str, **facts: int | str) -> Allotted:
    known = dict(facts)
    if one.rank is not None:
        known["rank"] = one.rank
    return Allotted(one.code, outcome, reason, one.entitled_fen, one.settled_fen, 0, known)


def pays_something(lines: Iterable[Allotted]) -> bool:
    return any(line.outcome == PAYS for line in lines)


def total_fen(lines: Iterable[Allotted]) -> int:
    return sum(line.amount_fen for line in lines)


def due_back(granted_fen: int, entitled_then_fen: int, entitled_now_fen: int) -> int:
    """What of a granted sum is owed back when the amount by the rule falls.

    Who was given a share of the budget keeps the same share of the lower amount; a fen that does
    not divide stays with the enterprise.

    >>> due_back(200_000, 200_000, 150_000)
    50000
    >>> due_back(100_000, 200_000, 150_000)
    25000
    >>> due_back(200_000, 200_000, 0)
    200000
    >>> due_back(200_000, 200_000, 250_000)
    0
    """
    if entitled_now_fen >= entitled_then_fen:
        return 0
    keeps = -(-granted_fen * max(entitled_now_fen, 0) // entitled_then_fen)
    return granted_fen - keeps


def fingerprint(content: Mapping[str, object]) -> str:
    """SHA-256 over what was worked out, in its canonical form."""
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def canonical(content: Mapping[str, object]) -> str:
    """What is fingerprinted, as RFC 8785 writes strings, integers and lists.

    >>> canonical({"b": 1, "a": ["甲"]})
    '{"a":["甲"],"b":1}'
    """
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
