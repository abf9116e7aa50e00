"""What an offer says: read from what was typed, with every problem and its field."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kechuang.base.chains import chain_from
from kechuang.base.money import FEN_PER_WAN, MoneyRefused, fen_from_wan
from kechuang.base.refusals import N_, Refused
from kechuang.offers.rules.states import OfferRefused

TITLE_LONGEST = 80
AUTO_TITLE_LONGEST = 40
AUTO_TITLE_SHORTEST = 6
SUMMARY_LONGEST = 300
BODY_SHORTEST = 20
BODY_LONGEST = 10_000
KEYWORDS_MOST = 12
TEXT_LONGEST = 60
FIGURES_MOST = 30
PEOPLE_MOST = 30
WORKS_MOST = 30
WORK_LONGEST = 300


class Kind(StrEnum):
    RESULT = "RESULT"
    PATENT = "PATENT"
    EXPERT = "EXPERT"
    TEAM = "TEAM"


KIND_NAMES = {
    Kind.RESULT: N_("科技成果"),
    Kind.PATENT: N_("专利"),
    Kind.EXPERT: N_("专家"),
    Kind.TEAM: N_("团队"),
}


class Mode(StrEnum):
    LICENSE = "LICENSE"
    TRANSFER = "TRANSFER"
    JOINT_DEVELOPMENT = "JOINT_DEVELOPMENT"
    EQUITY = "EQUITY"


MODE_NAMES = {
    Mode.LICENSE: N_("许可"),
    Mode.TRANSFER: N_("转让"),
    Mode.JOINT_DEVELOPMENT: N_("联合开发"),
    Mode.EQUITY: N_("作价入股"),
}


class PatentStatus(StrEnum):
    FILED = "FILED"
    PUBLISHED = "PUBLISHED"
    GRANTED = "GRANTED"
    LAPSED = "LAPSED"
    INVALIDATED = "INVALIDATED"


PATENT_STATUS_NAMES = {
    PatentStatus.FILED: N_("已申请"),
    PatentStatus.PUBLISHED: N_("已公开"),
    PatentStatus.GRANTED: N_("有效"),
    PatentStatus.LAPSED: N_("已失效"),
    PatentStatus.INVALIDATED: N_("被宣告无效"),
}
# Source: GB/T 22900-2022, 科学技术研究项目评价通则, the nine levels; wording ours.
TRL_NAMES = {
    1: N_("1 级：发现基本原理"),
    2: N_("2 级：形成技术方案"),
    3: N_("3 级：关键功能实验验证"),
    4: N_("4 级：实验室样机"),
    5: N_("5 级：模拟环境验证"),
    6: N_("6 级：中试样机"),
    7: N_("7 级：实际环境试用"),
    8: N_("8 级：定型，小批量"),
    9: N_("9 级：批量应用"),
}
FIELDS = ("kind", "title", "summary", "body", "keywords", "chains", "trl", "figures",
          "patent_number", "patent_status", "patent_status_date", "people", "works", "modes",
          "price", "contact")
FIELD_NAMES = {
    "kind": N_("类别"),
    "title": N_("名称"),
    "summary": N_("一句话简介"),
    "body": N_("详细说明"),
    "keywords": N_("关键词"),
    "chains": N_("产业链"),
    "trl": N_("成熟度"),
    "figures": N_("写明的数值"),
    "patent_number": N_("专利号"),
    "patent_status": N_("法律状态"),
    "patent_status_date": N_("法律状态日期"),
    "people": N_("发明人或成员"),
    "works": N_("代表性工作"),
    "modes": N_("合作方式"),
    "price": N_("意向价格"),
    "contact": N_("联系人"),
}


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """A number that the offer states: what, how much, in which unit."""

    name: str
    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Content:
    """An offer as its owner means it; empty values only beside a problem that names the field."""

    kind: str
    title: str
    summary: str
    body: str
    keywords: tuple[str, ...]
    chains: tuple[str, ...]
    trl: int | None
    figures: tuple[FigureFacts, ...]
    patent_number: str
    patent_status: str
    patent_status_date: date | None
    people: tuple[str, ...]
    works: tuple[str, ...]
    modes: tuple[str, ...]
    price_low_fen: int | None
    price_high_fen: int | None
    title_is_auto: bool = False


def plain(value: Any) -> str:
    """What was typed, folded and trimmed."""
    return unicodedata.normalize("NFKC", str("" if value is None else value)).strip()


def trimmed(value: Any) -> str:
    """A text as written, without marks that cannot be stored or seen."""
    text = "" if value is None else str(value)
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def lines_of(value: Any) -> tuple[str, ...]:
    """One entry a line, from a text or a list, blank ones left out."""
    parts = value if isinstance(value, (list, tuple)) else trimmed(value).split("\n")
    return tuple(line for part in parts if (line := trimmed(part)))


def keywords_of(value: Any) -> tuple[str, ...]:
    """Words from a list, or from a text with any of the usual separators, each once."""
    is_list = isinstance(value, (list, tuple))
    parts = value if is_list else re.split(r"[;；,，、\n]+", trimmed(value))
    return tuple(dict.fromkeys(word for part in parts if (word := trimmed(part))))


def auto_title(body: str) -> str:
    """A title for an offer that came without one: its first clause, at a natural stop.

    >>> auto_title("采用修正的参数(MRP),建立了飞行器姿态控制系统的数学模型；利用刚体姿态动力学方程")
    '采用修正的参数(MRP),建立了飞行器姿态控制系统的数学模型'
    >>> auto_title("目的 观察补肾活血汤治疗老年单纯收缩期高血压患者的临床疗效.方法 随机")
    '观察补肾活血汤治疗老年单纯收缩期高血压患者的临床疗效'
    """
    text = re.sub(r"^\s*[【\[]?(目的|背景|摘要|方法|研究目的)[】\]]?[：:\s]+", "", body.strip())
    clause = re.split(r"[。；;！？!?\n]|[.．](?!\d)", text, maxsplit=1)[0].strip()
    if len(clause) > AUTO_TITLE_LONGEST:
        stops = [m.start() for m in re.finditer(r"[,，、:：]", clause[: AUTO_TITLE_LONGEST + 1])]
        fitting = [stop for stop in stops if stop >= AUTO_TITLE_SHORTEST]
        clause = clause[: fitting[-1]] if fitting else clause[: AUTO_TITLE_LONGEST - 1] + "…"
    return clause or text[:AUTO_TITLE_LONGEST]


FIGURE = re.compile(
    r"(?P<name>[\u4e00-\u9fff]{2,12}?)(?:为|达到?|约为?|提高了?|降低了?|高达|不低于|可达|只有|是)"
    r"(?P<value>\d+(?:\.\d+)?)\s*"
    r"(?P<unit>%|‰|℃|°C|W/\(m[·⋅]K\)|MPa|GPa|kPa|nm|μm|mm|cm|km|mg/[Lkg]+|kW|MW|GHz|MHz|kHz|Hz|"
    r"dB|ms|kg|mA|Pa|倍|次|h|V|A|K|L|m|s)(?![A-Za-z])"
)


def figures_in(body: str) -> tuple[FigureFacts, ...]:
    """Figures that a text states word for word, as far as they can be read with certainty.

    >>> figures_in("热导率达226 W/(m·K),抗弯强度为470 MPa")[1].name
    '抗弯强度'
    """
    found: dict[str, FigureFacts] = {}
    for match in FIGURE.finditer(body[:BODY_LONGEST]):
        name = match["name"]
        if name not in found and len(found) < FIGURES_MOST and len(match["value"]) <= 12:
            found[name] = FigureFacts(name, Decimal(match["value"]), match["unit"])
    return tuple(found.values())


def read_typed(typed: Mapping[str, Any], today: date) -> tuple[Content, list[Refused]]:
    """The content that was typed and everything that is wrong with it, each with its field."""
    problems: list[Refused] = []
    kind = _code(typed, "kind", KIND_NAMES, problems)
    title = " ".join(trimmed(typed.get("title")).split())
    if not title:
        text = N_("写一句话，例如“氮化铝陶瓷流延成型工艺”")
        problems.append(_problem("title_missing", "title", text))
    _limit(title, TITLE_LONGEST, "title", problems)
    summary = _limit(trimmed(typed.get("summary")), SUMMARY_LONGEST, "summary", problems)
    body = _limit(trimmed(typed.get("body")), BODY_LONGEST, "body", problems)
    if len(body) < BODY_SHORTEST:
        text = N_("至少写 {least} 字，现在 {length} 字")
        problems.append(_problem("body_short", "body", text, least=BODY_SHORTEST, length=len(body)))
    low, high = _prices(typed, problems)
    number, status, status_date = _patent(typed, kind, today, problems)
    content = Content(
        kind=kind, title=title, summary=summary, body=body,
        keywords=_many(keywords_of(typed.get("keywords")), KEYWORDS_MOST, "keywords", problems),
        chains=_chains(typed, problems), trl=_trl(typed, problems),
        figures=_figures(typed.get("figures") or (), problems),
        patent_number=number, patent_status=status, patent_status_date=status_date,
        people=_many(keywords_of(typed.get("people")), PEOPLE_MOST, "people", problems),
        works=_many(lines_of(typed.get("works")), WORKS_MOST, "works", problems, WORK_LONGEST),
        modes=_modes(typed, problems), price_low_fen=low, price_high_fen=high,
    )  # fmt: skip
    return content, problems


def _problem(code: str, field: str, said: str, way_on: str = "", **facts: Any) -> OfferRefused:
    return OfferRefused(f"offer.{code}", said, facts, (field,), way_on)


def _limit(text: str, most: int, field: str, problems: list[Refused]) -> str:
    if len(text) > most:
        said = N_("最多 {most} 字，现在 {length} 字")
        problems.append(_problem(f"{field}_long", field, said, most=most, length=len(text)))
    return text


def _many(
    words: tuple[str, ...], most: int, field: str, problems: list[Refused], longest: int = 60
) -> tuple[str, ...]:
    if len(words) > most:
        said = N_("最多 {most} 个，现在 {count} 个")
        problems.append(_problem(f"{field}_many", field, said, most=most, count=len(words)))
    if any(len(word) > longest for word in words):
        said = N_("每个最多 {most} 字")
        problems.append(_problem(f"{field}_long", field, said, most=longest))
    return words


def _code(
    typed: Mapping[str, Any], field: str, names: Mapping[Any, str], problems: list[Refused]
) -> str:
    text = plain(typed.get(field))
    for code, name in names.items():
        if text.upper() == code.value or text == name:
            return str(code.value)
    problems.append(_problem(f"{field}_unknown", field, N_("从所列的几项中选一项")))
    return ""


def _chains(typed: Mapping[str, Any], problems: list[Refused]) -> tuple[str, ...]:
    chains = []
    for text in keywords_of(typed.get("chains")):
        chain = chain_from(text)
        if chain is None:
            said = N_("没有“{named}”这条产业链，从八条中选")
            problems.append(_problem("chain_unknown", "chains", said, named=text[:20]))
        elif chain.value not in chains:
            chains.append(chain.value)
    return tuple(chains)


def _modes(typed: Mapping[str, Any], problems: list[Refused]) -> tuple[str, ...]:
    modes = []
    for text in keywords_of(typed.get("modes")):
        found = [m.value for m, name in MODE_NAMES.items() if text.upper() == m or text == name]
        if not found:
            said = N_("没有“{named}”这种合作方式，从许可、转让、联合开发、作价入股中选")
            problems.append(_problem("mode_unknown", "modes", said, named=text[:20]))
        modes.extend(found)
    return tuple(dict.fromkeys(modes))


def _trl(typed: Mapping[str, Any], problems: list[Refused]) -> int | None:
    text = plain(typed.get("trl")).removesuffix("级").strip()
    if not text:
        return None
    if text.isdigit() and int(text) in TRL_NAMES:
        return int(text)
    problems.append(_problem("trl_unknown", "trl", N_("成熟度是 1 到 9 级中的一级")))
    return None


def _figures(
    rows: Sequence[Mapping[str, Any]], problems: list[Refused]
) -> tuple[FigureFacts, ...]:
    written = [
        (place, row) for place, row in enumerate(rows)
        if any(plain(row.get(key)) for key in ("name", "value", "unit"))
    ]  # fmt: skip
    figures = []
    if len(written) > FIGURES_MOST:
        said = N_("最多 {most} 个，现在 {count} 个")
        problems.append(
            _problem("figures_many", "figures", said, most=FIGURES_MOST, count=len(written))
        )
    for place, row in written[:FIGURES_MOST]:
        name, unit = trimmed(row.get("name")), trimmed(row.get("unit"))
        value = plain(row.get("value")).replace(",", "")
        if not name or len(name) > TEXT_LONGEST:
            said = N_("第 {n} 项：写指标名，最多 {most} 字")
            problems.append(_problem("figure_name", f"figures-{place}-name", said,
                                     n=place + 1, most=TEXT_LONGEST))
        elif not re.fullmatch(r"[+-]?\d{1,13}(\.\d{1,6})?", value):
            said = N_("第 {n} 项：写一个数值，例如 226")
            problems.append(_problem("figure_value", f"figures-{place}-value", said, n=place + 1))
        elif len(unit) > TEXT_LONGEST:
            said = N_("第 {n} 项：单位最多 {most} 字")
            problems.append(_problem("figure_unit", f"figures-{place}-unit", said,
                                     n=place + 1, most=TEXT_LONGEST))
        else:
            figures.append(FigureFacts(name, Decimal(value), unit))
    return tuple(figures)


PATENT_CN = re.compile(r"(?:ZL|CN)?(\d{12}|\d{8})(?:\.([\dX]))?")


def patent_check_character(digits: str) -> str:
    """The character behind the point of a Chinese application number.

    Source: ZC 0006-2003, 专利申请号标准: weights 2 to 9, again from 2, modulo 11.

    >>> patent_check_character("200310102344")
    '5'
    """
    total = sum(int(digit) * (2 + place % 8) for place, digit in enumerate(digits))
    return "0123456789X"[total % 11]


def _patent(
    typed: Mapping[str, Any], kind: str, today: date, problems: list[Refused]
) -> tuple[str, str, date | None]:
    number = plain(typed.get("patent_number")).replace(" ", "").upper()
    if kind == Kind.PATENT and not number:
        problems.append(_problem("patent_missing", "patent_number", N_("专利须写专利号")))
    match = PATENT_CN.fullmatch(number)
    if match and match[2] and match[2] != patent_check_character(match[1]):
        said = N_("专利号“{number}”的校验位不对，应为 {right}")
        problems.append(_problem("patent_check", "patent_number", said, number=number,
                                 right=patent_check_character(match[1])))
    _limit(number, TEXT_LONGEST, "patent_number", problems)
    status, day = "", None
    if plain(typed.get("patent_status")) or kind == Kind.PATENT:
        status = _code(typed, "patent_status", PATENT_STATUS_NAMES, problems)
    written = plain(typed.get("patent_status_date")).replace("/", "-")
    if written:
        try:
            day = date.fromisoformat(written[:10])
        except ValueError:
            said = N_("写成年-月-日，例如 2026-03-01")
            problems.append(_problem("patent_date", "patent_status_date", said))
        if day and day > today:
            said = N_("不晚于今天（{today}）")
            problems.append(_problem("patent_date_ahead", "patent_status_date", said,
                                     today=today.isoformat()))
    return number, status, day


def _prices(
    typed: Mapping[str, Any], problems: list[Refused]
) -> tuple[int | None, int | None]:
    ends: list[int | None] = []
    for field in ("price_low", "price_high"):
        text = plain(typed.get(field))
        fen = None
        if text:
            try:
                fen = fen_from_wan(text)
            except MoneyRefused as refused:
                problems.append(OfferRefused(f"offer.{field}_form", refused.text, refused.facts,
                                             (field,), refused.way_on))
        if fen is not None and fen < 0:
            problems.append(_problem(f"{field}_negative", field, N_("不能小于 0")))
            fen = None
        ends.append(fen)
    low, high = ends
    if low is not None and high is not None and low > high:
        problems.append(_problem("price_order", "price_high", N_("上限须不小于下限")))
    return low, high


def wan_text(fen: int | None) -> str:
    """An amount in 万元 as one types it; empty for none."""
    if fen is None:
        return ""
    return f"{Decimal(fen) / FEN_PER_WAN:.6f}".rstrip("0").rstrip(".")


def number_text(value: Decimal) -> str:
    """A number without trailing zeros."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def typed_from(content: Content) -> dict[str, Any]:
    """What one would have typed to mean this content."""
    return {
        "kind": content.kind,
        "title": content.title,
        "summary": content.summary,
        "body": content.body,
        "keywords": "、".join(content.keywords),
        "chains": list(content.chains),
        "trl": str(content.trl or ""),
        "figures": [
            {"name": one.name, "value": number_text(one.value), "unit": one.unit}
            for one in content.figures
        ],
        "patent_number": content.patent_number,
        "patent_status": content.patent_status,
        "patent_status_date": (
            content.patent_status_date.isoformat() if content.patent_status_date else ""
        ),
        "people": "、".join(content.people),
        "works": "\n".join(content.works),
        "modes": list(content.modes),
        "price_low": wan_text(content.price_low_fen),
        "price_high": wan_text(content.price_high_fen),
    }
