"""Is the record what it was: every entry hashed again and held against its tree and checkpoints.

Pure: rows, leaves and checkpoints come in, findings go out; the first finding is the first entry
that is not as it was.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from kechuang.base.refusals import N_
from kechuang.engines.transparency import Edge
from kechuang.record.rules.hashing import Judged


class Kind(StrEnum):
    EDITED = "EDITED"
    PAYLOAD = "PAYLOAD"
    DELETED = "DELETED"
    REORDERED = "REORDERED"
    ROLLED_BACK = "ROLLED_BACK"
    REWRITTEN = "REWRITTEN"


KIND_NAMES = {
    Kind.EDITED: N_("条目被改动"),
    Kind.PAYLOAD: N_("条目的内容被改动或删去"),
    Kind.DELETED: N_("条目被删除"),
    Kind.REORDERED: N_("条目的次序被调换"),
    Kind.ROLLED_BACK: N_("日志被退回到更早的状态"),
    Kind.REWRITTEN: N_("这一段里有条目连同目录一起被改写"),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """What is not as it was: the position, the entry's number where one stands there, and until
    which position it may lie where only that is known."""

    kind: Kind
    position: int
    number: str = ""
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Held:
    """A checkpoint that the record is held against; `outside` if it does not come from it."""

    size: int
    root: bytes
    outside: bool = False


@dataclass
class Report:
    """What was found, first entry first, and how far it is proved by whom."""

    size: int = 0
    findings: list[Finding] = field(default_factory=list)
    waiting: int = 0  # entries without a position yet
    erased: list[str] = field(default_factory=list)  # entries emptied by two people
    fillers: int = 0  # leaves that stand for nothing, so that sizes tell nothing
    outside: list[int] = field(default_factory=list)  # sizes of outside checkpoints that agree

    @property
    def is_good(self) -> bool:
        return not self.findings


class Reader:
    """Reads rows in order of position against the leaves that the tree has; keeps the findings.

    `filler` gives the leaf of a place that no entry took; where the tree has just that leaf,
    nothing is missing. `erased` are the entries whose payload two people erased; a payload that is
    gone without that is found as an edit.
    """

    def __init__(
        self,
        leaves: Sequence[bytes],
        held: Iterable[Held],
        filler: Callable[[int], bytes | None] = lambda place: None,
        erased: frozenset[str] = frozenset(),
    ) -> None:
        self.leaves = leaves
        self.filler = filler
        self.erased = erased
        self.held = sorted(held, key=lambda one: (one.size, one.outside))
        self.report = Report()
        self.edge = Edge()
        self.agreed = {True: 0, False: 0}  # the largest that agreed, from outside or at all
        self._next = 0
        self._places: dict[bytes, int] | None = None

    def read(self, rows: Iterable[Judged]) -> Report:
        """The report over all entries and checkpoints."""
        for row in rows:
            self._take(row)
        self._fill(len(self.leaves))
        self._hold_all()
        self.report.size = self.edge.size
        if self.edge.size < len(self.leaves) and not self.report.findings:
            self._find(Kind.ROLLED_BACK, self.edge.size)
        self.report.findings.sort(key=lambda one: one.position)
        return self.report

    def _fill(self, until: int) -> None:
        """Take in the fillers that stand before a place, as far as the tree has them."""
        while (here := self.edge.size) < min(until, len(self.leaves)):
            leaf = self.filler(here)
            if leaf is None or leaf != self.leaves[here]:
                return
            self.report.fillers += 1
            self._append(leaf)

    def _take(self, row: Judged) -> None:
        self._fill(row.position)
        here = self.edge.size
        if row.position != here and not self.report.findings:
            self._find(Kind.DELETED, here)
        if not self.report.findings:
            self._compare(row, here)
        self._append(row.leaf)

    def _append(self, leaf: bytes) -> None:
        self.edge.append(leaf)
        while self._next < len(self.held) and self.held[self._next].size == self.edge.size:
            self._hold(self.held[self._next])
            self._next += 1

    def _compare(self, row: Judged, here: int) -> None:
        if here < len(self.leaves) and row.leaf != self.leaves[here]:
            self._find(self._how(row.leaf, here), here, row.number)
        elif not row.is_own:
            self._find(Kind.EDITED, here, row.number)
        elif row.is_whole is None and row.number in self.erased:
            self.report.erased.append(row.number)
        elif not row.is_whole:
            self._find(Kind.PAYLOAD, here, row.number)

    def _how(self, leaf: bytes, here: int) -> Kind:
        """What was done to the entry that stands where the tree has another."""
        if self._places is None:
            self._places = {one: place for place, one in enumerate(self.leaves)}
        place = self._places.get(leaf)
        if place is not None:
            return Kind.DELETED if place == here + 1 else Kind.REORDERED
        return Kind.EDITED

    def _find(self, kind: Kind, position: int, number: str = "", until: int | None = None) -> None:
        self.report.findings.append(Finding(kind, position, number, until))

    def _hold(self, held: Held) -> None:
        if self.edge.root() == held.root:
            self.agreed[False] = held.size
            if held.outside:
                self.agreed[True] = held.size
                self.report.outside.append(held.size)
        elif not self.report.findings:
            self._find(Kind.REWRITTEN, self.agreed[held.outside], until=held.size - 1)

    def _hold_all(self) -> None:
        """Checkpoints over more than there is: the record was longer once."""
        if self._next < len(self.held) and not self.report.findings:
            self._find(Kind.ROLLED_BACK, self.edge.size)


def leaves_of(tiles: Iterable[bytes]) -> list[bytes]:
    """The leaf hashes of tiles of level 0, in order."""
    return list(_split(tiles))


def _split(tiles: Iterable[bytes]) -> Iterator[bytes]:
    for tile in tiles:
        for start in range(0, len(tile) - 31, 32):
            yield tile[start : start + 32]
