"""A log that grows: appending costs one hash on average, a root or a proof a few dozen."""

from collections.abc import Iterable, Sequence

from kechuang.engines.transparency.proofs import (
    EMPTY_ROOT,
    HASH_BYTES,
    NoSuchProof,
    node_hash,
)


class Edge:
    """The right edge of a log: what is needed to append and to tell the root, and no more.

    >>> edge = Edge()
    >>> edge.append(bytes(32)), edge.size
    (0, 1)
    """

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """Go on from a size with the hashes of its whole subtrees, the largest first."""
        if size < 0 or len(hashes) != size.bit_count():
            raise NoSuchProof(f"size {size}: needs {max(size, 0).bit_count()} hashes")
        self.size = size
        self.hashes = list(hashes)

    def append(self, leaf: bytes) -> int:
        """Take in a leaf hash; gives its index."""
        _check_hash(leaf)
        found, size = leaf, self.size
        while size & 1:
            found = node_hash(self.hashes.pop(), found)
            size >>= 1
        self.hashes.append(found)
        self.size += 1
        return self.size - 1

    def root(self) -> bytes:
        """The root over what was taken in."""
        if not self.hashes:
            return EMPTY_ROOT
        found = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            found = node_hash(left, found)
        return found


class Log:
    """Leaf hashes with all whole subtrees over them: any root and any proof of any size so far.

    Takes 64 bytes an entry.
    """

    def __init__(self, leaves: Iterable[bytes] = ()) -> None:
        self._levels: list[bytearray] = [bytearray()]
        for leaf in leaves:
            self.append(leaf)

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES

    def append(self, leaf: bytes) -> int:
        """Take in a leaf hash; gives its index."""
        _check_hash(leaf)
        self._levels[0] += leaf
        here, level = self.size, 0
        while here & 1 == 0:
            below = self._levels[level]
            pair = bytes(below[-2 * HASH_BYTES :])
            level, here = level + 1, here >> 1
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += node_hash(pair[:HASH_BYTES], pair[HASH_BYTES:])
        return self.size - 1

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        if not 0 <= index < self.size:
            raise NoSuchProof(f"index {index}: the log has {self.size} entries")
        return self._node(0, index)

    def root(self, size: int | None = None) -> bytes:
        """The root over the first `size` leaves, or over all."""
        size = self._checked(size, 0)
        return self._over(0, size) if size else EMPTY_ROOT

    def inclusion_proof(self, index: int, size: int | None = None) -> list[bytes]:
        """The hashes that lead from a leaf to the root over the first `size` leaves."""
        size = self._checked(size, 0)
        if not 0 <= index < size:
            raise NoSuchProof(f"index {index}: the log has {size} entries")
        found, first, last = [], 0, size
        while last - first > 1:
            middle = first + (1 << ((last - first - 1).bit_length() - 1))
            if index < middle:
                found.append(self._over(middle, last))
                last = middle
            else:
                found.append(self._over(first, middle))
                first = middle
        return found[::-1]

    def consistency_proof(self, size1: int, size2: int | None = None) -> list[bytes]:
        """The hashes that show that the log of size1 is the beginning of that of size2."""
        size2 = self._checked(size2, 1)
        if not 0 < size1 <= size2:
            raise NoSuchProof(f"size {size1}: must be from 1 to {size2}")
        found: list[bytes] = []
        first, last, is_whole = 0, size2, True
        while size1 != last:
            middle = first + (1 << ((last - first - 1).bit_length() - 1))
            if size1 <= middle:
                found.append(self._over(middle, last))
                last = middle
            else:
                found.append(self._over(first, middle))
                first, is_whole = middle, False
        if not is_whole:
            found.append(self._over(first, last))
        return found[::-1]

    def _checked(self, size: int | None, least: int) -> int:
        asked = self.size if size is None else size
        if not least <= asked <= self.size:
            raise NoSuchProof(f"size {asked}: the log has {self.size} entries")
        return asked

    def _node(self, level: int, place: int) -> bytes:
        return bytes(self._levels[level][place * HASH_BYTES : (place + 1) * HASH_BYTES])

    def _over(self, first: int, last: int) -> bytes:
        """The root over leaves first..last-1, where first is where such a subtree may begin."""
        length = last - first
        if length & (length - 1) == 0:
            level = length.bit_length() - 1
            return self._node(level, first >> level)
        middle = first + (1 << ((length - 1).bit_length() - 1))
        return node_hash(self._over(first, middle), self._over(middle, last))


def _check_hash(leaf: bytes) -> None:
    if not isinstance(leaf, bytes) or len(leaf) != HASH_BYTES:
        raise ValueError(f"a leaf hash is {HASH_BYTES} bytes")
