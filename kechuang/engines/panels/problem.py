"""A panel problem: which expert may sit on which bid's panel, at what score, under which rules.

Read from JSON (and a NumPy file for large score tables), refused with the place that is wrong.
"""

import difflib
import hashlib
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

UNIT = 1_000_000  # a score is counted in millionths
SCORE_MAX = 1e9
PAIRS_MAX = 400_000_000
COUNT_MAX = 10_000_000
KEYS = (
    "scores", "bids", "experts", "demand", "load_max", "load_min", "conflicts", "institution",
    "per_institution_max", "senior", "senior_min", "fields", "wanted", "pair_probability_max",
    "seed", "allow_unscored",
)  # fmt: skip
_NEEDED = ("scores", "bids", "experts", "demand", "load_max")
_TRIPLE, _PAIR = 3, 2
_TILE = 1_000_000  # pairs at a time: some megabytes


class ProblemRefused(ValueError):
    """A problem cannot be read: says which field, what is wrong with it and what it must be."""


@dataclass(frozen=True)
class Problem:
    """Bids that want panels and experts who may sit on them. Arrays are indexed from 0.

    `raw` is bids x experts in units of a score, NaN where a pair may not sit (a conflict in the
    table itself, or a pair without a score where such pairs are not allowed).
    """

    bids: int
    experts: int
    raw: npt.NDArray[Any]
    demand: Ints
    load_max: Ints
    load_min: Ints | None = None
    conflicts: Ints | None = None  # rows of expert, bid
    institution: Ints | None = None  # a code per expert
    institution_names: tuple[str, ...] = ()
    per_institution_max: int = 0
    senior: Bools | None = None
    senior_min: int = 0
    fields: Bools | None = None  # experts x names of fields
    field_names: tuple[str, ...] = ()
    wanted: tuple[tuple[int, ...], ...] | None = None  # fields wanted, per bid
    pair_probability_max: float | None = None
    seed: str = ""
    allow_unscored: bool = True
    unscored: Bools | None = None  # bids x experts, where pairs without a score may not sit
    noticed: tuple[str, ...] = ()

    def scaled(self) -> npt.NDArray[Any]:
        """All scores in millionths as integers, bids x experts; `forbidden` where none may sit."""
        small = _largest(self.raw) * UNIT < np.iinfo(np.int32).max // 2
        kind = np.int32 if small else np.int64
        whole = np.empty((self.bids, self.experts), dtype=kind)
        table = as_stored(self.raw)
        target = whole if table is self.raw else whole.T
        step = max(1, _TILE // max(1, table.shape[1]))
        for first in range(0, len(table), step):
            block = np.array(table[first : first + step], dtype=np.float64)
            block *= UNIT
            np.rint(block, out=block)
            barred = np.isnan(block)
            block[barred] = 0
            part = block.astype(kind)
            part[barred] = forbidden(kind)
            target[first : first + step] = part
        if self.conflicts is not None and len(self.conflicts):
            whole[self.conflicts[:, 1], self.conflicts[:, 0]] = forbidden(kind)
        return whole

    def scores_of(self, bid: Ints, expert: Ints) -> Ints:
        """Scores in millionths of the named pairs; `forbidden(int64)` where a pair may not sit."""
        found = np.rint(np.asarray(self.raw[bid, expert], dtype=np.float64) * UNIT)
        barred = np.isnan(found)
        found[barred] = 0
        whole = found.astype(np.int64)
        whole[barred] = forbidden(np.int64)
        return whole


def forbidden(kind: Any) -> int:
    """The number that stands for "this pair may not sit" in a table of integers."""
    return int(np.iinfo(kind).min)


def as_stored(table: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The table, or its other way round, so that its rows lie together in memory or in a file."""
    turned = table.T.flags.c_contiguous and not table.flags.c_contiguous
    return table.T if turned else table


def _largest(raw: npt.NDArray[Any]) -> float:
    """The largest magnitude in a table, conflicts left out."""
    found = 0.0
    table = as_stored(raw)
    step = max(1, _TILE // max(1, table.shape[1]))
    for first in range(0, table.shape[0], step):
        block = np.asarray(table[first : first + step], dtype=np.float64)
        if block.size:
            high, low = np.fmax.reduce(block, axis=None), np.fmin.reduce(block, axis=None)
            if not math.isnan(high):
                found = max(found, float(high), -float(low))
    return found


def read_problem(path: Path, checked: bool = True) -> Problem:
    """Read PROBLEM.json and the score table that it names; refuse what is not a problem.

    Without `checked` the table is not looked through: `verify` does so while it reads it.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ProblemRefused(f"{path.name}: cannot be read ({error.strerror})") from error
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ProblemRefused(f"{path.name}: not JSON ({error})") from error
    try:
        return problem_from(told, path.parent, hashlib.sha256(content).hexdigest(), checked)
    except ProblemRefused as refused:
        raise ProblemRefused(f"{path.name}: {refused}") from refused


def problem_from(told: Any, folder: Path = Path(), name: str = "", checked: bool = True) -> Problem:
    """Make a problem of decoded JSON; `name` is the seed where the problem gives none.

    Raises ProblemRefused with the field that is wrong.
    """
    if not isinstance(told, dict):
        raise ProblemRefused("must be an object")
    noticed = _unknown_keys(told)
    for key in _NEEDED:
        if key not in told:
            raise ProblemRefused(f"{key}: missing")
    bids, experts = (_count(told, key, 1) for key in ("bids", "experts"))
    if bids * experts > PAIRS_MAX:
        raise ProblemRefused(f"bids x experts: more than {PAIRS_MAX:,} pairs; split the problem")
    allow = told.get("allow_unscored", True)
    if not isinstance(allow, bool):
        raise ProblemRefused("allow_unscored: must be true or false")
    raw, unscored = _scores(told["scores"], bids, experts, allow, folder)
    if checked and isinstance(told["scores"], dict):
        check_finite(raw)
    seed = told.get("seed", "")
    if not isinstance(seed, str):
        raise ProblemRefused("seed: must be a string")
    facts = _institutions(told, experts) | _seniors(told, experts) | _fields(told, bids, experts)
    return Problem(
        bids,
        experts,
        raw,
        demand=_per(told, "demand", bids),
        load_max=_per(told, "load_max", experts),
        load_min=_per(told, "load_min", experts) if "load_min" in told else None,
        conflicts=_conflicts(told["conflicts"], bids, experts) if "conflicts" in told else None,
        pair_probability_max=_probability(told),
        seed=seed if "seed" in told else name or _name_of(told, raw),
        allow_unscored=allow,
        unscored=unscored,
        noticed=noticed,
        **facts,
    )


def _name_of(told: dict[str, Any], raw: npt.NDArray[Any]) -> str:
    """The hash of a problem that came without a file."""
    rest = {key: told[key] for key in told if key != "scores"}
    hashed = hashlib.sha256(json.dumps(rest, sort_keys=True, ensure_ascii=True).encode())
    hashed.update(np.ascontiguousarray(raw, dtype=np.float64).tobytes())
    return hashed.hexdigest()


def _unknown_keys(told: dict[str, Any]) -> tuple[str, ...]:
    """A rule misspelt must not be dropped in silence: near misses are refused, others noticed."""
    noticed = []
    for key in told:
        if key in KEYS:
            continue
        near = difflib.get_close_matches(key, KEYS, n=1, cutoff=0.8)
        if near:
            raise ProblemRefused(f"{key}: no such rule; is {near[0]} meant?")
        noticed.append(f"{key}: not a rule of a panel problem; it was left aside")
    return tuple(noticed)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= COUNT_MAX


def _count(told: dict[str, Any], key: str, least: int) -> int:
    value = told[key]
    if not _is_count(value) or value < least:
        raise ProblemRefused(f"{key}: must be a whole number from {least} to {COUNT_MAX:,}")
    return int(value)


def _list(value: Any, key: str, length: int) -> Sequence[Any]:
    if not isinstance(value, list) or len(value) != length:
        raise ProblemRefused(f"{key}: must be a list of {length}")
    return value


def _per(told: dict[str, Any], key: str, length: int) -> Ints:
    value = told[key]
    if _is_count(value):
        return np.full(length, value, dtype=np.int64)
    if not isinstance(value, list) or len(value) != length:
        raise ProblemRefused(f"{key}: must be a whole number, or a list of {length}")
    for place, one in enumerate(value):
        if not _is_count(one):
            raise ProblemRefused(f"{key}[{place}]: must be a whole number, at least 0")
    return np.array(value, dtype=np.int64).reshape(length)


def _scores(
    told: Any, bids: int, experts: int, allow: bool, folder: Path
) -> tuple[npt.NDArray[Any], Bools | None]:
    if isinstance(told, dict):
        return _scores_of_file(told, bids, experts, folder), None
    if not isinstance(told, list):
        raise ProblemRefused('scores: must be [[expert, bid, score], ...] or {"npy", "order"}')
    for place, row in enumerate(told):
        if not isinstance(row, list) or len(row) != _TRIPLE:
            raise ProblemRefused(f"scores[{place}]: must be [expert, bid, score]")
    pairs = _pairs("scores", [(row[0], row[1]) for row in told], bids, experts)
    values = np.array([_score(place, row[2]) for place, row in enumerate(told)], dtype=np.float64)
    keys = pairs[:, 1] * experts + pairs[:, 0]
    _refuse_twice("scores", keys, pairs)
    raw = np.full((bids, experts), 0.0 if allow else np.nan)
    raw[pairs[:, 1], pairs[:, 0]] = values
    if allow:
        return raw, None
    unscored = np.ones((bids, experts), dtype=np.bool_)
    unscored[pairs[:, 1], pairs[:, 0]] = False
    return raw, unscored


def _score(place: int, value: Any) -> float:
    if type(value) not in (int, float):
        raise ProblemRefused(f"scores[{place}]: {value!r} is no number")
    if not (math.isnan(value) or abs(value) <= SCORE_MAX):
        raise ProblemRefused(f"scores[{place}]: must be finite, at most {SCORE_MAX:g} either way")
    return float(value)


def _pairs(key: str, told: Sequence[tuple[Any, Any]], bids: int, experts: int) -> Ints:
    experts_told, bids_told = [row[0] for row in told], [row[1] for row in told]
    for values, size in ((experts_told, experts), (bids_told, bids)):
        if set(map(type, values)) - {int} or (
            values and not 0 <= min(values) <= max(values) < size
        ):
            _refuse_pair(key, told, bids, experts)
    return np.array([experts_told, bids_told], dtype=np.int64).T.reshape(len(told), _PAIR)


def _refuse_pair(key: str, told: Sequence[tuple[Any, Any]], bids: int, experts: int) -> None:
    for place, (expert, bid) in enumerate(told):
        if type(expert) is not int or not 0 <= expert < experts:
            raise ProblemRefused(f"{key}[{place}]: {expert!r} is no expert of 0..{experts - 1}")
        if type(bid) is not int or not 0 <= bid < bids:
            raise ProblemRefused(f"{key}[{place}]: {bid!r} is no bid of 0..{bids - 1}")


def _refuse_twice(key: str, keys: Ints, pairs: Ints) -> None:
    _, first = np.unique(keys, return_index=True)
    if len(first) < len(keys):
        place = int(np.setdiff1d(np.arange(len(keys)), first)[0])
        expert, bid = pairs[place].tolist()
        raise ProblemRefused(f"{key}[{place}]: expert {expert} and bid {bid} stand there twice")


def _scores_of_file(
    told: dict[str, Any], bids: int, experts: int, folder: Path
) -> npt.NDArray[Any]:
    name, order = told.get("npy"), told.get("order")
    orders = {"experts x bids": (experts, bids), "bids x experts": (bids, experts)}
    if not isinstance(name, str) or not name:
        raise ProblemRefused("scores.npy: must name a NumPy file")
    if not isinstance(order, str) or order not in orders:
        raise ProblemRefused('scores.order: must be "experts x bids" or "bids x experts"')
    try:
        table = np.load(folder / name, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ProblemRefused(f"scores.npy: {name} cannot be read ({error})") from error
    if not isinstance(table, np.ndarray) or table.dtype.kind not in "fiu":
        raise ProblemRefused(f"scores.npy: {name} must hold one table of numbers")
    if table.shape != orders[order]:
        raise ProblemRefused(f"scores.npy: {name} is {table.shape}, not {orders[order]} ({order})")
    return table.T if order == "experts x bids" else table


def check_finite(table: npt.NDArray[Any]) -> None:
    """Refuse a table with a number that is no score; NaN stands for a conflict."""
    table = as_stored(table)
    step = max(1, 100_000 // max(1, table.shape[1]))
    for first in range(0, table.shape[0], step):
        block = table[first : first + step]
        if not block.size:
            continue
        high, low = float(block.max()), float(block.min())
        if math.isnan(high):  # conflicts; the others are looked at alone, and more slowly
            high, low = (
                float(np.fmax.reduce(block, axis=None)),
                float(np.fmin.reduce(block, axis=None)),
            )
        if high > SCORE_MAX or low < -SCORE_MAX:
            raise ProblemRefused(f"scores.npy: must be finite, at most {SCORE_MAX:g} either way")


def _conflicts(told: Any, bids: int, experts: int) -> Ints:
    if not isinstance(told, list):
        raise ProblemRefused("conflicts: must be [[expert, bid], ...]")
    fast = whole_pairs(told, bids, experts)
    if fast is not None:
        return fast
    for place, row in enumerate(told):
        if not isinstance(row, list) or len(row) != _PAIR:
            raise ProblemRefused(f"conflicts[{place}]: must be [expert, bid]")
    return _pairs("conflicts", [(row[0], row[1]) for row in told], bids, experts)


def whole_pairs(told: list[Any], bids: int, experts: int) -> Ints | None:
    """Rows of [expert, bid] as an array; None where some row is not that, to be looked for."""
    if set(map(type, told)) - {list} or set(map(len, told)) - {_PAIR}:
        return None
    flat = list(chain.from_iterable(told))
    if set(map(type, flat)) - {int}:
        return None
    try:
        pairs = np.array(flat, dtype=np.int64).reshape(len(told), _PAIR)
    except OverflowError:
        return None
    if len(pairs) and not (
        pairs.min() >= 0 and pairs[:, 0].max() < experts and pairs[:, 1].max() < bids
    ):
        return None
    return pairs


def is_among(keys: Ints, named: Ints) -> Any:
    """Which keys are named. np.isin hashes, which takes several times as long."""
    known = np.sort(named)
    if not len(known):
        return np.zeros(len(keys), dtype=np.bool_)
    place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return known[place] == keys


def _together(told: dict[str, Any], first: str, second: str) -> bool:
    """True where both keys stand, False where neither does; one alone says half a rule."""
    if (first in told) != (second in told):
        missing = second if first in told else first
        raise ProblemRefused(f"{missing}: missing; {first} and {second} are one rule")
    return first in told


def _institutions(told: dict[str, Any], experts: int) -> dict[str, Any]:
    if not _together(told, "institution", "per_institution_max"):
        return {}
    names = _list(told["institution"], "institution", experts)
    for place, name in enumerate(names):
        if not isinstance(name, str):
            raise ProblemRefused(f"institution[{place}]: must be a string")
    known = {name: code for code, name in enumerate(dict.fromkeys(names))}
    return {
        "institution": np.array([known[name] for name in names], dtype=np.int64),
        "institution_names": tuple(known),
        "per_institution_max": _count(told, "per_institution_max", 0),
    }


def _seniors(told: dict[str, Any], experts: int) -> dict[str, Any]:
    if not _together(told, "senior", "senior_min"):
        return {}
    flags = _list(told["senior"], "senior", experts)
    for place, flag in enumerate(flags):
        if not isinstance(flag, bool):
            raise ProblemRefused(f"senior[{place}]: must be true or false")
    return {
        "senior": np.array(flags, dtype=np.bool_),
        "senior_min": _count(told, "senior_min", 0),
    }


def _fields(told: dict[str, Any], bids: int, experts: int) -> dict[str, Any]:
    if "wanted" in told and "fields" not in told:
        raise ProblemRefused("fields: missing; wanted needs the fields of the experts")
    if "wanted" not in told:
        if "fields" in told:
            _names("fields", told["fields"], experts)
        return {}
    had = _names("fields", told["fields"], experts)
    wanted = _names("wanted", told["wanted"], bids)
    known = {
        name: code for code, name in enumerate(dict.fromkeys(n for row in wanted for n in row))
    }
    table = np.zeros((experts, len(known)), dtype=np.bool_)
    for expert, names in enumerate(had):
        for name in names:
            if name in known:
                table[expert, known[name]] = True
    return {
        "fields": table,
        "field_names": tuple(map(str, known)),
        "wanted": tuple(tuple(sorted({known[name] for name in names})) for names in wanted),
    }


def _names(key: str, told: Any, length: int) -> list[list[Any]]:
    rows = _list(told, key, length)
    for place, row in enumerate(rows):
        if not isinstance(row, list) or any(type(one) not in (str, int) for one in row):
            raise ProblemRefused(f"{key}[{place}]: must be a list of names")
    return list(rows)


def _probability(told: dict[str, Any]) -> float | None:
    if "pair_probability_max" not in told:
        return None
    value = told["pair_probability_max"]
    if type(value) not in (int, float) or not 0 < value <= 1:
        raise ProblemRefused("pair_probability_max: must be above 0 and at most 1")
    return float(value)
