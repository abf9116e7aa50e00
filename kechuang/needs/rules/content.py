"""What a need says: read from what was typed, with every problem and its field."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache
from typing import Any

from kechuang.base.chains import chain_from
from kechuang.base.money import FEN_PER_WAN, MoneyRefused, fen_from_wan
from kechuang.base.refusals import N_, Refused
from kechuang.engines.ranking import tokens
from kechuang.needs.rules.sight import PUBLICATION_NAMES
from kechuang.needs.rules.states import NeedRefused

TITLE_LONGEST = 40
BODY_SHORTEST = 20
BODY_LONGEST = 3000
KEYWORDS_MOST = 10
KEYWORD_LONGEST = 20
TARGETS_MOST = 20
TEXT_LONGEST = 60
VALUE_LARGEST = Decimal(10) ** 12
VALUE_PLACES = 6
YEARS_AHEAD = 20
LIKE_LEAST = 12  # percent of shared word pairs below which two needs are not shown as alike
# What a technology need usually costs; a thousand times off is asked about, not refused.
# Source: procedures.md keeps such figures as parameters; no published statistic was at hand.
USUAL_FEN = 300 * FEN_PER_WAN
YUAN_FOR_WAN = 10_000
ASK_TIMES = 1_000

FIELDS = ("title", "body", "chain", "keywords", "targets", "budget", "due", "publication",
          "contact", "attachments")
FIELD_NAMES = {
    "title": N_("需求名称"),
    "body": N_("现在卡在哪里，试过什么"),
    "chain": N_("产业链"),
    "keywords": N_("关键词"),
    "targets": N_("可检验的指标"),
    "budget": N_("愿出经费"),
    "due": N_("希望完成日期"),
    "publication": N_("公开到什么程度"),
    "contact": N_("联系人"),
    "attachments": N_("附件"),
}
TARGET_FIELDS = ("name", "comparison", "value", "value_high", "unit", "test_method")


class Comparison(StrEnum):
    AT_LEAST = "AT_LEAST"
    AT_MOST = "AT_MOST"
    EQUAL = "EQUAL"
    RANGE = "RANGE"


COMPARISON_NAMES = {
    Comparison.AT_LEAST: N_("不小于"),
    Comparison.AT_MOST: N_("不大于"),
    Comparison.EQUAL: N_("等于"),
    Comparison.RANGE: N_("介于"),
}
COMPARISON_SIGNS = {
    Comparison.AT_LEAST: "≥",
    Comparison.AT_MOST: "≤",
    Comparison.EQUAL: "=",
    Comparison.RANGE: "",
}


@dataclass(frozen=True, slots=True)
class TargetFacts:
    name: str
    comparison: Comparison
    value: Decimal
    value_high: Decimal | None
    unit: str
    test_method: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """A need as its owner means it; empty values only beside a problem that names the field."""

    title: str
    body: str
    chain: str
    keywords: tuple[str, ...]
    budget_fen: int | None
    due_date: date | None
    publication: str
    targets: tuple[TargetFacts, ...]


def plain(value: Any) -> str:
    """What was typed, folded and trimmed.

    >>> plain(" ３００ ")
    '300'
    """
    return unicodedata.normalize("NFKC", str(value or "")).strip()


def trimmed(value: Any) -> str:
    """A text as written, without marks that cannot be stored or seen."""
    text = str(value or "").replace("\r\n", "\n").replace("\x00", "")
    return text.strip()


def read_typed(typed: Mapping[str, Any], today: date) -> tuple[Content, list[Refused]]:
    """The content that was typed and everything that is wrong with it, each with its field."""
    problems: list[Refused] = []
    title = _read_title(typed, problems)
    body = _read_body(typed, problems)
    chain = _read_chain(typed, problems)
    keywords = _read_keywords(typed, problems)
    targets = _read_targets(typed.get("targets") or (), problems)
    budget = _read_budget(typed, problems)
    due_date = _read_due(typed, today, problems)
    publication = _read_publication(typed, problems)
    content = Content(title, body, chain, keywords, budget, due_date, publication, targets)
    return content, problems


def _problem(code: str, field: str, text: str, way_on: str = "", **facts: Any) -> NeedRefused:
    return NeedRefused(f"need.{code}", text, facts, (field,), way_on)


def _read_title(typed: Mapping[str, Any], problems: list[Refused]) -> str:
    title = " ".join(trimmed(typed.get("title")).split())
    if not title:
        text = N_("写一句话，例如“功率模块用低温烧结铜膏”")
        problems.append(_problem("title_missing", "title", text))
    elif len(title) > TITLE_LONGEST:
        text = N_("最多 {most} 字，现在 {length} 字")
        problems.append(
            _problem("title_long", "title", text, most=TITLE_LONGEST, length=len(title))
        )
    return title


def _read_body(typed: Mapping[str, Any], problems: list[Refused]) -> str:
    body = trimmed(typed.get("body"))
    if len(body) < BODY_SHORTEST:
        text = N_("至少写 {least} 字，现在 {length} 字")
        problems.append(_problem("body_short", "body", text, least=BODY_SHORTEST, length=len(body)))
    elif len(body) > BODY_LONGEST:
        text = N_("最多 {most} 字，现在 {length} 字")
        problems.append(_problem("body_long", "body", text, most=BODY_LONGEST, length=len(body)))
    return body


def _read_chain(typed: Mapping[str, Any], problems: list[Refused]) -> str:
    chain = chain_from(plain(typed.get("chain")))
    if chain is None:
        problems.append(_problem("chain_unknown", "chain", N_("从八条产业链中选一条")))
        return ""
    return chain.value


def keywords_of(value: Any) -> tuple[str, ...]:
    """Keywords from a list, or from a text with any of the usual separators, each once.

    >>> keywords_of("烧结；铜膏, 烧结")
    ('烧结', '铜膏')
    """
    is_list = isinstance(value, (list, tuple))
    parts = value if is_list else re.split(r"[;；,，、\n]+", trimmed(value))
    return tuple(dict.fromkeys(word for part in parts if (word := trimmed(part))))


def _read_keywords(typed: Mapping[str, Any], problems: list[Refused]) -> tuple[str, ...]:
    words = keywords_of(typed.get("keywords"))
    if len(words) > KEYWORDS_MOST:
        text = N_("最多 {most} 个，现在 {count} 个")
        problems.append(
            _problem("keywords_many", "keywords", text, most=KEYWORDS_MOST, count=len(words))
        )
    for word in words:
        if len(word) > KEYWORD_LONGEST:
            text = N_("“{word}”太长，每个最多 {most} 字，用顿号或分号隔开")
            problems.append(
                _problem("keyword_long", "keywords", text, word=word[:12], most=KEYWORD_LONGEST)
            )
            break
    return words


def _read_budget(typed: Mapping[str, Any], problems: list[Refused]) -> int | None:
    typed_text = plain(typed.get("budget"))
    if not typed_text:
        text = N_("写一个数，单位是万元，例如 300")
        problems.append(_problem("budget_missing", "budget", text))
        return None
    try:
        fen = fen_from_wan(typed_text)
    except MoneyRefused as refused:
        problems.append(NeedRefused("need.budget_form", refused.text, refused.facts, ("budget",),
                                    refused.way_on))
        return None
    if fen <= 0:
        problems.append(_problem("budget_not_positive", "budget", N_("须大于 0")))
        return None
    likely = likely_budget(fen)
    if likely is not None and typed.get("budget_is_right") != typed_text:
        text = N_("{typed} 万元与常见数额差一千倍以上，是否应为 {likely} 万元？")
        problems.append(
            _problem("budget_unusual", "budget", text, N_("请改数，或选“数额无误”。"),
                     typed=wan_text(fen), likely=wan_text(likely))
        )
    return fen


def likely_budget(fen: int) -> int | None:
    """The amount probably meant, where the typed one is a thousand times off the usual.

    Yuan typed for 万元 is the common slip; a figure in 亿元 is the other.

    >>> likely_budget(fen_from_wan("3000000")) == fen_from_wan("300")
    True
    >>> likely_budget(fen_from_wan("300")) is None
    True
    """
    if fen >= USUAL_FEN * ASK_TIMES:
        return fen // YUAN_FOR_WAN
    return fen * YUAN_FOR_WAN if fen * ASK_TIMES <= USUAL_FEN else None


def wan_text(fen: int) -> str:
    """An amount in 万元 as one types it.

    >>> wan_text(3_000_000_00)
    '300'
    """
    whole = Decimal(fen) / FEN_PER_WAN
    return f"{whole:,.6f}".rstrip("0").rstrip(".")


def _read_due(typed: Mapping[str, Any], today: date, problems: list[Refused]) -> date | None:
    typed_text = plain(typed.get("due")).replace("/", "-").replace(".", "-")
    match = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", typed_text)
    try:
        day = date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        day = None
    if day is None:
        problems.append(_problem("due_form", "due", N_("写成年-月-日，例如 2027-02-28")))
    elif day <= today:
        text = N_("须晚于今天（{today}）")
        problems.append(_problem("due_past", "due", text, today=today.isoformat()))
    elif day.year > today.year + YEARS_AHEAD:
        text = N_("不晚于 {year} 年")
        problems.append(_problem("due_far", "due", text, year=today.year + YEARS_AHEAD))
    return day


def _read_publication(typed: Mapping[str, Any], problems: list[Refused]) -> str:
    text = plain(typed.get("publication"))
    for level, name in PUBLICATION_NAMES.items():
        if text.upper() == level.value or text == name:
            return level.value
    problems.append(_problem("publication_missing", "publication", N_("选一种公开程度")))
    return ""


def _read_targets(
    rows: Sequence[Mapping[str, Any]], problems: list[Refused]
) -> tuple[TargetFacts, ...]:
    written = [
        (place, row)
        for place, row in enumerate(rows)
        if any(plain(row.get(key)) for key in TARGET_FIELDS if key != "comparison")
    ]
    if not written:
        text = N_("至少写一项指标：一个数值、一个单位")
        problems.append(_problem("targets_missing", "targets-0-name", text))
    if len(written) > TARGETS_MOST:
        text = N_("最多 {most} 项，现在 {count} 项")
        problems.append(
            _problem("targets_many", "targets", text, most=TARGETS_MOST, count=len(written))
        )
    found = (read_target(place, row, problems) for place, row in written[:TARGETS_MOST])
    return tuple(one for one in found if one is not None)


def read_target(
    place: int, row: Mapping[str, Any], problems: list[Refused]
) -> TargetFacts | None:
    """One row of the table of targets; None, and problems, where it cannot be tested."""
    before = len(problems)
    name, unit = trimmed(row.get("name")), trimmed(row.get("unit"))
    method = trimmed(row.get("test_method"))
    for key, said, example in (
        ("name", name, N_("第 {n} 项：写指标名，例如“热导率”")),
        ("unit", unit, N_("第 {n} 项：写单位，例如“MPa”；没有单位的写“无量纲”")),
    ):
        if not said:
            problems.append(_problem(f"target_{key}_missing", f"targets-{place}-{key}", example,
                                     n=place + 1))
    for key, said in (("name", name), ("unit", unit), ("test_method", method)):
        if len(said) > TEXT_LONGEST:
            text = N_("第 {n} 项：最多 {most} 字")
            problems.append(_problem(f"target_{key}_long", f"targets-{place}-{key}", text,
                                     n=place + 1, most=TEXT_LONGEST))
    comparison = comparison_from(row.get("comparison"))
    if comparison is None:
        text = N_("第 {n} 项：选不小于、不大于、等于或介于")
        problems.append(_problem("target_comparison", f"targets-{place}-comparison", text,
                                 n=place + 1))
    low = _read_value(place, "value", row, problems)
    high = _read_value(place, "value_high", row, problems) if comparison == "RANGE" else None
    if low is not None and high is not None and low >= high:
        text = N_("第 {n} 项：上限须大于下限")
        problems.append(_problem("target_range", f"targets-{place}-value_high", text, n=place + 1))
    if len(problems) > before or comparison is None or low is None:
        return None
    return TargetFacts(name, comparison, low, high, unit, method)


def comparison_from(value: Any) -> Comparison | None:
    """A comparison from its code, its Chinese name or its sign.

    >>> comparison_from("≥").value, comparison_from("不大于").value
    ('AT_LEAST', 'AT_MOST')
    """
    text = str(value or "").strip()
    signs = {">=": Comparison.AT_LEAST, "<=": Comparison.AT_MOST, "==": Comparison.EQUAL}
    for comparison, name in COMPARISON_NAMES.items():
        sign = COMPARISON_SIGNS[comparison]
        if text.upper() == comparison.value or text == name or (sign and text == sign):
            return comparison
    return signs.get(text)


def _read_value(
    place: int, key: str, row: Mapping[str, Any], problems: list[Refused]
) -> Decimal | None:
    text = plain(row.get(key)).replace(",", "")
    if re.fullmatch(r"[+-]?\d{1,13}(\.\d{1,6})?", text):
        try:
            value = Decimal(text)
        except InvalidOperation:
            value = VALUE_LARGEST + 1
        if abs(value) <= VALUE_LARGEST:
            return value
    message = N_("第 {n} 项指标：写一个数值，例如 200")
    problems.append(_problem(f"target_{key}_form", f"targets-{place}-{key}", message, n=place + 1))
    return None


TARGET_TEXT = re.compile(
    r"(?P<name>.+?)\s*(?P<sign>>=|<=|≥|≤|=|≧|≦|不小于|不大于|不低于|不高于|等于|介于)\s*"
    r"(?P<value>[+-]?[\d,]+(?:\.\d+)?)(?:\s*(?:-|~|～|—|至|到)\s*(?P<high>[+-]?[\d,]+(?:\.\d+)?))?"
    r"\s*(?P<unit>[^（(]*?)\s*(?:[（(](?P<method>.+)[）)])?"
)
SAME_SIGNS = {"≧": "≥", "≦": "≤", "不低于": "≥", "不高于": "≤"}


def targets_from_text(text: str) -> list[dict[str, str]]:
    """Targets as a spreadsheet states them in one cell, one after a semicolon or on a line.

    >>> rows = targets_from_text("剪切强度≥60 MPa（GB/T 1）；烧结温度 介于 200-250 ℃")
    >>> rows[0]["name"], rows[0]["value"], rows[0]["unit"], rows[0]["test_method"]
    ('剪切强度', '60', 'MPa', 'GB/T 1')
    >>> rows[1]["comparison"], rows[1]["value_high"]
    ('RANGE', '250')
    """
    rows = []
    for part in re.split(r"[;；\n]+", text):
        if not part.strip():
            continue
        match = TARGET_TEXT.fullmatch(part.strip())
        if match is None:
            rows.append(dict.fromkeys(TARGET_FIELDS, "") | {"name": part.strip()})
            continue
        sign = SAME_SIGNS.get(match["sign"], match["sign"])
        comparison = Comparison.RANGE if match["high"] else comparison_from(sign)
        rows.append({
            "name": match["name"].strip(),
            "comparison": comparison.value if comparison else "",
            "value": match["value"],
            "value_high": match["high"] or "",
            "unit": match["unit"].strip(),
            "test_method": (match["method"] or "").strip(),
        })
    return rows


def typed_from(content: Content) -> dict[str, Any]:
    """What one would have typed to mean this content."""
    return {
        "title": content.title,
        "body": content.body,
        "chain": content.chain,
        "keywords": "、".join(content.keywords),
        "budget": wan_text(content.budget_fen).replace(",", "") if content.budget_fen else "",
        "due": content.due_date.isoformat() if content.due_date else "",
        "publication": content.publication,
        "targets": [
            {
                "name": one.name,
                "comparison": one.comparison,
                "value": number_text(one.value),
                "value_high": number_text(one.value_high),
                "unit": one.unit,
                "test_method": one.test_method,
            }
            for one in content.targets
        ],
    }


def number_text(value: Decimal | None) -> str:
    """A number without trailing zeros.

    >>> number_text(Decimal("60.500000"))
    '60.5'
    """
    if value is None:
        return ""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@lru_cache(maxsize=32)  # one text is held against many
def _words(text: str) -> frozenset[str]:
    return frozenset(tokens(text))


def likeness(one: str, other: str) -> int:
    """How many percent of their distinct word pairs two texts share (Dice's coefficient).

    >>> likeness("低温烧结铜膏", "低温烧结铜膏")
    100
    >>> likeness("低温烧结铜膏", "航空发动机叶片")
    0
    """
    first, second = _words(one), _words(other)
    if not first or not second:
        return 0
    return round(200 * len(first & second) / (len(first) + len(second)))
