"""A sealed bid: content under a random key, the key split among custodians, all bound together.

The file is a magic line, the length of the header, the header (canonical JSON), and the ciphertext
in segments of 1 MiB. Everything that must not be exchanged is bound into every segment and share:
profile, challenge, unit, envelope, k of n, the custodians' keys, the criteria, and a hash of the
content's key. The shares are sealed with secrets that follow from that key, so that after the
opening anybody can seal them again and see whether the bidder dealt honestly.
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidTag

from kechuang.base.refusals import N_
from kechuang.engines.sealing import hpke
from kechuang.engines.sealing.sharing import KEY_BYTES, check_numbers, split
from kechuang.engines.sealing.suites import TAG_BYTES, SealRefused, Suite, framed, suite_of

FORMAT = "kechuang-seal-1"
MAGIC = b"kechuang-seal-1\n"
PARTS = ("technical", "price")
SEGMENT_BYTES = 2**20
SIZE_MIN, SIZE_MAX = 2**20, 2**29  # padded: 1 MiB to 512 MiB
HEADER_MAX = 2**20
SALT_BYTES, PREFIX_BYTES, LENGTH_BYTES = 32, 7, 8
NAME_MAX = 200


@dataclass(frozen=True)
class Call:
    """What the call fixed before anybody sealed: the challenge, its custodians, its criteria."""

    challenge: str
    custodians: tuple[tuple[str, bytes], ...]  # name and X25519 public key, in published order
    k: int
    criteria_hash: bytes
    profile: str = "intl"


@dataclass(frozen=True)
class Envelope:
    """A sealed bid taken apart: the header as JSON values, and the ciphertext."""

    header: Mapping[str, Any]
    ciphertext: bytes

    @property
    def suite(self) -> Suite:
        return suite_of(self.header["profile"])

    def context(self) -> bytes:
        """What is bound into every segment and every share."""
        return _context(self.header)

    def ciphertext_hash(self) -> str:
        """By this a copy of a rival's ciphertext is known, whatever its header says."""
        return self.suite.hash(self.ciphertext).hex()


def call_from(told: Any) -> Call:
    """Read a call, {challenge, custodians: [{name, public}], k, criteria_hash, profile}."""
    if not isinstance(told, Mapping):
        raise SealRefused(N_("call：要是一个对象"))
    rows = told.get("custodians")
    if not isinstance(rows, list) or not rows:
        raise SealRefused(N_("call.custodians：要是一列，每项有 name 和 public"))
    custodians = []
    for place, row in enumerate(rows):
        name = row.get("name") if isinstance(row, Mapping) else None
        if not _is_name(name):
            raise SealRefused(N_("{place}：要是一段短文字"), place=f"call.custodians[{place}].name")
        public = _hex(row.get("public"), f"call.custodians[{place}].public", KEY_BYTES)
        custodians.append((str(name), public))
    if len({name for name, _ in custodians}) < len(rows) or len({p for _, p in custodians}) < len(
        rows
    ):
        raise SealRefused(N_("call.custodians：有名字或公钥写了两遍"))
    if not _is_name(told.get("challenge")):
        raise SealRefused(N_("{place}：要是一段短文字"), place="call.challenge")
    profile = suite_of(told.get("profile", "intl")).name
    criteria = _hex(told.get("criteria_hash"), "call.criteria_hash", 32)
    k = told.get("k")
    if type(k) is not int:
        raise SealRefused(N_("call.k：要是整数"))
    check_numbers(k, len(custodians))
    return Call(str(told["challenge"]), tuple(custodians), k, criteria, profile)


def _is_name(value: Any) -> bool:
    """True for a short text that can be written down: half a character cannot."""
    return (
        isinstance(value, str)
        and 0 < len(value) <= NAME_MAX
        and not any("\ud800" <= one <= "\udfff" for one in value)
    )


def _hex(value: Any, name: str, length: int | None = None) -> bytes:
    try:
        found = bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise SealRefused(N_("{place}：要写十六进制"), place=name) from error
    if length is not None and len(found) != length:
        raise SealRefused(N_("{place}：要是 {length} 字节"), place=name, length=length)
    if found.hex() != value:
        raise SealRefused(N_("{place}：要小写，不留空格"), place=name)
    return found


def _context(header: Mapping[str, Any]) -> bytes:
    hashed = suite_of(header["profile"]).hash
    fields = [
        (name, str(header[name]).encode())
        for name in ("format", "profile", "challenge", "unit", "part", "k")
    ]
    fields += [("custodian", bytes.fromhex(row["key_hash"])) for row in header["shares"]]
    hashes = ("criteria_hash", "salt", "key_hash", "prefix")
    fields += [(name, bytes.fromhex(header[name])) for name in hashes]
    return hashed(framed(fields))


def key_hash(suite: Suite, key: bytes, salt: bytes) -> bytes:
    """What commits an envelope to the key of its content."""
    return suite.hash(framed([("content key", key), ("salt", salt)]))


def share_commitment(suite: Suite, context: bytes, x: int, share: bytes) -> bytes:
    """What commits the bidder to a custodian's share. A share is too random to be guessed."""
    fields = [("context", context), ("x", bytes([x])), ("share", share)]
    return suite.hash(framed(fields))


def share_info(context: bytes, x: int) -> bytes:
    """What a sealed share is bound to."""
    return framed([("kechuang share", b"1"), ("context", context), ("x", bytes([x]))])


def ephemeral_of(key: bytes, context: bytes, x: int) -> bytes:
    """The secret with which a share is sealed: it follows from the key, and tells nothing of it."""
    return hmac.digest(key, b"kechuang ephemeral" + bytes([x]) + context, hashlib.sha256)


def padded_size(length: int) -> int:
    """How long content is once padded: 1, 2, 4 ... 512 MiB. Refuses what does not fit."""
    size = SIZE_MIN
    while size < length + LENGTH_BYTES:
        size *= 2
    if size > SIZE_MAX:
        raise SealRefused(N_("内容超过 512 MiB，不能密封；请去掉大的部分"))
    return size


def seal(
    content: bytes, call: Call, unit: str, part: str, random_bytes: Callable[[int], bytes]
) -> bytes:
    """Seal a bid's technical or price part for the custodians of a call; gives the envelope's file.

    `random_bytes` must be the system's generator, but where test vectors are made.
    """
    if part not in PARTS:
        raise SealRefused(N_("part {called}：只能是 {names}"), called=repr(part), names=list(PARTS))
    if not _is_name(unit):
        raise SealRefused(N_("{place}：要是一段短文字"), place="unit")
    size = padded_size(len(content))
    suite = suite_of(call.profile)
    key, salt = random_bytes(KEY_BYTES), random_bytes(SALT_BYTES)
    header: dict[str, Any] = {
        "format": FORMAT,
        "profile": suite.name,
        "challenge": call.challenge,
        "unit": unit,
        "part": part,
        "k": call.k,
        "criteria_hash": call.criteria_hash.hex(),
        "salt": salt.hex(),
        "key_hash": key_hash(suite, key, salt).hex(),
        "prefix": random_bytes(PREFIX_BYTES).hex(),
        "shares": [
            {"x": x, "custodian": name, "key_hash": suite.hash(public).hex()}
            for x, (name, public) in enumerate(call.custodians, 1)
        ],
        "share_wrap": "hpke-x25519-sha256-aes256gcm",
    }
    context = _context(header)
    shares = split(key, call.k, len(call.custodians), random_bytes)
    for row, share, (_, public) in zip(header["shares"], shares, call.custodians, strict=True):
        row.update(_wrapped(suite, context, row["x"], share, (key, public)))
    told = _written(header)
    whole = [MAGIC, len(told).to_bytes(4, "big"), told]
    return b"".join(whole + _encrypted(suite, key, header, context, (content, size)))


def _wrapped(
    suite: Suite, context: bytes, x: int, share: bytes, keys: tuple[bytes, bytes]
) -> dict[str, str]:
    """A share sealed to its custodian, with its commitment."""
    key, public = keys
    encapsulated, sealed = hpke.seal(
        public, share_info(context, x), b"", share, ephemeral_of(key, context, x)
    )
    return {
        "encapsulated": encapsulated.hex(),
        "sealed": sealed.hex(),
        "commitment": share_commitment(suite, context, x, share).hex(),
    }


def wrapped_again(envelope: Envelope, key: bytes, x: int, share: bytes, public: bytes) -> bool:
    """True where the header holds exactly this share, sealed to this custodian's key."""
    row = envelope.header["shares"][x - 1]
    again = _wrapped(envelope.suite, envelope.context(), x, share, (key, public))
    return all(row[name] == value for name, value in again.items())


def _written(header: Mapping[str, Any]) -> bytes:
    return json.dumps(header, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


def _content_key(suite: Suite, key: bytes, context: bytes) -> bytes:
    """The cipher's key: it follows from the split key and from everything that is bound to it."""
    return suite.hash(framed([("cipher", key), ("context", context)]))[: suite.key_bytes]


def _nonce(header: Mapping[str, Any], number: int, is_last: bool) -> bytes:
    return bytes.fromhex(header["prefix"]) + number.to_bytes(4, "big") + bytes([is_last])


def _encrypted(
    suite: Suite, key: bytes, header: Mapping[str, Any], context: bytes, sized: tuple[bytes, int]
) -> list[bytes]:
    content, size = sized
    cipher = suite.cipher(_content_key(suite, key, context))
    padded = len(content).to_bytes(LENGTH_BYTES, "big") + content
    padded += bytes(size - len(padded))
    view, last = memoryview(padded), size // SEGMENT_BYTES - 1
    return [
        cipher.encrypt(
            _nonce(header, number, number == last),
            bytes(view[number * SEGMENT_BYTES : (number + 1) * SEGMENT_BYTES]),
            context,
        )
        for number in range(last + 1)
    ]


def decrypted(envelope: Envelope, key: bytes) -> bytes:
    """The content under a key that the envelope is committed to. Raises SealRefused."""
    suite, header = envelope.suite, envelope.header
    if key_hash(suite, key, bytes.fromhex(header["salt"])).hex() != header["key_hash"]:
        raise SealRefused(N_("份额合出的不是密封件所承诺的密钥"))
    context = envelope.context()
    cipher = suite.cipher(_content_key(suite, key, context))
    step = SEGMENT_BYTES + TAG_BYTES
    last = len(envelope.ciphertext) // step - 1
    found = []
    for number in range(last + 1):
        segment = envelope.ciphertext[number * step : (number + 1) * step]
        try:
            found.append(cipher.decrypt(_nonce(header, number, number == last), segment, context))
        except InvalidTag as error:
            raise SealRefused(N_("第 {number} 段在密封之后被改动"), number=number + 1) from error
    padded = b"".join(found)
    length = int.from_bytes(padded[:LENGTH_BYTES], "big")
    if length > len(padded) - LENGTH_BYTES or padded_size(length) != len(padded):
        raise SealRefused(N_("填充不合格式"))
    if padded[LENGTH_BYTES + length :].strip(b"\0"):
        raise SealRefused(N_("填充里有内容"))
    return padded[LENGTH_BYTES : LENGTH_BYTES + length]


def taken_apart(file: bytes) -> Envelope:
    """Read an envelope's file, strictly: the same bytes come out when it is written again."""
    head = len(MAGIC) + 4
    length = int.from_bytes(file[len(MAGIC) : head], "big")
    if not file.startswith(MAGIC) or length > HEADER_MAX or len(file) < head + length:
        raise SealRefused(N_("不是本格式的密封件"))
    try:
        header = json.loads(file[head : head + length])
        _check_header(header)
    except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
        if isinstance(error, SealRefused):
            raise
        raise SealRefused(N_("文件头不合本格式")) from error
    if _written(header) != file[head : head + length]:
        raise SealRefused(N_("文件头不是按本格式写的"))
    ciphertext = file[head + length :]
    segments, rest = divmod(len(ciphertext), SEGMENT_BYTES + TAG_BYTES)
    if rest or segments == 0 or segments & (segments - 1) or segments * SEGMENT_BYTES > SIZE_MAX:
        raise SealRefused(N_("密文不是 1、2、4……512 个整段"))
    return Envelope(header, ciphertext)


_TEXTS = ("challenge", "unit")
_KEYS = {"format", "profile", "challenge", "unit", "part", "k", "criteria_hash", "salt", "key_hash",
         "prefix", "shares", "share_wrap"}  # fmt: skip
_SHARE_KEYS = {"x", "custodian", "key_hash", "encapsulated", "sealed", "commitment"}


def _check_header(header: Any) -> None:
    if set(header) != _KEYS or header["format"] != FORMAT or header["part"] not in PARTS:
        raise SealRefused(N_("文件头不合本格式"))
    if header["share_wrap"] != "hpke-x25519-sha256-aes256gcm":
        raise SealRefused(N_("不认得份额的封装方式"))
    suite_of(header["profile"])
    if not all(_is_name(header[name]) for name in _TEXTS):
        raise SealRefused(N_("challenge 和 unit 要是短文字"))
    for name, length in (("criteria_hash", 32), ("salt", SALT_BYTES), ("key_hash", 32),
                         ("prefix", PREFIX_BYTES)):  # fmt: skip
        _hex(header[name], name, length)
    check_numbers(header["k"], len(header["shares"]))
    for place, row in enumerate(header["shares"], 1):
        is_placed = set(row) == _SHARE_KEYS and (type(row["x"]), row["x"]) == (int, place)
        if not is_placed or not _is_name(row["custodian"]):
            raise SealRefused(N_("第 {place} 个份额不合本格式"), place=place)
        for name, length in (("key_hash", 32), ("encapsulated", 32), ("commitment", 32),
                             ("sealed", 33 + TAG_BYTES)):  # fmt: skip
            _hex(row[name], f"share {place}, {name}", length)


def check_call(envelope: Envelope, call: Call) -> None:
    """Refuse an envelope that was not sealed for this call and these custodians' keys."""
    header = envelope.header
    hashed: Sequence[tuple[str, str]] = [
        (name, envelope.suite.hash(public).hex()) for name, public in call.custodians
    ]
    for what, here, asked in (
        ("profile", header["profile"], call.profile),
        ("challenge", header["challenge"], call.challenge),
        ("k", header["k"], call.k),
        ("criteria", header["criteria_hash"], call.criteria_hash.hex()),
        ("custodians", [(row["custodian"], row["key_hash"]) for row in header["shares"]], hashed),
    ):
        if here != asked:
            raise SealRefused(N_("是为另一个榜单密封的：{what} 不同"), what=what)
