"""A log whose hashes are kept in tiles of 256: roots and proofs of any size from a few of them.

Tile `place` of level 0 holds leaf hashes 256 x place and on; of level 1, the roots over whole tiles
of level 0; and so on up. Source: C2SP tlog-tiles.
"""

from collections.abc import Callable, Iterable

from kechuang.engines.transparency.log import Log
from kechuang.engines.transparency.proofs import HASH_BYTES, NoSuchProof, root

WIDTH = 256
_BITS = 8

Read = Callable[[int, int], bytes]


class Tiles(Log):
    """A log read through `read(level, place)`, which gives the hashes of a tile joined."""

    def __init__(self, read: Read, size: int) -> None:
        super().__init__()
        self._read, self._size = read, size
        self._known: dict[tuple[int, int], bytes] = {}

    @property
    def size(self) -> int:
        return self._size

    def append(self, leaf: bytes) -> int:
        raise NoSuchProof("tiles are read here, and grown by `grown`")

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        if not 0 <= index < self.size:
            raise NoSuchProof(f"index {index}: the log has {self.size} entries")
        return self._node(0, index)

    def _tile(self, level: int, place: int) -> bytes:
        if (level, place) not in self._known:
            self._known[level, place] = self._read(level, place)
        return self._known[level, place]

    def _node(self, level: int, place: int) -> bytes:
        tiled, inside = divmod(level, _BITS)
        first = place << inside
        hashes = self._tile(tiled, first // WIDTH)
        start = first % WIDTH * HASH_BYTES
        part = hashes[start : start + (HASH_BYTES << inside)]
        if len(part) != HASH_BYTES << inside:
            raise NoSuchProof(f"tile {tiled}/{first // WIDTH}: hashes are missing")
        return over(part)


def over(hashes: bytes) -> bytes:
    """The root over hashes joined, as many as a power of two."""
    return root([hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)])


def grown(read: Read, size: int, leaves: Iterable[bytes]) -> dict[tuple[int, int], bytes]:
    """The tiles that change when these leaf hashes are appended to a log of a size, whole."""
    changed: dict[tuple[int, int], bytearray] = {}
    counts: dict[int, int] = {}
    for leaf in leaves:
        level, carried = 0, leaf
        while True:
            count = counts.setdefault(level, size >> (_BITS * level))
            key = (level, count // WIDTH)
            if key not in changed:
                kept = read(*key) if count % WIDTH else b""
                changed[key] = bytearray(kept[: count % WIDTH * HASH_BYTES])
            changed[key] += carried
            counts[level] = count + 1
            if counts[level] % WIDTH:
                break
            level, carried = level + 1, over(bytes(changed[key]))
    return {key: bytes(hashes) for key, hashes in changed.items()}


__all__ = ["WIDTH", "Tiles", "grown", "over"]
