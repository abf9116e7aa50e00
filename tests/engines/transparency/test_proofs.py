"""The tree against RFC 6962's published values and a plain definition; bad proofs of every kind."""

import base64
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kechuang.engines.transparency import (
    Edge,
    Log,
    NoSuchProof,
    Tiles,
    consistency_proof,
    grown,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

# The eight entries that Certificate Transparency's own tests use, and their roots.
ENTRIES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEAVES = [leaf_hash(n.to_bytes(2, "big")) for n in range(70)]


def plain_root(leaves):
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(plain_root(leaves[:k]), plain_root(leaves[k:]))


def test_published_roots():
    leaves = [leaf_hash(entry) for entry in ENTRIES]
    assert [root(leaves[:size]).hex() for size in range(1, 9)] == ROOTS
    assert root([]).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_every_size_every_index_every_pair():
    log, edge = Log(), Edge()
    for size in range(1, 36):
        assert (log.append(LEAVES[size - 1]), edge.append(LEAVES[size - 1])) == (size - 1, size - 1)
        whole = plain_root(LEAVES[:size])
        assert root(LEAVES[:size]) == log.root() == edge.root() == whole
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            assert proof == log.inclusion_proof(index)
            assert verify_inclusion(LEAVES[index], index, size, proof, whole)
        for before in range(1, size + 1):
            proof = consistency_proof(LEAVES[:size], before)
            assert proof == log.consistency_proof(before)
            assert verify_consistency(before, size, proof, plain_root(LEAVES[:before]), whole)


@given(st.integers(1, 70), st.data())
def test_a_log_proves_every_earlier_size(last, data):
    log = Log(LEAVES)
    size = data.draw(st.integers(1, last))
    index = data.draw(st.integers(0, size - 1))
    assert log.root(size) == plain_root(LEAVES[:size])
    assert log.leaf(index) == LEAVES[index]
    proof = log.inclusion_proof(index, size)
    assert verify_inclusion(LEAVES[index], index, size, proof, log.root(size))
    proof = log.consistency_proof(size, last)
    assert verify_consistency(size, last, proof, log.root(size), log.root(last))


def test_an_edge_goes_on_from_what_it_kept():
    edge = Edge()
    for leaf in LEAVES[:37]:
        edge.append(leaf)
    later = Edge(edge.size, edge.hashes)
    later.append(LEAVES[37])
    assert later.root() == plain_root(LEAVES[:38])
    with pytest.raises(NoSuchProof):
        Edge(37, [])
    with pytest.raises(ValueError, match="32 bytes"):
        later.append(b"short")


def test_no_changed_proof_of_inclusion_passes():
    for size in range(1, 20):
        whole = root(LEAVES[:size])
        for index in range(size):
            proof = inclusion_proof(LEAVES[:size], index)
            for other in range(size + 3):
                if other != index:
                    assert not verify_inclusion(LEAVES[index], other, size, proof, whole)
            assert not verify_inclusion(LEAVES[index], index, size, [*proof, LEAVES[0]], whole)
            assert not verify_inclusion(LEAVES[60], index, size, proof, whole)
            assert not verify_inclusion(LEAVES[index], index, size, proof, LEAVES[0]) or size == 1
            if proof:
                assert not verify_inclusion(LEAVES[index], index, size, proof[:-1], whole)
                assert not verify_inclusion(LEAVES[index], index, size, proof[::-1], whole) or (
                    len(set(proof)) == 1
                )


def test_no_changed_proof_of_consistency_passes():
    for size2 in range(1, 20):
        for size1 in range(1, size2 + 1):
            first, second = root(LEAVES[:size1]), root(LEAVES[:size2])
            proof = consistency_proof(LEAVES[:size2], size1)
            assert verify_consistency(size1, size2, proof, first, second)
            assert not verify_consistency(size1, size2, [*proof, LEAVES[0]], first, second)
            assert not verify_consistency(size1, size2, proof, LEAVES[60], second)
            assert not verify_consistency(size1, size2, proof, first, LEAVES[60])
            assert not verify_consistency(size2 + 1, size1, proof, first, second)
            if proof:
                assert not verify_consistency(size1, size2, proof[:-1], first, second)
                assert not verify_consistency(size1, size2, proof[1:], first, second)


BAD = [None, True, -1, 0, 2**70, 1.0, "x", b"", b"x" * 31, b"x" * 33, [], [b""], [None],
       [b"x" * 32], [b"x" * 32] * 200, bytearray(32), {}, object()]  # fmt: skip


def test_nothing_raises_and_nothing_bad_passes():
    chance = random.Random(3)
    size = 13
    whole, proof = root(LEAVES[:size]), inclusion_proof(LEAVES[:size], 4)
    good = [LEAVES[4], 4, size, proof, whole]
    for place in range(5):
        for value in BAD:
            tried = [*good]
            tried[place] = value
            assert verify_inclusion(*tried) is False
    good = [5, size, consistency_proof(LEAVES[:size], 5), root(LEAVES[:5]), whole]
    for place in range(5):
        for value in BAD:
            tried = [*good]
            tried[place] = value
            assert verify_consistency(*tried) is False
    for _ in range(3_000):
        tried = [chance.choice([*BAD, *good]) for _ in range(5)]
        assert verify_consistency(*tried) in (True, False)
        assert verify_inclusion(*tried) in (True, False)


def test_size_0_and_equal_sizes():
    assert verify_consistency(0, 0, [], root([]), root([])) is False
    assert verify_consistency(0, 5, [], root([]), root(LEAVES[:5])) is False
    assert verify_consistency(5, 5, [], b"short", b"short") is True  # not judged by length
    assert verify_consistency(5, 5, [LEAVES[0]], LEAVES[1], LEAVES[1]) is False
    assert verify_consistency(5, 5, [], LEAVES[0], LEAVES[1]) is False
    assert verify_inclusion(LEAVES[0], 0, 0, [], LEAVES[0]) is False


def test_proofs_outside_the_log_are_refused():
    log = Log(LEAVES[:5])
    for ask in (
        lambda: log.inclusion_proof(5),
        lambda: log.inclusion_proof(-1),
        lambda: log.inclusion_proof(0, 6),
        lambda: log.consistency_proof(0),
        lambda: log.consistency_proof(6),
        lambda: log.root(6),
        lambda: log.leaf(5),
        lambda: inclusion_proof(LEAVES[:5], 5),
        lambda: consistency_proof(LEAVES[:5], 0),
        lambda: Log().consistency_proof(1),
    ):
        with pytest.raises(NoSuchProof):
            ask()
    assert Log().root() == root([])
    assert base64.b64encode(Log().root()) == b"47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_tiles_give_every_root_and_proof_that_the_whole_log_gives():
    leaves = [leaf_hash(str(number).encode()) for number in range(66_000)]
    whole, store, size = Log(leaves), {}, 0

    def read(level, place):
        return store[level, place]

    for length in (1, 255, 1, 700, 64_579, 464):
        store.update(grown(read, size, leaves[size : size + length]))
        size += length
        tiles = Tiles(read, size)
        assert tiles.root() == whole.root(size)
        for index in (0, size // 2, size - 1):
            assert tiles.inclusion_proof(index) == whole.inclusion_proof(index, size)
        assert tiles.consistency_proof(size // 3 + 1) == whole.consistency_proof(
            size // 3 + 1, size
        )
    assert max(level for level, _ in store) == 2


class Trap(list):
    """A list that does what no list does when it is read."""

    def __iter__(self):
        raise RuntimeError

    def __len__(self):
        raise RuntimeError


def test_a_proof_of_another_class_is_not_read():
    leaf = leaf_hash(b"0")
    assert verify_inclusion(leaf, 0, 1, Trap(), leaf) is False
    assert verify_consistency(1, 1, Trap(), leaf, leaf) is False
