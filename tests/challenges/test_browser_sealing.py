"""What the browser seals the command line opens, and the other way round: one format."""

import hashlib
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from kechuang.engines import sealing
from kechuang.engines.sealing import hpke
from tests.engines.sealing import test_envelopes as cases
from tests.engines.sealing import test_hpke as vector

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
MODULE = ROOT / "kechuang/challenges/static/challenges/sealing.js"
LIBRARY = ROOT / "node_modules/sm-crypto-v2/dist/index.umd.js"
PROFILES = ("intl", "gm")
CONTENT = "标书：三年内实现中试。".encode()
CALL = {
    "challenge": "JB-2026-000001", "k": 3, "profile": "intl",
    "criteria_hash": bytes(range(32)).hex(),
    "custodians": [
        {"name": name, "public": hpke.public_of(key).hex()} for name, key in cases.KEYS.items()
    ],
}  # fmt: skip
SESSION = bytes([9]) * 32
DEADLINE = "2026-06-30T17:00:00+08:00"


def _node() -> str:
    """The node that npm came with, or the one that the installation fetched."""
    found = shutil.which("node") or str(ROOT / ".venv/bin/node")
    assert Path(found).exists(), "node is missing: scripts/install fetches it with npm"
    return found


def browser(act: str, profile: str = "intl", **order: object):
    """What the browser's module answers to one order; for `gm` with its library beside it."""
    told = {"act": act, "module": MODULE.as_uri(), "call": CALL | {"profile": profile}, **order}
    if profile == "gm":
        told.setdefault("library", str(LIBRARY))
    done = subprocess.run(
        [_node(), str(HERE / "sealing_in_node.mjs")], input=json.dumps(told), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    answer = json.loads(done.stdout)
    return answer["done"] if "done" in answer else f"refused: {answer['refused']}"


def drawn(seed: bytes, length: int = 600) -> bytes:
    return hashlib.shake_256(seed).digest(length)


def named_in(profile: str, content: bytes) -> str:
    """The hash of a file in the profile's own algorithm."""
    return sealing.suite_of(profile).hash(content).hex()


@pytest.fixture(scope="module")
def all_sealed(tmp_path_factory) -> dict[str, tuple[Path, bytes]]:
    """One bid sealed by the browser with fixed randomness, in each profile."""
    found = {}
    for profile in PROFILES:
        told = browser(
            "seal", profile, content=CONTENT.hex(), unit=cases.UNIT, part="technical",
            random=drawn(b"1").hex(),
        )  # fmt: skip
        file = tmp_path_factory.mktemp("sealed") / f"{profile}.sealed"
        file.write_bytes(bytes.fromhex(told))
        found[profile] = (file, file.read_bytes())
    return found


@pytest.fixture
def sealed(all_sealed) -> tuple[Path, bytes]:
    return all_sealed["intl"]


@pytest.mark.parametrize("profile", PROFILES)
def test_both_seal_to_the_same_bytes(all_sealed, profile):
    random = io.BytesIO(drawn(b"1"))
    call = sealing.call_from(CALL | {"profile": profile})
    ours = sealing.seal(CONTENT, call, cases.UNIT, "technical", random.read)
    assert all_sealed[profile][1] == ours


@pytest.mark.parametrize(("profile", "length"), [("intl", 20), ("gm", 2**20 + 5)])
def test_both_seal_a_price_to_the_same_bytes(profile, length):
    """Of one segment, and of two."""
    content = drawn(b"price", length)
    told = browser(
        "seal", profile, content=content.hex(), unit=cases.UNIT, part="price",
        random=drawn(b"3").hex(),
    )  # fmt: skip
    random = io.BytesIO(drawn(b"3"))
    call = sealing.call_from(CALL | {"profile": profile})
    assert bytes.fromhex(told) == sealing.seal(content, call, cases.UNIT, "price", random.read)


def test_the_browser_knows_sm3_and_sm4_gcm_by_their_published_vectors():
    assert browser("able", "gm") is True
    assert browser("able", "gm", library=None) is False


def test_without_its_library_gm_is_refused():
    told = {"content": "00", "unit": "u", "part": "technical", "library": None}
    assert browser("seal", "gm", **told) == "refused: no_gm_library"


@pytest.mark.parametrize("profile", PROFILES)
def test_three_custodians_one_in_the_browser_open_what_the_browser_sealed(all_sealed, profile):
    path, file = all_sealed[profile]
    call = sealing.call_from(CALL | {"profile": profile})
    session = hpke.public_of(SESSION)
    by_browser = browser(
        "share", profile, file=str(path), private=cases.KEYS["甲"].hex(), session=session.hex()
    )
    assert by_browser["custodian"] == "甲"
    posted = [by_browser] + [
        sealing.give_share(file, call, cases.KEYS[name], session, cases.fixed_bytes(name))
        for name in ("丙", "戊")
    ]
    shares = dict(sealing.read_share(one, file, SESSION) for one in posted)
    opened = sealing.open_envelope(file, call, shares)
    assert (opened.content, opened.void, opened.liars) == (CONTENT, "", ())
    for one in posted:
        x, share = browser(
            "read", posted=one, envelope=named_in(profile, file), private=SESSION.hex()
        )
        assert bytes.fromhex(share) == shares[x]


@pytest.mark.parametrize("profile", PROFILES)
def test_a_share_of_what_python_sealed_is_the_same_bytes_with_fixed_randomness(
    tmp_path, profile
):
    call = sealing.call_from(CALL | {"profile": profile})
    file = sealing.seal(CONTENT, call, cases.UNIT, "technical", io.BytesIO(drawn(b"4")).read)
    path = tmp_path / "bid.sealed"
    path.write_bytes(file)
    session = hpke.public_of(SESSION)
    ours = sealing.give_share(
        file, call, cases.KEYS["乙"], session, io.BytesIO(drawn(b"2", 32)).read
    )
    theirs = browser(
        "share", profile, file=str(path), private=cases.KEYS["乙"].hex(), session=session.hex(),
        random=drawn(b"2", 32).hex(),
    )  # fmt: skip
    assert theirs == ours


@pytest.mark.parametrize("profile", PROFILES)
def test_receipt_and_fingerprints_are_the_same(all_sealed, profile):
    path, file = all_sealed[profile]
    call = sealing.call_from(CALL | {"profile": profile})
    assert browser("receipt", profile, file=str(path)) == sealing.receipt_of(file, call)
    key = hpke.public_of(cases.KEYS["丁"])
    assert browser("fingerprint", profile, key=key.hex()) == sealing.fingerprint(key, profile)


def test_each_profile_keeps_to_itself(all_sealed):
    """An envelope of one profile is none of a call of the other."""
    for profile, other in (("intl", "gm"), ("gm", "intl")):
        path = str(all_sealed[profile][0])
        told = {"library": str(LIBRARY)}
        assert browser("receipt", other, file=path, **told) == "refused: another_call"


def test_the_vector_of_rfc_9180_in_the_browser():
    told = {"info": vector.INFO.hex(), "bound": vector.BOUND.hex(), "aead": hpke.AES_128_GCM}
    assert browser(
        "hpke", recipient=vector.PUBLIC, content=vector.CONTENT.hex(),
        ephemeral=vector.EPHEMERAL.hex(), **told,
    ) == [vector.ENCAPSULATED, vector.SEALED]  # fmt: skip
    opened = browser(
        "unhpke", private=vector.RECIPIENT.hex(), encapsulated=vector.ENCAPSULATED,
        sealed=vector.SEALED, **told,
    )  # fmt: skip
    assert bytes.fromhex(opened) == vector.CONTENT


@pytest.mark.parametrize(
    ("now", "current", "answer"),
    [
        ("2026-06-30T16:59:59+08:00", True, "refused: deadline_not_passed"),
        ("2026-06-30T17:00:00+08:00", True, "may"),
        ("2026-06-30T17:00:00+08:00", False, "refused: not_current"),
    ],
)
def test_a_custodians_browser_refuses_before_the_deadline_by_its_own_clock(
    sealed, now, current, answer
):
    stands = [hashlib.sha256(sealed[1]).hexdigest()] if current else ["00" * 32]
    told = browser("may", file=str(sealed[0]), deadline=DEADLINE, now=now, current=stands)
    assert told == answer


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"k": 6}, "not_k_of_n"),
        ({"k": 0}, "not_k_of_n"),
        ({"custodians": []}, "no_custodians"),
        ({"custodians": CALL["custodians"][:1] * 3}, "key_twice"),
        ({"profile": "sm9"}, "other_profile"),
        ({"profile": "toString"}, "other_profile"),
        ({"criteria_hash": "00"}, "wrong_length"),
        ({"criteria_hash": "XY" * 32}, "not_hexadecimal"),
    ],
)
def test_a_call_that_is_none_is_refused(change, code):
    answer = browser("seal", content="00", unit="u", part="technical", **{"call": CALL | change})
    assert answer == f"refused: {code}"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"challenge": "JB-2026-000002"}, "another_call"),
        ({"criteria_hash": bytes(32).hex()}, "another_call"),
        ({"k": 2}, "another_call"),
    ],
)
def test_an_envelope_of_another_call_is_refused(sealed, change, code):
    assert browser("receipt", file=str(sealed[0]), call=CALL | change) == f"refused: {code}"


def test_a_key_of_nobody_gives_no_share(sealed):
    session = hpke.public_of(SESSION).hex()
    answer = browser("share", file=str(sealed[0]), private=(b"\7" * 32).hex(), session=session)
    assert answer == "refused: no_custodian"


@pytest.mark.parametrize("place", [0, 17, 22, 60])
def test_a_changed_envelope_is_none(sealed, tmp_path, place):
    changed = bytearray(sealed[1])
    changed[place] ^= 1
    file = tmp_path / "changed"
    file.write_bytes(changed)
    assert browser("receipt", file=str(file)) == "refused: not_an_envelope"


def test_a_draft_opens_with_its_words_alone():
    told = {"content": CONTENT.hex(), "words": "竹 石 雲 舟", "bound": "JB-2026-000001 draft"}
    length, opened = browser("draft", **told)
    assert bytes.fromhex(opened) == CONTENT
    assert length == len(b"kechuang-draft-1\n") + 16 + 12 + 2**20 + 16
    assert browser("strange", others="竹 石 雲 船", **told) == "refused: wrong_words"
