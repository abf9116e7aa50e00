"""The hash tree of the log, and the proofs that a reader checks: bytes in, True or False out.

Source: RFC 9162 section 2.1 (the tree of RFC 6962). Its verifiers, written down as they stand, take
proofs that prove nothing (of size 0, of hashes of another length, between equal sizes): these are
refused before anything is computed.
"""

import hashlib
from collections.abc import Sequence
from typing import Any

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
SIZE_MAX = 2**63


class NoSuchProof(ValueError):
    """A proof is asked for that cannot be: an index or a size outside the log."""


def leaf_hash(content: bytes) -> bytes:
    """The hash of an entry, prefix 0x00.

    >>> leaf_hash(b"").hex()[:16]
    '6e340b9cffb37a98'
    """
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees, prefix 0x01."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes in order; of none, the hash of nothing. An odd node is promoted."""
    if not leaves:
        return EMPTY_ROOT
    level = list(leaves)
    while len(level) > 1:
        pairs = [node_hash(a, b) for a, b in zip(level[::2], level[1::2], strict=False)]
        level = pairs + level[len(pairs) * 2 :]
    return level[0]


def _split(size: int) -> int:
    """The largest power of two below a size of at least 2."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The hashes that lead from a leaf to the root over these leaf hashes.

    Raises NoSuchProof. `Log.inclusion_proof` gives the same without hashing everything.
    """
    if not 0 <= index < len(leaves):
        raise NoSuchProof(f"index {index}: the log has {len(leaves)} entries")
    if len(leaves) == 1:
        return []
    middle = _split(len(leaves))
    left, right = leaves[:middle], leaves[middle:]
    if index < middle:
        return [*inclusion_proof(left, index), root(right)]
    return [*inclusion_proof(right, index - middle), root(left)]


def consistency_proof(leaves: Sequence[bytes], size: int) -> list[bytes]:
    """The hashes that show that the first `size` leaves stand unchanged before the others.

    Raises NoSuchProof for size 0, or one above the number of leaves.
    """
    if not 0 < size <= len(leaves):
        raise NoSuchProof(f"size {size}: must be from 1 to {len(leaves)}")
    return _consistency(leaves, size, True)


def _consistency(leaves: Sequence[bytes], size: int, is_whole: bool) -> list[bytes]:
    if size == len(leaves):
        return [] if is_whole else [root(leaves)]
    middle = _split(len(leaves))
    left, right = leaves[:middle], leaves[middle:]
    if size <= middle:
        return [*_consistency(left, size, is_whole), root(right)]
    return [*_consistency(right, size - middle, False), root(left)]


# --- what a reader checks -------------------------------------------------------------------


def _is_hash(value: Any) -> bool:
    return type(value) is bytes and len(value) == HASH_BYTES


def _is_proof(proof: Any) -> bool:
    return (
        type(proof) in (list, tuple)  # another class may do anything when it is read
        and len(proof) <= SIZE_MAX.bit_length() + 1
        and all(map(_is_hash, proof))
    )


def _is_size(value: Any) -> bool:
    return type(value) is int and 0 < value <= SIZE_MAX


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """True where the leaf hash stands at an index of the log with this size and root.

    Anything malformed is False; nothing is raised.
    """
    if not (_is_hash(leaf_hash) and _is_hash(root) and _is_size(size) and _is_proof(proof)):
        return False
    if type(index) is not int or not 0 <= index < size:
        return False
    here, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            return False
        if here & 1 or here == last:
            found = node_hash(sibling, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        here, last = here >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes
) -> bool:
    """True where the log of size1 and root1 is the beginning of the log of size2 and root2.

    Anything malformed, and size 0, is False; nothing is raised. Of equal sizes the proof must be
    empty and the roots equal.
    """
    if not (_is_size(size1) and _is_size(size2) and size1 <= size2 and _is_proof(proof)):
        return False
    if type(root1) is not bytes or type(root2) is not bytes:
        return False
    if size1 == size2:
        return not proof and root1 == root2
    path = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not path or not _is_hash(path[0]):
        return False
    here, last = size1 - 1, size2 - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    return _climb(path, here, last) == (root1, root2)


def _climb(path: list[bytes], here: int, last: int) -> tuple[bytes, bytes] | None:
    """The roots of both logs along a proof; None where it does not end at the top."""
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if here & 1 or here == last:
            first, second = node_hash(sibling, first), node_hash(sibling, second)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            second = node_hash(second, sibling)
        here, last = here >> 1, last >> 1
    return (first, second) if last == 0 else None
