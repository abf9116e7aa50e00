"""Sealing and opening: every subset, every lie named, nothing changed opens, fixed vectors."""

import hashlib
import json
import random
from datetime import datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.engines.sealing import (
    Call,
    SealRefused,
    call_from,
    fingerprint,
    give_share,
    hpke,
    may_open,
    open_envelope,
    read_share,
    receipt_of,
    seal,
    standing,
    taken_apart,
)
from kechuang.engines.sealing import envelopes as inside
from kechuang.engines.sealing.sharing import PRIME, combine, shares_of, split

NAMES = ("甲", "乙", "丙", "丁", "戊")
KEYS = {name: bytes([place]) * 32 for place, name in enumerate(NAMES, 1)}
SESSION = bytes([9]) * 32
CONTENT = "标书：三年内实现中试。".encode()
UNIT = "91520100MA00000000"


def fixed_bytes(seed):
    """Bytes that are the same each time, for vectors."""
    return random.Random(seed).randbytes


def call_of(k=3, profile="intl", names=NAMES):
    custodians = tuple((name, hpke.public_of(KEYS[name])) for name in names)
    return Call("JB-2026-000001", custodians, k, bytes(range(32)), profile)


CALL = call_of()
FILE = seal(CONTENT, CALL, UNIT, "technical", fixed_bytes(1))


def posted(file, call, names):
    """The shares that these custodians post, read by the opening session."""
    session = hpke.public_of(SESSION)
    given_shares = [
        give_share(file, call, KEYS[name], session, fixed_bytes(name)) for name in names
    ]
    return dict(read_share(one, file, SESSION) for one in given_shares)


@pytest.mark.parametrize("profile", ["intl", "gm"])
def test_any_three_of_five_open_and_no_two(profile):
    call = call_of(profile=profile)
    file = seal(CONTENT, call, UNIT, "technical", fixed_bytes(2))
    whole = posted(file, call, NAMES)
    for size in range(6):
        for places in combinations(whole, size):
            some = {x: whole[x] for x in places}
            if size >= 3:
                opened = open_envelope(file, call, some)
                assert (opened.content, opened.void, opened.liars) == (CONTENT, "", ())
            else:
                with pytest.raises(SealRefused, match=f"{size} of 3 shares fit"):
                    open_envelope(file, call, some)


@pytest.mark.parametrize(
    ("profile", "digest"),
    [
        ("intl", "4637fd9f66a715997be523ccca1cfa99abbd65abcd46617e147475c9c2edb6fd"),
        ("gm", "a520ffaaf279f29ee33d96e1b77dd42bcb4a9055008fa7b0c8d48292638ad731"),
    ],
)
def test_the_format_is_fixed(profile, digest):
    """Randomness of the vectors: SHA-256 of "kechuang vector " and a counter, by 32 bytes."""
    counter = iter(range(1_000))

    def counted(length):
        blocks = [
            hashlib.sha256(f"kechuang vector {next(counter)}".encode()).digest()
            for _ in range(-(-length // 32))
        ]
        return b"".join(blocks)[:length]

    file = seal(b"vector", call_of(profile=profile), UNIT, "price", counted)
    assert hashlib.sha256(file).hexdigest() == digest


def test_shamir_over_a_prime_just_above_the_keys():
    assert pow(2, PRIME - 1, PRIME) == 1
    top = b"\xff" * 32
    shares = split(top, 3, 5, fixed_bytes(3))
    whole = dict(enumerate(shares, 1))
    for places in combinations(whole, 3):
        assert combine({x: whole[x] for x in places}) == top
        assert shares_of({x: whole[x] for x in places}, 5) == shares
    assert combine({1: whole[1], 2: whole[2]} | {3: shares[2]}) == top
    assert combine({x: whole[x] for x in (1, 2)}) != top


def test_a_lying_custodian_is_named_and_changes_nothing():
    shares = posted(FILE, CALL, NAMES)
    for liar in (1, 4):
        false = shares | {liar: shares[liar][:-1] + bytes([shares[liar][-1] ^ 1])}
        opened = open_envelope(FILE, CALL, false)
        assert (opened.content, opened.void, opened.liars) == (CONTENT, "", (NAMES[liar - 1],))
    two = shares | {1: bytes(33), 2: b"short"}
    assert open_envelope(FILE, CALL, two).liars == ("甲", "乙")
    three = two | {3: bytes(33)}
    with pytest.raises(SealRefused, match="2 of 3 shares fit; not fitting: 甲, 乙, 丙"):
        open_envelope(FILE, CALL, three)


def dealt_falsely(monkeypatch, how):
    """Seal with a bidder's client that deals as `how` says."""
    whole = inside._wrapped

    def wrapped(suite, context, x, share, keys):
        return how(whole, suite, context, x, share, keys)

    with monkeypatch.context() as patch:
        patch.setattr(inside, "_wrapped", wrapped)
        return seal(CONTENT, CALL, UNIT, "technical", fixed_bytes(4))


def another_share(whole, suite, context, x, share, keys):
    return whole(suite, context, x, bytes(33) if x == 2 else share, keys)


def another_commitment(whole, suite, context, x, share, keys):
    row = whole(suite, context, x, share, keys)
    return row | ({"commitment": "00" * 32} if x == 5 else {})


def another_wrapping(whole, suite, context, x, share, keys):
    row = whole(suite, context, x, share, keys)
    return row | ({"sealed": whole(suite, context, x, bytes(33), keys)["sealed"]} if x == 2 else {})


@pytest.mark.parametrize("how", [another_share, another_commitment, another_wrapping])
def test_a_bidder_who_deals_falsely_is_named_and_nothing_is_shown(monkeypatch, how):
    file = dealt_falsely(monkeypatch, how)
    opened = open_envelope(file, CALL, posted(file, CALL, NAMES))
    assert opened.content is None
    assert opened.void.startswith(f"void: {UNIT} dealt")
    assert opened.liars == ()


def test_a_changed_segment_voids_the_bid():
    changed = FILE[:-1] + bytes([FILE[-1] ^ 1])
    opened = open_envelope(changed, CALL, posted(changed, CALL, NAMES[:3]))
    assert (opened.content, opened.void) == (
        None,
        f"void: {UNIT}: segment 1: was changed after it was sealed"
        f" / 作废：{UNIT}：第 1 段在密封之后被改动",
    )  # fmt: skip


def test_no_change_to_the_header_opens_with_the_true_shares():
    """Each value of the header is changed: shares refuse, or the bid is void, never the content."""
    shares = posted(FILE, CALL, NAMES)
    envelope = taken_apart(FILE)
    chance = random.Random(5)
    for name in ("unit", "part", "salt", "key_hash", "prefix", "criteria_hash", "challenge", "k"):
        header = json.loads(json.dumps(envelope.header))
        old = header[name]
        header[name] = {"unit": "91520100MA11111111", "part": "price", "k": 2,
                        "challenge": "JB-2026-000002"}.get(name)  # fmt: skip
        if header[name] is None:
            place = chance.randrange(len(old))
            header[name] = old[:place] + ("0" if old[place] != "0" else "1") + old[place + 1 :]
        changed = written(header, envelope.ciphertext)
        with_refusal(lambda file=changed: open_envelope(file, CALL, shares))
        with_refusal(lambda file=changed: posted(file, CALL, NAMES))


def written(header, ciphertext):
    told = inside._written(header)
    return inside.MAGIC + len(told).to_bytes(4, "big") + told + ciphertext


def with_refusal(act):
    try:
        opened = act()
    except SealRefused:
        return
    assert getattr(opened, "content", 1) is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_envelopes_are_refused(data):
    place = data.draw(st.integers(0, len(FILE) - 1))
    bit = data.draw(st.integers(0, 7))
    changed = bytearray(FILE)
    changed[place] ^= 1 << bit
    with_refusal(lambda: open_envelope(bytes(changed), CALL, SHARES))


SHARES = posted(FILE, CALL, NAMES)


@pytest.mark.parametrize(
    "file",
    [b"", b"x", inside.MAGIC, FILE[:-1], FILE + b"x", FILE[: len(FILE) // 2],
     FILE.replace(b"{", b"[", 1),
     inside.MAGIC + b"\xff" * 4 + FILE, FILE.replace(b'"k":3', b'"k": 3', 1)],
)  # fmt: skip
def test_what_is_no_envelope_is_refused(file):
    with pytest.raises(SealRefused):
        taken_apart(file)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"JB-2026-000001"', b'"\\ud800-2026-0001"'),  # half a character, of the same length
        (b'"x":1}', b'"x":true}'),
    ],
)
def test_a_header_that_nobody_can_write_is_refused(old, new):
    grown = len(new) - len(old)
    length = int.from_bytes(FILE[len(inside.MAGIC) : len(inside.MAGIC) + 4], "big") + grown
    rest = FILE[len(inside.MAGIC) + 4 :].replace(old, new, 1)
    with pytest.raises(SealRefused):
        taken_apart(inside.MAGIC + length.to_bytes(4, "big") + rest)


def test_hexadecimal_is_written_in_one_way():
    salt = taken_apart(FILE).header["salt"].encode()
    with pytest.raises(SealRefused, match="lower case"):
        taken_apart(FILE.replace(salt, salt.upper(), 1))


def test_sizes_tell_no_more_than_a_power_of_two():
    sizes = {len(seal(bytes(n), CALL, UNIT, "price", fixed_bytes(n))) for n in (0, 1, 900_000)}
    assert len({size // 2**20 for size in sizes}) == 1
    assert len(seal(bytes(2**20 - 8), CALL, UNIT, "price", fixed_bytes(1))) < 1.01 * 2**20
    assert len(seal(bytes(2**20 - 7), CALL, UNIT, "price", fixed_bytes(1))) > 2 * 2**20
    assert inside.padded_size(2**29 - 8) == 2**29
    with pytest.raises(SealRefused, match="512 MiB"):
        inside.padded_size(2**29 - 7)


def test_several_segments_come_back_whole():
    content = random.Random(6).randbytes(3 * 2**20 + 17)
    file = seal(content, CALL, UNIT, "technical", fixed_bytes(7))
    assert open_envelope(file, CALL, posted(file, CALL, NAMES[2:])).content == content
    step = inside.SEGMENT_BYTES + 16
    head = len(file) - 4 * step
    swapped = file[:head] + file[head + step : head + 2 * step] + file[head : head + step]
    swapped += file[head + 2 * step :]
    assert open_envelope(swapped, CALL, posted(swapped, CALL, NAMES)).content is None


def test_a_custodian_refuses_before_the_deadline_and_what_does_not_stand():
    deadline = datetime.fromisoformat("2026-06-30T17:00:00+08:00")
    told = receipt_of(FILE, CALL)["envelope"]
    may_open(FILE, CALL, deadline, deadline, [told])
    for at, current, word in (
        (deadline - timedelta(seconds=1), [told], "has not passed"),
        (deadline, [], "not a current one"),
        (datetime(2026, 7, 1), [told], "time zone"),
    ):
        with pytest.raises(SealRefused, match=word):
            may_open(FILE, CALL, deadline, at, current)
    with pytest.raises(SealRefused, match="another call"):
        may_open(FILE, call_of(k=2), deadline, deadline, [told])
    with pytest.raises(SealRefused, match="another call"):
        may_open(FILE, call_of(names=NAMES[::-1]), deadline, deadline, [told])
    with pytest.raises(SealRefused, match="none of the call's custodians"):
        give_share(FILE, CALL, bytes([77]) * 32, hpke.public_of(SESSION), fixed_bytes(1))


def test_a_share_is_for_one_envelope_and_one_session():
    other = seal(CONTENT, CALL, UNIT, "technical", fixed_bytes(8))
    share = give_share(FILE, CALL, KEYS["甲"], hpke.public_of(SESSION), fixed_bytes(1))
    for told, file, private in (
        (share, other, SESSION),
        (share, FILE, KEYS["乙"]),
        (share | {"x": 2}, FILE, SESSION),
        (share | {"x": 0}, FILE, SESSION),
        ({}, FILE, SESSION),
        (None, FILE, SESSION),
    ):
        with pytest.raises(SealRefused):
            read_share(told, file, private)


def test_a_receipt_names_hashes_and_keys():
    told = receipt_of(FILE, CALL)
    assert told["envelope"] == hashlib.sha256(FILE).hexdigest()
    assert told["ciphertext"] == hashlib.sha256(taken_apart(FILE).ciphertext).hexdigest()
    assert told["custodians"][0] == {
        "name": "甲", "fingerprint": fingerprint(hpke.public_of(KEYS["甲"]))
    }  # fmt: skip
    assert len(fingerprint(bytes(32)).split()) == 8


GOOD = {"challenge": "JB-1", "k": 1, "criteria_hash": "00" * 32,
        "custodians": [{"name": "甲", "public": "11" * 32}, {"name": "乙", "public": "22" * 32}],
        }  # fmt: skip


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"k": 3}, "k of n"),
        ({"k": 0}, "k of n"),
        ({"k": "1"}, "call.k"),
        ({"criteria_hash": "00"}, "criteria_hash: must be 32 bytes"),
        ({"criteria_hash": 3}, "criteria_hash: must be hexadecimal"),
        ({"challenge": ""}, "call.challenge"),
        ({"profile": "md5"}, "profile 'md5'"),
        ({"custodians": []}, "call.custodians"),
        ({"custodians": [{"name": "甲"}]}, "public"),
        ({"custodians": [{"name": "", "public": "11" * 32}]}, "name"),
        ({"custodians": GOOD["custodians"][:1] * 2}, "stands there twice"),
    ],
)
def test_what_is_no_call_is_refused(change, word):
    assert call_from(GOOD).k == 1
    with pytest.raises(SealRefused, match=word):
        call_from(GOOD | change)


@pytest.mark.parametrize(
    ("unit", "part"), [("", "price"), (UNIT, "both"), (3, "price"), ("\udcff", "price")]
)
def test_what_cannot_be_sealed_is_refused(unit, part):
    with pytest.raises(SealRefused):
        seal(b"", CALL, unit, part, fixed_bytes(1))


def test_what_stands_by_the_log():
    start = datetime.fromisoformat("2026-06-30T16:00:00+08:00")
    deadline = start + timedelta(hours=1)

    def entry(event, envelope="", unit="", minute=0, ciphertext=None, part="technical"):
        return {"event": event, "envelope": envelope, "unit": unit, "part": part,
                "ciphertext": ciphertext or f"c{envelope}",
                "at": start + timedelta(minutes=minute)}  # fmt: skip

    entries = [
        entry("sealed", "a1", "A"),
        entry("sealed", "p1", "A", part="price"),
        entry("sealed", "b1", "B", 1),
        entry("sealed", "c1", "C", 2, ciphertext="cb1"),
        entry("sealed", "d1", "D", 2),
        entry("sealed", "e1", "E", 2),
        entry("sealed", "a2", "A", 3),
        entry("withdrawn", "d1", "D", 4),
        entry("amended", minute=5),
        entry("reconfirmed", "a2", "A", 6),
        entry("reconfirmed", "p1", "A", 6, part="price"),
        entry("reconfirmed", "d1", "D", 6),
        entry("sealed", "b2", "B", 59),
        entry("sealed", "f1", "F", 61),
        entry("withdrawn", "a2", "A", 61),
    ]
    assert standing(entries, deadline) == {
        "a1": "replaced", "p1": "current", "b1": "replaced", "c1": "copied", "d1": "withdrawn",
        "e1": "unconfirmed", "a2": "current", "b2": "current", "f1": "late",
    }  # fmt: skip
    with pytest.raises(SealRefused, match="not known"):
        standing([entry("lost", "x", "X")], deadline)
