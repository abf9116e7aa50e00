"""The key that signs checkpoints: a file of the state directory, made once."""

import os
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings

from kechuang.engines.transparency.checkpoints import Verifier


def signing_key() -> Ed25519PrivateKey:
    """The record's Ed25519 key: KECHUANG_RECORD_KEY (64 hexadecimal digits), else a file."""
    given = os.environ.get("KECHUANG_RECORD_KEY", "")
    raw = bytes.fromhex(given) if given else _key_of(Path(settings.STATE) / "record-key")
    return Ed25519PrivateKey.from_private_bytes(raw)


@cache
def _key_of(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{os.getpid()}")
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(os.urandom(32).hex())
        try:
            os.link(fresh, path)  # the first process wins; the others read its key
        except FileExistsError:
            pass
        finally:
            os.unlink(fresh)
    return bytes.fromhex(path.read_text())


def log_name() -> str:
    """What the log calls itself in checkpoints: KECHUANG_LOG_NAME, else by its key."""
    given = os.environ.get("KECHUANG_LOG_NAME", "")
    return given or f"kechuang.log/{signing_key().public_key().public_bytes_raw().hex()[:16]}"


def log_verifier() -> Verifier:
    """The key by which anybody checks the record's signature; `.text()` is how it is told."""
    return Verifier(log_name(), signing_key().public_key().public_bytes_raw())
