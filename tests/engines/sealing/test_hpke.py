"""RFC 9180's vector, and the library's own HPKE in both directions."""

import secrets

import pytest
from cryptography.hazmat.primitives import hpke as library
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from kechuang.engines.sealing import SealRefused, hpke

# RFC 9180, appendix A.1.1: base mode, sequence number 0.
INFO = bytes.fromhex("4f6465206f6e2061204772656369616e2055726e")
EPHEMERAL = bytes.fromhex("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736")
RECIPIENT = bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
PUBLIC = "3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"
ENCAPSULATED = "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
BOUND = b"Count-0"
CONTENT = b"Beauty is truth, truth beauty"
SEALED = (
    "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
)


def test_the_vector_of_rfc_9180():
    assert hpke.public_of(RECIPIENT).hex() == PUBLIC
    encapsulated, sealed = hpke.seal(
        bytes.fromhex(PUBLIC), INFO, BOUND, CONTENT, EPHEMERAL, hpke.AES_128_GCM
    )
    assert (encapsulated.hex(), sealed.hex()) == (ENCAPSULATED, SEALED)
    assert (
        hpke.open_sealed(RECIPIENT, encapsulated, INFO, BOUND, sealed, hpke.AES_128_GCM) == CONTENT
    )


def test_each_side_opens_what_the_library_or_we_sealed():
    suite = library.Suite(library.KEM.X25519, library.KDF.HKDF_SHA256, library.AEAD.AES_256_GCM)
    private = secrets.token_bytes(32)
    public = hpke.public_of(private)
    theirs = suite.encrypt(CONTENT, X25519PublicKey.from_public_bytes(public), info=INFO)
    assert hpke.open_sealed(private, theirs[:32], INFO, b"", theirs[32:]) == CONTENT
    encapsulated, sealed = hpke.seal(public, INFO, b"", CONTENT, secrets.token_bytes(32))
    own = X25519PrivateKey.from_private_bytes(private)
    assert suite.decrypt(encapsulated + sealed, own, info=INFO) == CONTENT


@pytest.mark.parametrize("place", range(5))
def test_nothing_changed_opens(place):
    given = [RECIPIENT, bytes.fromhex(ENCAPSULATED), INFO, BOUND, bytes.fromhex(SEALED)]
    given[place] = bytes([given[place][0] ^ 8]) + given[place][1:]
    with pytest.raises(SealRefused):
        hpke.open_sealed(*given, hpke.AES_128_GCM)


@pytest.mark.parametrize("key", [b"", b"x" * 31, bytes(32)])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(SealRefused):
        hpke.seal(key, INFO, BOUND, CONTENT, EPHEMERAL)
