#!/usr/bin/env python3
"""Check exported entries of the record with the Python standard library alone.

    python3 verify_log.py PROOFS.json [CHECKPOINT.txt]     exit 0: proved; 1: not so; 2: no such file

It imports nothing of the platform, so that whoever doubts the platform can read it whole. It hashes
every entry again from what is told of it, follows its proof to the root, and compares size and root
with the checkpoint in the file and, where one is given, with a checkpoint that you kept yourself or
got from a witness. Signatures (Ed25519) are not in the standard library: whose they are is printed.
"""

import base64
import binascii
import hashlib
import json
import sys

FORMAT = "kechuang-record-1"
MOST = 2**63


class NotSo(Exception):
    """The first thing that is not as the file tells it."""


def canonical(value):
    """RFC 8785 for integers and strings: keys by UTF-16 code units, nothing else."""
    if isinstance(value, dict):
        keys = sorted(value, key=lambda key: key.encode("utf-16-be"))
        return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in keys) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        raise NotSo("a number with a fraction: the record keeps none")
    return json.dumps(value, ensure_ascii=False)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def hash_of(text, what):
    try:
        found = bytes.fromhex(text)
    except (TypeError, ValueError):
        found = b""
    if len(found) != 32:
        raise NotSo(f"{what}: not a hash")
    return found


def root_of(leaf, index, size, proof):
    """The root that a proof leads to (RFC 9162, 2.1.3.2); sizes and lengths are checked first."""
    if type(index) is not int or type(size) is not int or not 0 <= index < size <= MOST:
        raise NotSo(f"position {index}: not in a log of {size}")
    here, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise NotSo(f"position {index}: the proof is too long")
        if here & 1 or here == last:
            found = sha256(b"\x01", sibling, found)
            while here and not here & 1:
                here, last = here >> 1, last >> 1
        else:
            found = sha256(b"\x01", found, sibling)
        here, last = here >> 1, last >> 1
    if last:
        raise NotSo(f"position {index}: the proof is too short")
    return found


def note_of(text):
    """Origin, size, root and signers of a signed checkpoint; or of plain `SIZE ROOT`."""
    words = text.split()
    if len(words) == 2 and words[0].isdigit():
        return "", int(words[0]), hash_of(words[1], "checkpoint"), []
    head, found, signatures = text.rpartition("\n\n")
    lines = head.split("\n")
    if not found or len(lines) < 3 or not lines[1].isdigit():
        raise NotSo("checkpoint: not origin, size, root and signatures")
    try:
        root = base64.b64decode(lines[2], validate=True)
    except (binascii.Error, ValueError):
        raise NotSo("checkpoint: the root is not base64") from None
    return lines[0], int(lines[1]), root, [
        line[2:].split(" ")[0] for line in signatures.splitlines() if line.startswith("\u2014 ")
    ]


def check_entry(entry, size, root):
    position = entry["position"]
    leaf = hash_of(entry["leaf_hash"], f"position {position}")
    told = entry.get("leaf")
    if told is not None and sha256(b"\x00", canonical(told).encode()) != leaf:
        raise NotSo(f"position {position}: what is told of the entry is not what was recorded")
    if "payload" in entry:
        if told is None:
            raise NotSo(f"position {position}: a payload without its entry proves nothing")
        salted = bytes.fromhex(entry["payload_salt"]) + canonical(entry["payload"]).encode()
        if hashlib.sha256(salted).hexdigest() != told["payload"]:
            raise NotSo(f"position {position}: the payload is not the one that was recorded")
    proof = [hash_of(one, f"position {position}: proof") for one in entry["proof"]]
    if root_of(leaf, position, size, proof) != root:
        raise NotSo(f"position {position}: not in the log with this root")


def check_text(one):
    if sha256(one["text"].encode()).hex() != one["sha256"]:
        raise NotSo(f"{one['name']}: the text is not the one with this fingerprint")


def check(told, kept):
    if told.get("format") != FORMAT:
        raise NotSo(f"format: {told.get('format')!r}, not {FORMAT}")
    size, root = told["size"], hash_of(told["root"], "root")
    origin, said_size, said_root, signers = note_of(told["checkpoint"])
    if (said_size, said_root) != (size, root):
        raise NotSo("checkpoint: not the size and root that the proofs lead to")
    for entry in told["entries"]:
        check_entry(entry, size, root)
    for one in told.get("texts", []):
        check_text(one)
    if kept is not None:
        _, kept_size, kept_root, _ = note_of(kept)
        if kept_size == size and kept_root != root:
            raise NotSo("your checkpoint has the same size and another root: the log was rewritten")
        if kept_size != size:
            print(f"your checkpoint is of {kept_size} entries, this file's of {size}: ask for the "
                  "file again with yours, or compare by `kechuang record verify`")
    return origin, signers


def say(told, origin, signers):
    print(f"log        {origin}: {told['size']} entries, root {told['root']}")
    print(f"signed by  {', '.join(signers) or 'nobody'} (signatures are not checked here)")
    for entry in told["entries"]:
        leaf = entry.get("leaf") or {}
        print(f"{entry['position']:>9}  {leaf.get('at', '')}  {leaf.get('verb', 'not told')}  "
              f"{leaf.get('object', '')}  {canonical(entry['payload']) if 'payload' in entry else ''}")
    for one in told.get("texts", []):
        print(f"text       {one['name']}: {one['sha256']}")
    if told.get("not_yet"):
        print(f"not yet    {told['not_yet']} newer entries: not in this checkpoint")
    print(f"proved     {len(told['entries'])} entries stand in this log as told")


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")
    if not 2 <= len(arguments) <= 3:
        print(__doc__)
        return 2
    try:
        with open(arguments[1], encoding="utf-8") as file:
            told = json.load(file)
        kept = None
        if len(arguments) == 3:
            with open(arguments[2], encoding="utf-8") as file:
                kept = file.read()
    except (OSError, ValueError, RecursionError) as error:
        print(f"cannot be read: {error}")
        return 2
    try:
        origin, signers = check(told, kept)
    except NotSo as fault:
        print(f"not so: {fault}")
        return 1
    except (KeyError, TypeError, AttributeError, ValueError, RecursionError) as error:
        print(f"not so: the file is not as it should be ({error!r})")
        return 1
    say(told, origin, signers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
