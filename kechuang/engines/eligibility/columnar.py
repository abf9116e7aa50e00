"""The same rules over columns: a back end of numpy for files of many enterprises.

The steps of all policies run over a frame of some thousand enterprises, so that what they make
stays in the cache of the processor. Whole numbers have 64 bits; where a product could pass them,
floats decide where no limit is near, the 64 bits left of the exact difference where it is known to
be small, else Python's numbers.
"""

import os
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    Best,
    Depending,
    Fixed,
    Judged,
    Steps,
    Together,
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

    def run(self, frame: Frame) -> list[Columns]:
        """What every policy answers for the enterprises of a frame."""
        with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
            values = self.values(frame)
        return [
            _answered(policy, [values[at] for at in places], frame.count)
            for policy, places in zip(self.policies, self.outputs, strict=True)
        ]

    def run_all(self, frames: Iterable[tuple[Any, Frame]]) -> Iterator[tuple[Any, list[Columns]]]:
        """The answers of frame after frame, in their order, on several cores."""
        cores = max(1, min(4, os.cpu_count() or 1) - 1)  # one reads meanwhile
        with ThreadPoolExecutor(cores) as pool:
            waiting: deque[tuple[Any, Future[list[Columns]]]] = deque()
            for beside, frame in frames:
                waiting.append((beside, pool.submit(self.run, frame)))
                if len(waiting) > 2 * cores:
                    first, done = waiting.popleft()
                    yield first, done.result()
            for first, done in waiting:
                yield first, done.result()

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

    # --- scores -----------------------------------------------------------------------------

    @makes_steps(Fixed)
    def _fixed(self, node: Fixed) -> int:
        low, high = np.int32(node.low), np.int32(node.high)
        return self._do(node, lambda _frame: (low, high, np.bool_(False)))

    @makes_steps(Steps)
    def _steps(self, node: Steps) -> int:
        unknown = len(node.low.values)
        low = np.array([*reversed(node.low.values), min(node.low.values)], np.int32)
        high = np.array([*reversed(node.high.values), max(node.high.values)], np.int32)
        is_one, differs = node.low is node.high, low[-1] < high[-1]

        def act(_frame: Frame, rank: Any) -> Any:
            missing = (rank == unknown) & differs
            if is_one:
                known = low[rank]
                return known, np.where(missing, high[-1], known), missing
            return low[rank], high[rank], missing

        return self._do(node, act, self.rank(node.low))

    @makes_steps(Judged)
    def _judged(self, node: Judged) -> int:
        self._reads(node.key)

        def act(frame: Frame, within: Any) -> Any:
            low, high, missing = within
            given = frame.figure(node.key)
            if not given.known.any():
                return within
            fits = given.known & ~missing & (low <= given.values) & (given.values <= high)
            return (
                np.where(fits, given.values, low).astype(np.int32),
                np.where(fits, given.values, high).astype(np.int32),
                missing | (given.known & ~fits & (low < high)),
            )  # fmt: skip

        return self._do(node, act, self.of(node.within))

    @makes_steps(Together)
    def _together(self, node: Together) -> int:
        def act(_frame: Frame, *parts: Any) -> Any:
            return (
                reduce(np.add, [one[0] for one in parts]),
                reduce(np.add, [one[1] for one in parts]),
                reduce(np.logical_or, [one[2] for one in parts]),
            )

        return self._do(node, act, *[self.of(one) for one in node.parts])

    @makes_steps(Best)
    def _best(self, node: Best) -> int:
        choose = np.minimum if node.least else np.maximum

        def act(_frame: Frame, *parts: Any) -> Any:
            low = reduce(choose, [one[0] for one in parts])
            high = reduce(choose, [one[1] for one in parts])
            return low, high, (low < high) & reduce(np.logical_or, [one[2] for one in parts])

        return self._do(node, act, *[self.of(one) for one in node.parts])

    @makes_steps(Depending)
    def _depending(self, node: Depending) -> int:
        def act(_frame: Frame, holds: Any, yes: Any, no: Any) -> Any:
            true, false = holds
            unknown = ~(true | false)
            low, high = np.where(true, yes[0], no[0]), np.where(true, yes[1], no[1])
            if unknown.any():
                low = np.where(unknown, np.minimum(yes[0], no[0]), low)
                high = np.where(unknown, np.maximum(yes[1], no[1]), high)
            missing = (true & yes[2]) | (false & no[2]) | (unknown & (low < high))
            return low, high, missing

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
            low, high, missing = points
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


def _ones(truth: Any) -> Any:
    return np.asarray(truth).view(np.int8)


def _answered(policy: Policy, found: Sequence[Any], count: int) -> Columns:
    def whole(one: Any) -> Array:
        return one if np.shape(one) else np.broadcast_to(one, (count,))

    if policy.decision is None:
        return Columns(policy, np.full(count, NOT_MET, np.int8), {}, None, None)
    criteria = {
        code: tuple(map(whole, one)) if isinstance(one, tuple) else whole(one)
        for code, one in zip(policy.criteria, found[1:], strict=False)
    }
    state = whole(found[0])
    score = criteria[policy.score][:2] if policy.score else None
    amount = None
    if policy.amount is not None:
        top, bottom = found[-2:]
        known = whole(top[1] & bottom[1]) & (state == MET)
        amount = np.where(known, vectors.quotient(top[0], bottom[0]), 0), known
    return Columns(policy, state, criteria, score, amount)  # type: ignore[arg-type]
