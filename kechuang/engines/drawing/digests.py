"""SM3 in plain Python, so that whoever checks a draw needs nothing but the standard library.

Source: GB/T 32905-2016; its two published examples are tests.
"""

_START = (
    0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600, 0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
)  # fmt: skip
_BLOCK = 64
_MASK = 0xFFFFFFFF
_FIRST_ROUNDS = 16


def _turn(word: int, by: int) -> int:
    by %= 32
    return ((word << by) | (word >> (32 - by))) & _MASK


def _compress(state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
    words = [int.from_bytes(block[i : i + 4], "big") for i in range(0, _BLOCK, 4)]
    for i in range(16, 68):
        mixed = words[i - 16] ^ words[i - 9] ^ _turn(words[i - 3], 15)
        mixed ^= _turn(mixed, 15) ^ _turn(mixed, 23)
        words.append(mixed ^ _turn(words[i - 13], 7) ^ words[i - 6])
    a, b, c, d, e, f, g, h = state
    for i in range(_BLOCK):
        early = i < _FIRST_ROUNDS
        constant = _turn(0x79CC4519 if early else 0x7A879D8A, i)
        first = _turn((_turn(a, 12) + e + constant) & _MASK, 7)
        second = first ^ _turn(a, 12)
        choice = a ^ b ^ c if early else (a & b) | (a & c) | (b & c)
        other = e ^ f ^ g if early else (e & f) | (~e & _MASK & g)
        left = (choice + d + second + (words[i] ^ words[i + 4])) & _MASK
        right = (other + h + first + words[i]) & _MASK
        a, b, c, d = left, a, _turn(b, 9), c
        e, f, g, h = right ^ _turn(right, 9) ^ _turn(right, 17), e, _turn(f, 19), g
    return tuple(old ^ new for old, new in zip(state, (a, b, c, d, e, f, g, h), strict=True))


def sm3(content: bytes) -> bytes:
    """The SM3 digest, 32 bytes.

    >>> sm3(b"abc").hex()[:16]
    '66c7f0f462eeedd9'
    """
    length = len(content)
    padded = content + b"\x80" + b"\x00" * (-(length + 9) % _BLOCK)
    padded += (length * 8).to_bytes(8, "big")
    state: tuple[int, ...] = _START
    for first in range(0, len(padded), _BLOCK):
        state = _compress(state, padded[first : first + _BLOCK])
    return b"".join(word.to_bytes(4, "big") for word in state)


def hmac_sm3(key: bytes, content: bytes) -> bytes:
    """HMAC (RFC 2104) over SM3."""
    key = (sm3(key) if len(key) > _BLOCK else key).ljust(_BLOCK, b"\x00")
    inner = sm3(bytes(byte ^ 0x36 for byte in key) + content)
    return sm3(bytes(byte ^ 0x5C for byte in key) + inner)
