#!/usr/bin/env python3
"""Redraw an exported draw with the Python standard library alone, and say whether it is as told.

    python3 verify_draw.py RECORD.json        exit 0: as told; 1: not so; 2: no record of a draw

It imports nothing of the platform, so that whoever doubts the platform can read it whole. It checks
the order of times, the pool's hash, each revealed nonce against its commitment, the seed, the order
drawn, and that nobody was passed over without a reason. That the pool was the right one, and that
the public value was the one announced, is for the reader: both are printed.
"""

import hashlib
import hmac
import json
import sys
from datetime import datetime

FORMAT = "kechuang-draw-1"
STEPS = ("closed", "opened", "pool", "commitments", "reveals_until", "public_value")
OUTCOMES = ("seated", "refused", "timeout", "conflict")
START = (0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
         0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E)


class NotSo(Exception):
    """The first thing that is not as the record tells it."""


def turn(word, by):
    by %= 32
    return ((word << by) | (word >> (32 - by))) & 0xFFFFFFFF


def sm3_block(state, block):
    w = [int.from_bytes(block[i:i + 4], "big") for i in range(0, 64, 4)]
    for i in range(16, 68):
        x = w[i - 16] ^ w[i - 9] ^ turn(w[i - 3], 15)
        w.append(x ^ turn(x, 15) ^ turn(x, 23) ^ turn(w[i - 13], 7) ^ w[i - 6])
    a, b, c, d, e, f, g, h = state
    for i in range(64):
        s1 = turn((turn(a, 12) + e + turn(0x79CC4519 if i < 16 else 0x7A879D8A, i)) & 0xFFFFFFFF, 7)
        s2 = s1 ^ turn(a, 12)
        ff = a ^ b ^ c if i < 16 else (a & b) | (a & c) | (b & c)
        gg = e ^ f ^ g if i < 16 else (e & f) | (~e & 0xFFFFFFFF & g)
        t1 = (ff + d + s2 + (w[i] ^ w[i + 4])) & 0xFFFFFFFF
        t2 = (gg + h + s1 + w[i]) & 0xFFFFFFFF
        a, b, c, d = t1, a, turn(b, 9), c
        e, f, g, h = t2 ^ turn(t2, 9) ^ turn(t2, 17), e, turn(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h)))


def sm3(content):
    """SM3, GB/T 32905-2016."""
    padded = content + b"\x80" + b"\0" * (-(len(content) + 9) % 64)
    padded += (8 * len(content)).to_bytes(8, "big")
    state = START
    for first in range(0, len(padded), 64):
        state = sm3_block(state, padded[first:first + 64])
    return b"".join(word.to_bytes(4, "big") for word in state)


def hmac_sm3(key, content):
    key = (sm3(key) if len(key) > 64 else key).ljust(64, b"\0")
    inner = sm3(bytes(byte ^ 0x36 for byte in key) + content)
    return sm3(bytes(byte ^ 0x5C for byte in key) + inner)


def sha256(content):
    return hashlib.sha256(content).digest()


def hmac_sha256(key, content):
    return hmac.new(key, content, hashlib.sha256).digest()


SUITES = {"intl": (sha256, hmac_sha256), "gm": (sm3, hmac_sm3)}


def framed(fields):
    """Labelled fields, each label with 4 bytes of length before it and each value with 8."""
    found = b""
    for label, value in fields:
        value = value if isinstance(value, bytes) else value.encode()
        found += len(label).to_bytes(4, "big") + label.encode()
        found += len(value).to_bytes(8, "big") + value
    return found


def drawn_order(members, seed, keyed):
    """The pool in drawn order: 64-bit numbers of a counter, those above a fair limit passed."""
    left, counter = list(members), 0
    while left:
        fair = 2**64 - 2**64 % len(left)
        number = fair
        while number >= fair:
            block = keyed(seed, b"kechuang draw 1" + counter.to_bytes(8, "big"))
            number, counter = int.from_bytes(block[:8], "big"), counter + 1
        yield left.pop(number % len(left))


def require(holds, sentence):
    if not holds:
        raise NotSo(sentence)


def check_before(record, hashed):
    """Times, pool, and nonces against commitments; gives the nonces revealed."""
    require(record["format"] == FORMAT, f"format {record['format']!r} is not known")
    times = [datetime.fromisoformat(record["times"][step]) for step in STEPS]
    for number in range(1, len(STEPS)):
        require(times[number - 1] < times[number],
                f"times: {STEPS[number]} does not come after {STEPS[number - 1]}")
    pool = record["pool"]
    told = json.dumps(pool["filters"], sort_keys=True, separators=(",", ":"))
    fields = [("format", FORMAT), ("filters", told)]
    fields += [("member", member) for member in pool["members"]]
    require(pool["hash"] == hashed(framed(fields)).hex(), "pool: its hash is another")
    require(len(set(pool["members"])) == len(pool["members"]), "pool: somebody stands there twice")
    committed = {row["custodian"]: row["commitment"] for row in record["commitments"]}
    require(len(committed) == len(record["commitments"]), "commitments: a custodian stands twice")
    for name, told in committed.items():
        require(type(told) is str and len(bytes.fromhex(told)) == 32,
                f"commitments: what {name} committed to is no hash")
    nonces = {}
    for row in record["reveals"]:
        name, nonce = row["custodian"], bytes.fromhex(row["nonce"])
        require(name in committed and name not in nonces, f"reveals: {name} may not reveal this")
        require(len(nonce) == 32, f"reveals: the nonce of {name} is not 32 bytes")
        so = hashed(framed([("custodian", name), ("nonce", nonce)])).hex()
        require(so == committed[name], f"reveals: the nonce of {name} is not the one committed to")
        nonces[name] = nonce
    require(record["withheld"] == [name for name in committed if name not in nonces],
            "withheld: not those who revealed nothing")
    return nonces


def check_seed(record, hashed, nonces):
    """The seed from everything that was fixed before it; gives the seed."""
    fields = [("format", FORMAT), ("suite", record["suite"]), ("challenge", record["challenge"]),
              ("pool", bytes.fromhex(record["pool"]["hash"])),
              ("bids", bytes.fromhex(record["bids_root"]))]
    for row in record["commitments"]:
        fields.append(("custodian", row["custodian"]))
        fields.append(("nonce", nonces.get(row["custodian"], b"")))
    fields += [("source", record["public"]["source"]), ("value", record["public"]["value"])]
    seed = hashed(framed(fields))
    require(record["seed"] == seed.hex(),
            "seed: it does not come from pool, bids, nonces and public value")
    return seed


def check_order(record, seed, keyed):
    """Who was drawn, and that nobody was passed over without a reason."""
    told, seats = record["drawn"], record["seats"]
    require(type(seats) is int and seats >= 1, "seats: must be a whole number, at least 1")
    whole = list(drawn_order(record["pool"]["members"], seed, keyed))
    for place, member in enumerate(told):
        require(place < len(whole) and member == whole[place],
                f"drawn: place {place + 1} is not {member}")
    known, lost = set(), 0
    for row in record["outcomes"]:
        member, outcome = row["member"], row["outcome"]
        require(member in told and member not in known and outcome in OUTCOMES,
                f"outcomes: {member} was not drawn, stands twice, or has no known outcome")
        known.add(member)
        if outcome != "seated":
            lost += 1
            require(row.get("reason"), f"outcomes: {member} is {outcome} without a reason")
    require(len(told) == min(seats + lost, len(whole)),
            f"drawn: {len(told)} were drawn for {seats} seats and {lost} who do not sit")


def main():
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            record = json.load(file)
        hashed, keyed = SUITES[record["suite"]]
        nonces = check_before(record, hashed)
        check_order(record, check_seed(record, hashed, nonces), keyed)
    except NotSo as fault:
        print(f"NOT SO: {fault}")
        return 1
    except (IndexError, OSError, KeyError, TypeError, ValueError, AttributeError,
            RecursionError) as error:
        print(f"no record of a draw: {type(error).__name__} {error}", file=sys.stderr)
        return 2
    print(f"as told: {len(record['drawn'])} drawn from {len(record['pool']['members'])}")
    print(f"pool {record['pool']['hash']}, filters {json.dumps(record['pool']['filters'])}")
    print(f"public value {record['public']['value']!r} of {record['public']['source']!r}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
