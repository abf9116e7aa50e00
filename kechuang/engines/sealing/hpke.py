"""HPKE in base mode: X25519, HKDF-SHA256, AES-GCM. Source: RFC 9180, whose vectors are tests."""

import hashlib
import hmac
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from kechuang.base.refusals import N_
from kechuang.engines.sealing.suites import SealRefused

KEM_X25519: Final = 0x0020
KDF_SHA256: Final = 0x0001
AES_128_GCM: Final = 0x0001
AES_256_GCM: Final = 0x0002
KEY_BYTES = 32
_KEY_BYTES_OF = {AES_128_GCM: 16, AES_256_GCM: 32}
_NONCE_BYTES = 12
_HASH_BYTES = 32


def _extract(salt: bytes, suite: bytes, label: bytes, content: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + content, hashlib.sha256)


def _expand(secret: bytes, suite: bytes, label: bytes, info: bytes, length: int) -> bytes:
    told = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    found, block = b"", b""
    for number in range(1, -(-length // _HASH_BYTES) + 1):
        block = hmac.digest(secret, block + told + bytes([number]), hashlib.sha256)
        found += block
    return found[:length]


def _shared_secret(exchanged: bytes, ephemeral: bytes, recipient: bytes) -> bytes:
    suite = b"KEM" + KEM_X25519.to_bytes(2, "big")
    secret = _extract(b"", suite, b"eae_prk", exchanged)
    return _expand(secret, suite, b"shared_secret", ephemeral + recipient, _HASH_BYTES)


def _key_and_nonce(secret: bytes, info: bytes, aead: int) -> tuple[bytes, bytes]:
    suite = b"HPKE" + b"".join(
        number.to_bytes(2, "big") for number in (KEM_X25519, KDF_SHA256, aead)
    )
    context = b"\x00" + _extract(b"", suite, b"psk_id_hash", b"")
    context += _extract(b"", suite, b"info_hash", info)
    prk = _extract(secret, suite, b"secret", b"")
    key = _expand(prk, suite, b"key", context, _KEY_BYTES_OF[aead])
    return key, _expand(prk, suite, b"base_nonce", context, _NONCE_BYTES)


def public_of(private: bytes) -> bytes:
    """The public key of a private one, 32 bytes each."""
    return X25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def _exchange(private: bytes, public: bytes) -> bytes:
    try:
        mine = X25519PrivateKey.from_private_bytes(private)
        return mine.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as error:  # a wrong length, or a point of small order
        raise SealRefused(N_("不是 X25519 密钥")) from error


def seal(
    recipient: bytes, info: bytes, bound: bytes, content: bytes, ephemeral: bytes,
    aead: int = AES_256_GCM,
) -> tuple[bytes, bytes]:  # fmt: skip
    """Encrypt once to a recipient's public key; gives the encapsulated key and the ciphertext.

    `ephemeral` is 32 fresh random bytes, never used twice. `bound` is authenticated, not kept.
    """
    own = public_of(ephemeral)
    secret = _shared_secret(_exchange(ephemeral, recipient), own, recipient)
    key, nonce = _key_and_nonce(secret, info, aead)
    return own, AESGCM(key).encrypt(nonce, content, bound)


def open_sealed(
    private: bytes, encapsulated: bytes, info: bytes, bound: bytes, sealed: bytes,
    aead: int = AES_256_GCM,
) -> bytes:  # fmt: skip
    """Decrypt what was sealed to this private key. Raises SealRefused."""
    exchanged = _exchange(private, encapsulated)
    secret = _shared_secret(exchanged, encapsulated, public_of(private))
    key, nonce = _key_and_nonce(secret, info, aead)
    try:
        return AESGCM(key).decrypt(nonce, sealed, bound)
    except (InvalidTag, ValueError) as error:
        raise SealRefused(N_("份额不是给这把密钥的，或已被改动")) from error
