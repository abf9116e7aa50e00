"""Checkpoints as other logs write them: C2SP signed notes, and the time of a witness."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kechuang.engines.transparency.checkpoints import (
    COSIGNED,
    Checkpoint,
    CheckpointRefused,
    Verifier,
    cosign,
    read,
    sign,
    signed_at,
    verified,
    verifier_from,
)

LOG_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
WITNESS_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
LOG = Verifier("kechuang.example/record", LOG_KEY.public_key().public_bytes_raw())
WITNESS = Verifier("witness.example", WITNESS_KEY.public_key().public_bytes_raw(), COSIGNED)
CHECKPOINT = Checkpoint("kechuang.example/record", 7, bytes(range(32)))
NOTE = sign(CHECKPOINT, LOG.name, LOG_KEY)

# The published example of Go's golang.org/x/mod/sumdb/note, whose form C2SP signed-note keeps.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"  # noqa: E501
)


def test_a_published_note_is_signed_by_its_published_key():
    verifier = verifier_from(GO_KEY)
    assert signed_at(GO_NOTE, verifier) == 0
    assert verifier.text() == GO_KEY
    assert signed_at(GO_NOTE.replace("answer", "question"), verifier) is None


def test_a_checkpoint_is_three_lines_and_a_signature():
    lines = NOTE.split("\n")
    assert lines[:4] == ["kechuang.example/record", "7",
                         "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", ""]  # fmt: skip
    assert lines[4].startswith("— kechuang.example/record ")
    assert read(NOTE) == CHECKPOINT
    assert verified(NOTE, CHECKPOINT.origin, [LOG]) == CHECKPOINT
    assert verifier_from(LOG.text()) == LOG


def test_a_witness_adds_its_time():
    note = NOTE + cosign(NOTE, WITNESS.name, WITNESS_KEY, 1_780_000_000)
    assert signed_at(note, WITNESS) == 1_780_000_000
    assert verified(note, CHECKPOINT.origin, [LOG, WITNESS]) == CHECKPOINT
    later = note.replace("AAAAAGoY", "AAAAAGoZ")
    assert note == later or signed_at(later, WITNESS) is None
    with pytest.raises(CheckpointRefused, match=r"not signed by witness\.example"):
        verified(NOTE, CHECKPOINT.origin, [LOG, WITNESS])


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("\n7\n", "\n8\n", "not signed"),
        ("kechuang.example/record\n7", "other.example\n7", "origin"),
        ("AAECAw", "AAECBB", "not signed"),
        ("\n7\n", "\n07\n", "origin, size and root"),
        ("\n7\n", "\n-7\n", "origin, size and root"),
        ("AAECAwQF", "AAECAw", "root"),
        ("AAECAwQF", "AA*CAwQF", "root: not base64"),
        ("\n\n", "\n", "empty line"),
    ],
)
def test_a_changed_checkpoint_is_refused(old, new, word):
    with pytest.raises(CheckpointRefused, match=word):
        verified(NOTE.replace(old, new, 1), CHECKPOINT.origin, [LOG])


@pytest.mark.parametrize("note", [None, b"x", "", "\n\n", "a\n\n— x y", "a" * 70_000])
def test_what_is_no_checkpoint_is_refused(note):
    with pytest.raises(CheckpointRefused):
        read(note)


@pytest.mark.parametrize(
    "key", ["", "a+b", "a b+00000000+AAAA", LOG.text()[:-4] + "AAAA", LOG.text().replace("/", "+")]
)
def test_what_is_no_key_is_refused(key):
    with pytest.raises(CheckpointRefused):
        verifier_from(key)


@pytest.mark.parametrize(
    "checkpoint",
    [Checkpoint("", 1, bytes(32)), Checkpoint("a\nb", 1, bytes(32)), Checkpoint("a", -1, bytes(32)),
     Checkpoint("a", 1, b"")],
)  # fmt: skip
def test_what_is_no_checkpoint_is_not_signed(checkpoint):
    with pytest.raises(CheckpointRefused):
        sign(checkpoint, "name", LOG_KEY)
