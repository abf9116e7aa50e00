"""The same rules over columns: a back end of numpy for files of many enterprises.

The steps of all policies run over a frame of some thousand enterprises, so that what they make
stays in the cache of the processor. Whole numbers have 64 bits; where a product could pass them,
floats decide where no limit is near, the 64 bits left of the exact difference where it is known to
be small, else Python's numbers.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.eligibility import vectors
from kechuang.engines.eligibility.frames import Frame
from kechuang.engines.eligibility.nodes import BIGINT
from kechuang.engines.eligibility.ruleset import Policy
from kechuang.engines.eligibility.scores import (
    BITS,
    MASK,
    MISSING,
    Best,
    Depending,
    Fixed,
    Judged,
    Steps,
    Together,
    packed,
)
from kechuang.engines.eligibility.states import (
    MET,
    NOT_MET,
    TO_BE_JUDGED,
    UNKNOWN,
    AnyState,
    Criterion,
    Every,
    Holds,
    Opposite,
    Passed,
    Reached,
    Scored,
)
from kechuang.engines.eligibility.stepping import COMPARE, NotColumnar, Stepping, makes_steps

Array = NDArray[Any]
Part = Callable[[], Iterable[tuple[Any, Frame]]]  # reads some of a file, with what stands beside
ONE = packed(1, 1)


@dataclass(frozen=True)
class Columns:
    """The answers of one policy, one element an enterprise; ends of points are tenths."""

    policy: Policy
    state: Array
    criteria: Mapping[str, Array | tuple[Array, Array, Array]]
    score: tuple[Array, Array] | None
    amount_fen: tuple[Array, Array] | None  # with where there is one


class Program(Stepping):
    """The steps of several policies: made once, run over frame after frame."""

    def __init__(self, policies: Sequence[Policy]) -> None:
        super().__init__()
        self.policies = policies
        self.outputs = [self._outputs(one) for one in policies]
        self.keep([one for places in self.outputs for one in places])

    def run(self, frame: Frame) -> list[Columns]:
        """What every policy answers for the enterprises of a frame."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            values = self.values(frame)
        return [
            _answered(policy, [values[at] for at in places], frame.count)
            for policy, places in zip(self.policies, self.outputs, strict=True)
        ]

    def run_all(self, parts: Iterable[Part]) -> Iterator[tuple[Any, list[Columns]]]:
        """The answers of part after part of a file, in their order, on several cores.

        What makes the frames of a part is run where it is evaluated.
        """
        cores = max(1, min(4, os.cpu_count() or 1) - 1)  # one reads meanwhile
        with ThreadPoolExecutor(cores) as pool:
            waiting: deque[Future[list[tuple[Any, list[Columns]]]]] = deque()
            for part in parts:
                waiting.append(pool.submit(self._of_part, part))
                if len(waiting) > 2 * cores:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()

    def _of_part(self, part: Part) -> list[tuple[Any, list[Columns]]]:
        return [(beside, self.run(frame)) for beside, frame in part()]

    def _outputs(self, policy: Policy) -> list[int]:
        if policy.decision is None:
            return []
        places = [self.of(policy.decision)]
        places += [self.of(one) for one in policy.criteria.values()]
        if policy.amount is not None:
            if policy.amount.top.bound > BIGINT:
                raise NotColumnar(policy.code)
            places += [self.of(policy.amount.top), self.of(policy.amount.bottom)]
        return places

    # --- scores, each one number as SQL carries it (`packed`) ---------------------------------

    @makes_steps(Fixed)
    def _fixed(self, node: Fixed) -> int:
        said = np.int64(packed(node.low, node.high))
        return self._do(node, lambda _frame: said)

    @makes_steps(Steps)
    def _steps(self, node: Steps) -> int:
        least, most = min(node.low.values), max(node.high.values)
        ends = list(zip(node.low.values, node.high.values, strict=True))
        table = np.array(
            [*(packed(*one) for one in reversed(ends)), packed(least, most, least < most)], np.int64
        )
        return self._do(node, lambda _frame, rank: table[rank], self.rank(node.low))

    @makes_steps(Judged)
    def _judged(self, node: Judged) -> int:
        self._reads(node.key)

        def act(frame: Frame, within: Any) -> Any:
            given = frame.figure(node.key)
            if not given.known.any():
                return within
            low, high, missing = _ends(within)
            fits = (low <= given.values) & (given.values <= high) & ~missing
            asked = np.where(low < high, within | MISSING, within)  # points outside, or too early
            found = np.where(fits, given.values * ONE, asked)
            return np.where(given.known, found, within)

        return self._do(node, act, self.of(node.within))

    @makes_steps(Together)
    def _together(self, node: Together) -> int:
        return self._do(
            node, lambda _frame, *parts: reduce(np.add, parts),
            *[self.of(one) for one in node.parts],
        )  # fmt: skip

    @makes_steps(Best)
    def _best(self, node: Best) -> int:
        choose = np.minimum if node.least else np.maximum

        def act(_frame: Frame, *parts: Any) -> Any:
            ends = [_ends(one) for one in parts]
            low = reduce(choose, [one[0] for one in ends])
            high = reduce(choose, [one[1] for one in ends])
            return _joined(low, high, reduce(np.logical_or, [one[2] for one in ends]))

        return self._do(node, act, *[self.of(one) for one in node.parts])

    @makes_steps(Depending)
    def _depending(self, node: Depending) -> int:
        def act(frame: Frame, holds: Any, yes: Any, no: Any) -> Any:
            true, false = holds
            found = np.where(true, yes, no)
            if np.all(known := true | false):
                return found
            open_ = np.nonzero(np.broadcast_to(~known, (frame.count,)))[0]
            found = np.array(np.broadcast_to(found, (frame.count,)))
            one, other = (_ends(np.broadcast_to(each, (frame.count,))[open_]) for each in (yes, no))
            found[open_] = _joined(np.minimum(one[0], other[0]), np.maximum(one[1], other[1]), True)
            return found

        return self._do(node, act, self.of(node.condition), self.of(node.yes), self.of(node.no))

    # --- answers ----------------------------------------------------------------------------

    @makes_steps(Criterion)
    def _criterion(self, node: Criterion) -> int:
        return self.of(node.answer)

    @makes_steps(Scored)
    def _scored(self, node: Scored) -> int:
        return self.of(node.points)

    @makes_steps(Holds)
    def _holds(self, node: Holds) -> int:
        def act(_frame: Frame, truth: Any) -> Any:
            true, false = truth
            return np.int8(UNKNOWN) + 2 * _ones(true) - _ones(false)  # 3, 1 or 0

        return self._do(node, act, self.of(node.condition))

    @makes_steps(Reached)
    def _reached(self, node: Reached) -> int:
        compare = COMPARE[node.sign]

        def act(_frame: Frame, points: Any) -> Any:
            low, high, missing = _ends(points)
            open_ = _ones(compare(high, node.limit)) * (np.int8(TO_BE_JUDGED) - _ones(missing))
            return np.where(compare(low, node.limit), np.int8(MET), open_)

        return self._do(node, act, self.of(node.score))

    @makes_steps(Passed)
    def _passed(self, node: Passed) -> int:
        self._reads(node.key)

        def act(frame: Frame) -> Any:
            given = frame.figure(node.key)
            said = np.where(given.values > 0, np.int8(MET), np.int8(NOT_MET))
            return np.where(given.known, said, np.int8(TO_BE_JUDGED))

        return self._do(node, act)

    @makes_steps(Every)
    def _every_state(self, node: Every) -> int:
        return self._do(
            node, lambda _frame, *parts: reduce(np.minimum, parts),
            *[self.of(one) for one in node.parts],
        )  # fmt: skip

    @makes_steps(AnyState)
    def _any_state(self, node: AnyState) -> int:
        def act(_frame: Frame, *parts: Any) -> Any:
            most = reduce(np.maximum, parts)
            unknown = reduce(np.logical_or, [one == UNKNOWN for one in parts])
            return np.where((most != MET) & unknown, np.int8(UNKNOWN), most)

        return self._do(node, act, *[self.of(one) for one in node.parts])

    @makes_steps(Opposite)
    def _opposite(self, node: Opposite) -> int:
        turned = np.array([MET, UNKNOWN, TO_BE_JUDGED, NOT_MET], np.int8)
        return self._do(node, lambda _frame, part: turned[part], self.of(node.part))


def _ends(points: Any) -> tuple[Any, Any, Any]:
    """Both ends of packed points, and whether a datum is wanted."""
    return points & MASK, points >> BITS & MASK, points >= MISSING


def _joined(low: Any, high: Any, missing: Any) -> Any:
    """The packed points of both ends; `missing` counts only where they differ."""
    return low + (high << BITS) + np.where((low < high) & missing, MISSING, 0)


def _ones(truth: Any) -> Any:
    return np.asarray(truth).view(np.int8)


class _Criteria(Mapping[str, Any]):
    """The answers of the criteria of a policy; points are unpacked when somebody asks."""

    def __init__(self, policy: Policy, found: Sequence[Any], count: int) -> None:
        self.policy, self.count = policy, count
        self.found = dict(zip(policy.criteria, found, strict=False))

    def __getitem__(self, code: str) -> Any:
        one = self.found[code]
        if isinstance(self.policy.criteria[code], Scored):
            return tuple(_whole(end, self.count) for end in _ends(one))
        return _whole(one, self.count)

    def __iter__(self) -> Iterator[str]:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


def _whole(one: Any, count: int) -> Array:
    return one if np.shape(one) else np.broadcast_to(one, (count,))


def _answered(policy: Policy, found: Sequence[Any], count: int) -> Columns:
    if policy.decision is None:
        return Columns(policy, np.full(count, NOT_MET, np.int8), {}, None, None)
    criteria = _Criteria(policy, found[1:], count)
    state = _whole(found[0], count)
    score = criteria[policy.score][:2] if policy.score else None
    amount = None
    if policy.amount is not None:
        top, bottom = found[-2:]
        known = _whole(top[1] & bottom[1], count) & (state == MET)
        amount = np.where(known, vectors.quotient(top[0], bottom[0]), 0), known
    return Columns(policy, state, criteria, score, amount)
