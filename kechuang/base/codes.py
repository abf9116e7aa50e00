"""The unified social credit code: the one key by which organisations are told apart."""

import unicodedata

from kechuang.base.refusals import N_, Refused

# Source: GB 32100-2015, 法人和其他组织统一社会信用代码编码规则: no I, O, S, V, Z.
ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))


class CodeRefused(Refused):
    """A credit code is mistyped, cut, or has lost digits."""


def normalise_credit_code(text: str) -> str:
    """Fold width and case, strip spaces and invisible marks.

    >>> normalise_credit_code(" ９1２10100 MA0000000x\u200b")
    '91210100MA0000000X'
    """
    plain = unicodedata.normalize("NFKC", text).translate(INVISIBLE)
    return "".join(plain.split()).upper()


def check_character(first17: str) -> str:
    """The eighteenth character of a code, from the first seventeen."""
    total = sum(ALPHABET.index(c) * w for c, w in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[-total % 31]


def credit_code_with_check(first17: str) -> str:
    return first17 + check_character(first17)


def check_credit_code(text: object) -> str:
    """Return the normalised code; refuse a wrong one and say what is wrong with it.

    >>> check_credit_code(credit_code_with_check("91990100MA0000001"))
    '91990100MA0000001G'
    """
    if not isinstance(text, str):
        raise CodeRefused(
            "code.numeric_cell",
            N_("信用代码 {text} 是数字单元格，可能已丢失末位数字。"),
            {"text": text},
            (),
            N_("请把该列设为文本，重新粘贴 18 位代码。"),
        )
    code = normalise_credit_code(text)
    if len(code) != 18:
        raise CodeRefused(
            "code.length",
            N_("信用代码“{code}”有 {length} 位，应为 18 位。"),
            {"code": code[:40], "length": len(code)},
            (),
            N_("请对照营业执照补全。"),
        )
    wrong = sorted({c for c in code if c not in ALPHABET})
    if wrong:
        raise CodeRefused(
            "code.character",
            N_("信用代码“{code}”含有不会出现的字符 {characters}。"),
            {"code": code, "characters": " ".join(wrong)},
            (),
            N_("代码里没有字母 I、O、S、V、Z，请查看是否与 1、0、5、U、2 混淆。"),
        )
    if check_character(code[:17]) != code[17]:
        raise CodeRefused(
            "code.check",
            N_("信用代码“{code}”的校验位不对，至少有一位写错。"),
            {"code": code},
            (),
            N_("请对照营业执照逐位核对。"),
        )
    return code
