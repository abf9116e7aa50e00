"""Numbers that people read: one register by kind and year, and random ones that tell nothing."""

import re
import secrets

# Crockford's base32: no I, L, O, U; the check symbol is the value modulo 37.
# Source: Douglas Crockford, Base 32, https://www.crockford.com/base32.html
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CHECKS = ALPHABET + "*~$=U"
RANDOM_LENGTH = 10
KINDS = {
    "XQ": "need",
    "JB": "challenge",
    "XM": "project",
    "JH": "contract",
    "CG": "offer",
    "DW": "organisation",
    "RY": "person",
    "GS": "notice",
    "YY": "objection",
    "PS": "panel",
    "ZF": "payment order",
    "PZ": "voucher",
    "HD": "event",
    "LH": "consortium",
    "ZX": "computing centre",
    "SL": "allocation",
    "ZY": "computing job",
    "DZ": "statement",
    "SJ": "data set",
    "SX": "screening",
    "HX": "candidate of a screening",
}
NUMBER = re.compile(r"[A-Z]{2}-\d{4}-\d{6,}")


def display_number(kind: str, year: int, serial: int) -> str:
    """Write a registered number.

    >>> display_number("XQ", 2026, 912)
    'XQ-2026-000912'
    """
    return f"{kind}-{year}-{serial:06d}"


def new_random_number() -> str:
    """Draw ten Crockford characters and a check; 50 bits, so that no number tells how many exist.

    A draw whose check is one of the five extra symbols is drawn again: numbers stand in addresses.
    """
    while True:
        value = secrets.randbits(50)
        if value % 37 < len(ALPHABET):
            return _written(value)


def _written(value: int) -> str:
    digits = "".join(ALPHABET[(value >> (5 * place)) & 31] for place in reversed(range(10)))
    return digits + CHECKS[value % 37]


def is_random_number(text: str) -> bool:
    """True where the text is ten Crockford characters and their right check.

    >>> is_random_number(new_random_number())
    True
    >>> is_random_number("0000000000Z")
    False
    """
    if len(text) != RANDOM_LENGTH + 1 or any(c not in ALPHABET for c in text[:-1]):
        return False
    value = 0
    for character in text[:-1]:
        value = value * 32 + ALPHABET.index(character)
    return CHECKS[value % 37] == text[-1]


def is_number(text: str) -> bool:
    """True where the text has the form of a registered number."""
    return NUMBER.fullmatch(text) is not None
