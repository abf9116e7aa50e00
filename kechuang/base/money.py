"""Money in fen: integers only, read and written in the units that people say."""

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from kechuang.base.refusals import N_, Refused

FEN_PER_YUAN = 100
FEN_PER_WAN = 10_000 * FEN_PER_YUAN
FEN_PER_YI = 100_000_000 * FEN_PER_YUAN
LARGEST_FEN = 10**17  # a quadrillion yuan: fits a bigint with room to sum
DIGITS = "零一二三四五六七八九"
SMALL_UNITS = ("", "十", "百", "千")
LARGE_UNITS = ("", "万", "亿", "兆")
NUMBER = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?|[+-]?\d+(\.\d+)?")


class MoneyRefused(Refused):
    """A text is not an amount of money that can be kept exactly."""


def fen_from_yuan(text: str) -> int:
    """Read yuan, exact to the fen.

    >>> fen_from_yuan("6,000,000.00")
    600000000
    """
    return _fen(text, FEN_PER_YUAN)


def fen_from_wan(text: str) -> int:
    """Read 万元.

    >>> fen_from_wan("600") == fen_from_yuan("6000000")
    True
    """
    return _fen(text, FEN_PER_WAN)


def _fen(text: str, unit: int) -> int:
    plain = unicodedata.normalize("NFKC", str(text)).strip().replace(" ", "")
    if not NUMBER.fullmatch(plain):
        raise MoneyRefused(
            "money.not_a_number", N_("“{text}”不是金额。"), {"text": str(text)[:40]}, (),
            N_("请只写数字，例如 300 或 12.5。"),
        )
    try:
        fen = Decimal(plain.replace(",", "")) * unit
    except InvalidOperation as error:
        raise MoneyRefused(
            "money.not_a_number", N_("“{text}”不是金额。"), {"text": plain}
        ) from error
    if fen != fen.to_integral_value():
        raise MoneyRefused(
            "money.finer_than_fen", N_("“{text}”比一分还细，记不下。"), {"text": plain}, (),
            N_("请写到分为止。"),
        )
    if abs(fen) > LARGEST_FEN:
        raise MoneyRefused(
            "money.too_large", N_("“{text}”超出可记的金额。"), {"text": plain}, (),
            N_("请核对单位是元还是万元。"),
        )
    return int(fen)


def yuan_exact(fen: int) -> str:
    """Write yuan with two decimals and thousands separators.

    >>> yuan_exact(600000000)
    '6,000,000.00'
    >>> yuan_exact(-5)
    '-0.05'
    """
    sign = "-" if fen < 0 else ""
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{sign}{yuan:,}.{rest:02d}"


def rounded_zh(fen: int) -> tuple[str, str]:
    """The figure and the unit that people say: yuan below 1 万, 万元 below 1 亿, else 亿元.

    >>> rounded_zh(600000000)
    ('600', '万元')
    >>> rounded_zh(2493000000000)
    ('249.3', '亿元')
    """
    size = abs(fen)
    if size < FEN_PER_WAN:
        return yuan_exact(fen), "元"
    # 99,999,999.99 yuan rounds to 10,000 万元: say 1 亿元 instead.
    if size < FEN_PER_YI and _two_places(size, FEN_PER_WAN) != "10,000":
        return _two_places(fen, FEN_PER_WAN), "万元"
    return _two_places(fen, FEN_PER_YI), "亿元"


def rounded_en(fen: int) -> tuple[str, str]:
    """The figure and the unit in English: yuan, million yuan, billion yuan.

    >>> rounded_en(2493000000000)
    ('24.93', 'billion yuan')
    """
    size = abs(fen)
    million, billion = 10**6 * FEN_PER_YUAN, 10**9 * FEN_PER_YUAN
    if size < million:
        return yuan_exact(fen), "yuan"
    if size < billion and _two_places(size, million) != "1,000":
        return _two_places(fen, million), "million yuan"
    return _two_places(fen, billion), "billion yuan"


def _two_places(fen: int, unit: int) -> str:
    value = (Decimal(fen) / unit).quantize(Decimal("0.01"))
    text = f"{value:,.2f}"
    return text.rstrip("0").rstrip(".")


def in_words_zh(fen: int) -> str:
    """Read an amount back in Chinese numerals.

    >>> in_words_zh(3_000_000_000_000)
    '三百亿元整'
    >>> in_words_zh(1_0050_03)
    '一万零五十元零三分'
    """
    if fen < 0:
        return "负" + in_words_zh(-fen)
    yuan, rest = divmod(fen, FEN_PER_YUAN)
    jiao, cents = divmod(rest, 10)
    words = _integer_zh(yuan) + "元"
    if not rest:
        return words + "整"
    words += (DIGITS[jiao] + "角" if jiao else "零") + (DIGITS[cents] + "分" if cents else "")
    return words


def _integer_zh(value: int) -> str:
    if value == 0:
        return "零"
    groups = []
    while value:
        value, group = divmod(value, 10_000)
        groups.append(group)
    words = ""
    gap = False
    for place in reversed(range(len(groups))):
        group = groups[place]
        if group == 0:
            gap = bool(words)
            continue
        if words and (gap or group < 1000):
            words += "零"
        words += _group_zh(group) + LARGE_UNITS[place]
        gap = False
    return words[1:] if words.startswith("一十") else words


def _group_zh(group: int) -> str:
    words = ""
    gap = False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit == 0:
            gap = bool(words)
            continue
        words += ("零" if gap else "") + DIGITS[digit] + SMALL_UNITS[place]
        gap = False
    return words
