"""The two profiles of algorithms, and fields written so that no two lists of them read the same.

`intl`: SHA-256 and AES-256-GCM. `gm`: SM3 and SM4-GCM for content, hashes and commitments; shares
are wrapped as in `intl` (X25519), and every envelope says so. Only with an SM2 token would this
profile be a compliant one, and only then is it to be called that.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.base import Cipher
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SM3, Hash

from kechuang.base.english import both
from kechuang.base.refusals import N_, worded

TAG_BYTES = 16


class SealRefused(ValueError):
    """Something cannot be sealed or opened: says what is wrong and, where one is to blame, who.

    `said` is the sentence with its parts, for a door; as text it is in both languages.
    """

    def __init__(self, text: str, /, **parts: Any) -> None:
        self.said = worded(text, **parts)
        super().__init__(self.said)

    def __str__(self) -> str:
        return both(self.said)


def _sha256(content: bytes) -> bytes:
    return hashlib.sha256(content).digest()


def _sm3(content: bytes) -> bytes:
    hashed = Hash(SM3())
    hashed.update(content)
    return hashed.finalize()


class _Sm4Gcm:
    """SM4 in GCM with the face of the library's AESGCM."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        worker = Cipher(SM4(self._key), GCM(nonce)).encryptor()
        worker.authenticate_additional_data(bound)
        return worker.update(data) + worker.finalize() + worker.tag

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        content, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        worker = Cipher(SM4(self._key), GCM(nonce, tag)).decryptor()
        worker.authenticate_additional_data(bound)
        return worker.update(content) + worker.finalize()


@dataclass(frozen=True)
class Suite:
    """A profile: its hash and its content cipher, with the length of the cipher's key."""

    name: str
    hash: Callable[[bytes], bytes]
    cipher: Callable[[bytes], Any]
    key_bytes: int


SUITES = {"intl": Suite("intl", _sha256, AESGCM, 32), "gm": Suite("gm", _sm3, _Sm4Gcm, 16)}


def suite_of(name: Any) -> Suite:
    """The profile of a name."""
    if not isinstance(name, str) or name not in SUITES:
        raise SealRefused(
            N_("算法组 {called}：只能是 {names}"), called=repr(name), names=list(SUITES)
        )
    return SUITES[name]


def framed(fields: Sequence[tuple[str, bytes]]) -> bytes:
    """Labelled fields, each label with 4 bytes of length before it and each value with 8."""
    return b"".join(
        len(label.encode()).to_bytes(4, "big")
        + label.encode()
        + len(value).to_bytes(8, "big")
        + value
        for label, value in fields
    )
