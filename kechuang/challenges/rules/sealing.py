"""Sealing at rest: bytes in, bytes out; the caller brings keys and random nonces.

The content of a bid is encrypted under a key of its own (AES-256-GCM). That key is wrapped by the
installation's master key. Both bind challenge, bid number and version, so that no row can be moved
to another bid or back to an older version. `format` is the seam: a later format, sealed on the
bidder's machine and opened by custodians, stands beside this one under another name.
"""

import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = "kechuang-at-rest-1"
KEY_BYTES = 32
NONCE_BYTES = 12
SIZE_STEP = 4096  # ciphertexts are padded, so that their size tells little


class BrokenSeal(Exception):
    """A ciphertext, key or binding does not belong together: it was moved or changed."""


def binding(challenge: str, bid: str, version: int, purpose: str) -> bytes:
    """The associated data: length-prefixed, so that no two bindings read the same."""
    fields = (FORMAT, purpose, challenge, bid, str(version))
    return b"".join(len(f.encode()).to_bytes(2, "big") + f.encode() for f in fields)


def pad(content: bytes) -> bytes:
    """Length and content, filled with zeros to a multiple of the step.

    >>> len(pad(b"abc")), len(pad(b"x" * 4093))
    (4096, 8192)
    """
    plain = len(content).to_bytes(4, "big") + content
    return plain + bytes(-len(plain) % SIZE_STEP)


def unpad(padded: bytes) -> bytes:
    return padded[4:4 + int.from_bytes(padded[:4], "big")]


def seal(content: bytes, key: bytes, nonce: bytes, bound_to: bytes) -> bytes:
    """Encrypt and authenticate; the nonce must never repeat under the same key."""
    return AESGCM(key).encrypt(nonce, pad(content), bound_to)


def unseal(ciphertext: bytes, key: bytes, nonce: bytes, bound_to: bytes) -> bytes:
    """Decrypt; raises BrokenSeal when anything was changed or moved."""
    try:
        return unpad(AESGCM(key).decrypt(nonce, ciphertext, bound_to))
    except InvalidTag as broken:
        raise BrokenSeal("the seal does not fit its bid") from broken


def wrap(key: bytes, master: bytes, nonce: bytes, bound_to: bytes) -> bytes:
    """The bid's key under the master key; the nonce is kept in front."""
    return nonce + AESGCM(master).encrypt(nonce, key, bound_to)


def unwrap(wrapped: bytes, master: bytes, bound_to: bytes) -> bytes:
    try:
        return AESGCM(master).decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], bound_to)
    except InvalidTag as broken:
        raise BrokenSeal("the key does not fit this installation or bid") from broken


def fingerprint(ciphertext: bytes) -> str:
    """SHA-256 of what is stored, in hexadecimal: what a receipt names."""
    return hashlib.sha256(ciphertext).hexdigest()
