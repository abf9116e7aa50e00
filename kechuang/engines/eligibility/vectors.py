"""What the columnar back end does to whole columns: figures, truths, rows of lists.

A figure is (values, known), a truth is (true, false); where a truth is neither, it is unknown.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kechuang.engines.eligibility.frames import Frame, Listed
from kechuang.engines.eligibility.nodes import BIGINT, Const, Node, Product, Sum

Array = NDArray[Any]
NEAR = 2.0**-40  # many times what the roundings of a handful of float operations can make
SMALL = 2.0**61
YES, NO = np.bool_(True), np.bool_(False)


# --- figures ------------------------------------------------------------------------------------


def joined(act: Callable[..., Any]) -> Callable[..., Any]:
    """Two figures made one; known where both are."""
    return lambda _frame, left, right: (act(left[0], right[0]), left[1] & right[1])


def year_of(days: Any) -> Any:
    """The calendar years of days since 1970."""
    return np.asarray(days, "datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def either_figure(_frame: Frame, holds: Any, yes: Any, no: Any) -> Any:
    true, false = holds
    return np.where(true, yes[0], no[0]), np.where(true, yes[1], no[1] & false)


def quotient(top: Any, bottom: Any) -> Any:
    """Towards zero, as SQL's div()."""
    whole = np.abs(top) // bottom
    return np.where(np.asarray(top) >= 0, whole, -whole)


# --- truths -------------------------------------------------------------------------------------


def guarded(guards: Sequence[Any]) -> Any:
    """Where a bottom is known and 0 or less."""
    return reduce(np.logical_or, [known & (values <= 0) for values, known in guards], NO)


def compared(compare: Any, left: Any, right: Any, known: Any, guards: Sequence[Any]) -> Any:
    """A comparison; with a bottom of 0 or less it does not hold."""
    holds = compare(left, right)
    true, false = holds & known, ~holds & known
    if guards:
        zero = guarded(guards)
        true, false = true & ~zero, false | zero
    return true, false


def every(_frame: Frame, *parts: Any) -> Any:
    return (
        reduce(np.logical_and, [one[0] for one in parts]),
        reduce(np.logical_or, [one[1] for one in parts]),
    )


def one_of(_frame: Frame, *parts: Any) -> Any:
    true, false = zip(*parts, strict=True)
    return reduce(np.logical_or, true), reduce(np.logical_and, false)


def either_truth(_frame: Frame, holds: Any, yes: Any, no: Any) -> Any:
    true, false = holds
    return (true & yes[0]) | (false & no[0]), (true & yes[1]) | (false & no[1])


def same_truths(sign: str) -> Callable[..., Any]:
    def act(_frame: Frame, left: Any, right: Any) -> Any:
        same = (left[0] & right[0]) | (left[1] & right[1])
        other = (left[0] & right[1]) | (left[1] & right[0])
        return (same, other) if sign == "=" else (other, same)

    return act


# --- rows of a list -----------------------------------------------------------------------------


def marked(listed: Listed, which: Any) -> Array:
    """The enterprises that have such a row."""
    found = np.zeros(len(listed.known), np.bool_)
    rows = np.flatnonzero(np.broadcast_to(which, listed.owner.shape))
    if len(rows):
        found[listed.owner[rows]] = True
    return found


def summed(listed: Listed, values: Any) -> Array:
    """The sum over the rows of each enterprise; a list's rows stand together."""
    running = np.zeros(len(listed.owner) + 1, np.int64)
    np.cumsum(np.broadcast_to(values, listed.owner.shape), out=running[1:])
    return np.diff(running[listed.offsets])


def latest(listed: Listed, holds: Any, day: Any, amount: Any, none: int) -> Any:
    """The figure of the latest row; of one day's, one without a figure, then the smallest."""
    true, false, days, dated, amounts, given = (
        np.broadcast_to(one, listed.owner.shape) for one in (*holds, *day, *amount)
    )
    lacking = marked(listed, ~false & ~(true & dated))
    some = np.nonzero(true & dated)[0]
    before = np.where(given, -amounts, BIGINT)
    order = some[np.lexsort((before[some], days[some], listed.owner[some]))]
    owners = listed.owner[order]
    last = np.nonzero(np.append(owners[1:] != owners[:-1], True))[0] if len(order) else order
    values = np.full(len(listed.known), none, np.int64)
    known = listed.known & ~lacking
    values[owners[last]] = amounts[order[last]]
    known[owners[last]] &= given[order[last]]
    return values, known


# --- where a product could pass 64 bits ---------------------------------------------------------


def leaf_nodes(node: Node) -> Iterator[Node]:
    """The parts of a figure that are within 64 bits themselves."""
    if isinstance(node, Sum | Product) and node.bound > BIGINT:
        yield from leaf_nodes(node.left)
        yield from leaf_nodes(node.right)
    else:
        yield node


def figures_of(node: Node, values: Iterator[Array], kind: Any) -> Any:
    """A figure made of its parts, as 64 bits that wrap around or as Python's numbers."""
    if isinstance(node, Sum | Product) and node.bound > BIGINT:
        left, right = figures_of(node.left, values, kind), figures_of(node.right, values, kind)
        if isinstance(node, Product):
            return left * right
        return left + right if node.sign > 0 else left - right
    return np.asarray(next(values), kind)


def _rough(node: Node, values: Iterator[Array]) -> tuple[Array, Array | None]:
    """A figure as a float, and the size of what its rounding can come from: its own if None."""
    if not isinstance(node, Sum | Product) or node.bound <= BIGINT:
        return next(values), None
    (left, left_size), (right, right_size) = _rough(node.left, values), _rough(node.right, values)
    one = np.abs(left) if left_size is None else left_size
    other = np.abs(right) if right_size is None else right_size
    if isinstance(node, Product):
        is_plain = left_size is None and right_size is None
        return left * right, None if is_plain else one * other
    return left + node.sign * right, one + other


def _floats(parts: Sequence[Any]) -> list[Array]:
    """The parts as floats; one that comes twice is changed once."""
    found = {id(one): np.asarray(one, np.float64) for one in parts}
    return [found[id(one)] for one in parts]


def sign_of(left: Node, right: Node, parts: Sequence[Any]) -> Array:
    """What has the sign of left - right, exactly, of the 64-bit parts of both.

    Floats decide where nothing is near; there the difference that has wrapped around 64 bits is the
    exact one where it is known to be small; else Python's numbers decide.
    """

    floats = iter(_floats(parts))
    (one, size), (other, other_size) = _rough(left, floats), _rough(right, floats)
    error = (np.abs(one) if size is None else size) * NEAR
    error = error + (np.abs(other) if other_size is None else other_size) * NEAR
    about = one - other
    near, small = np.abs(about) <= error, error < SMALL
    found = np.where(near & small, _less(left, right, parts, np.int64), np.sign(about))
    large = np.nonzero(near & ~small)[0]
    if len(large):
        some = [np.broadcast_to(one, near.shape)[large] for one in parts]
        whole = _less(left, right, some, object)
        found[large] = (whole > 0).astype(np.int8) - (whole < 0)
    return np.asarray(found)


def _less(left: Node, right: Node, parts: Sequence[Any], kind: Any) -> Any:
    values = iter(parts)
    one = figures_of(left, values, kind)
    return one - figures_of(right, values, kind)


def held_of(
    top: Node, bottom: Node, bands: Sequence[tuple[Any, Fraction]], parts: Sequence[Any]
) -> Array:
    """How many of the bands a ratio is in: by division where no limit is near, else exactly.

    Each band is its comparison and its limit; `parts` are the 64-bit parts of top and bottom.
    """
    count = sum(1 for _ in leaf_nodes(top))
    floats = iter(_floats(parts))
    above, size = _rough(top, floats)
    below, below_size = _rough(bottom, floats)
    ratio = above / below
    error = np.abs(ratio)
    error = error + (error if size is None else size / np.abs(below))
    if below_size is not None:
        error = error + np.abs(ratio) * below_size / np.abs(below)
    error = np.where(below == 0, 0.0, error * NEAR)  # where it is 0 a guard or a gap decides
    below_it, above_it = ratio - error, ratio + error
    held = reduce(np.add, [_tells(compare, below_it, limit) for compare, limit in bands])
    other = reduce(np.add, [_tells(compare, above_it, limit) for compare, limit in bands])
    near = np.nonzero(held != other)[0]
    if len(near):
        some = [np.broadcast_to(one, ratio.shape)[near] for one in parts]
        many = Const(BIGINT)  # stands for the number that each band has
        left, right = Product(top, many), Product(bottom, many)
        held[near] = 0
        for compare, limit in bands:
            ends = (np.int64(limit.denominator), np.int64(limit.numerator))
            sign = sign_of(left, right, [*some[:count], ends[0], *some[count:], ends[1]])
            held[near] += compare(sign, 0)
    return np.asarray(held)


def _tells(compare: Any, ratio: Array, limit: Fraction) -> Any:
    return compare(ratio, float(limit)).view(np.int8)
