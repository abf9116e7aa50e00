"""Read a sheet of published figures: every cell checked, every problem in its place."""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from kechuang.base.periods import Period
from kechuang.base.refusals import N_, Refused
from kechuang.doors.sheets import Problem, Sheet
from kechuang.indicators import queries, rules
from kechuang.indicators.models import Source
from kechuang.indicators.rules import Indicator, Statement

COLUMNS = (
    "area", "entity", "period", "kind", "indicator", "value", "value_low", "value_high", "unit",
    "qualifier", "yoy_percent", "target_value", "target_low", "target_high", "target_unit",
    "target_period", "attainment_percent", "attainment_words", "source_title",
    "source_publication", "source_date", "quotation", "source_kind", "source_note",
)  # fmt: skip
ALIASES = {
    "地区": "area", "单位或项目": "entity", "时期": "period", "类型": "kind", "指标": "indicator",
    "数值": "value", "下限": "value_low", "上限": "value_high", "单位": "unit",
    "限定词": "qualifier", "同比（%）": "yoy_percent", "目标": "target_value",
    "目标下限": "target_low", "目标上限": "target_high", "目标单位": "target_unit",
    "目标时期": "target_period", "完成率（%）": "attainment_percent",
    "完成情况": "attainment_words", "来源题名": "source_title", "发布者": "source_publication",
    "发布日期": "source_date", "来源原句": "quotation",
}  # fmt: skip
KINDS = frozenset({"indicator", "target", "rank", "project"})
SOURCE_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
LONGEST = {"area": 80, "entity": 80, "source_title": 300, "source_publication": 120,
           "attainment_words": 120, "quotation": 2000, "unit": 20, "source_note": 300}  # fmt: skip


@dataclass(frozen=True, slots=True)
class SourceText:
    """Who says it, as the sheet writes it."""

    title: str
    publication: str
    published: str
    kind: str
    note: str = ""


@dataclass
class Read:
    """One row as read."""

    area: str
    entity: str
    indicator: Indicator
    period: Period | None
    statement: Statement
    target: Statement | None
    target_period: str
    source: SourceText
    stated_value: str = ""
    stated_unit: str = ""
    yoy_percent: Decimal | None = None
    attainment_percent: Decimal | None = None
    attainment_words: str = ""
    quotation: str = ""
    is_new_indicator: bool = False
    statement_number: int = 1

    @property
    def key(self) -> tuple[Any, ...]:
        period = self.period.text if self.period else f"target:{self.target_period}"
        return (self.indicator.code, self.area, self.entity, period, self.source)

    def fingerprint(self) -> dict[str, str]:
        """The row for the record: codes and numbers, no words."""
        return {
            "indicator": self.indicator.code,
            "period": self.period.text if self.period else "",
            "value": str(self.statement.centre or ""),
            "source": hashlib.sha256(self.source.title.encode()).hexdigest(),
        }


@dataclass
class Reading:
    """Reads one sheet's rows, collecting every problem."""

    sheet: Sheet
    at: datetime
    problems: list[Problem] = field(default_factory=list)
    fresh: dict[str, Indicator] = field(default_factory=dict)
    said: dict[tuple[Any, ...], list[tuple[int, Statement]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.problems.extend(self.sheet.problems)
        self.by_name = queries.indicator_named(queries.indicators())

    def sorted_problems(self) -> list[Problem]:
        return sorted(self.problems, key=lambda one: (one.row, one.column))

    def rows(self) -> list[Read]:
        found = []
        for index, row in enumerate(self.sheet.rows):
            before = len(self.problems)
            read = self._row(index, row)
            if read is not None and len(self.problems) == before:
                self._number(index, read)
                found.append(read)
        if not self.sheet.rows:
            self._problem(0, "", rules.IndicatorRefused(
                "indicators.no_rows", N_("表里没有数据行。"), {}, (),
                N_("请从第二行起，每行写一个数。")))  # fmt: skip
        return found

    def _problem(self, index: int, column: str, refused: Refused) -> None:
        self.problems.append(Problem(self.sheet.number_of(index), column, refused))

    def _cell(self, index: int, column: str, read: Callable[[], Any]) -> Any:
        try:
            return read()
        except Refused as refused:
            self._problem(index, column, refused)
            return None

    def _row(self, index: int, row: dict[str, Any]) -> Read | None:
        texts = {name: self._text(index, name, row.get(name)) for name in COLUMNS}
        indicator, is_new = self._cell(
            index, "indicator", lambda: self._indicator(texts)
        ) or (None, False)
        is_target = self._cell(index, "kind", lambda: _kind(texts["kind"])) == "target"
        area = self._cell(index, "area", lambda: _required(texts["area"], "area"))
        source = self._source(index, texts)
        period = self._cell(index, "period", lambda: _period(texts["period"], is_target))
        promised = texts["target_period"] or (texts["period"] if is_target else "")
        target_period = self._cell(index, "target_period", lambda: _target_period(promised))
        if indicator is None or area is None or source is None:
            return None
        statement, target = self._statements(index, texts, indicator, is_target)
        if statement is None:
            return None
        return Read(
            area=area, entity=texts["entity"], indicator=indicator, source=source,
            period=None if is_target else period, statement=statement, target=target,
            target_period=target_period or "", stated_value=_stated(texts),
            stated_unit=texts["unit"], is_new_indicator=is_new,
            yoy_percent=self._number_in(index, texts, "yoy_percent"),
            attainment_percent=self._number_in(index, texts, "attainment_percent"),
            attainment_words=texts["attainment_words"], quotation=texts["quotation"],
        )  # fmt: skip

    def _text(self, index: int, name: str, value: Any) -> str:
        if isinstance(value, date):
            value = value.isoformat()[:10]
        text = str(value if value is not None else "").strip()
        longest = LONGEST.get(name, 120)
        if len(text) > longest:
            self._problem(index, name, rules.IndicatorRefused(
                "indicators.too_long", N_("这一格超过 {longest} 字。"), {"longest": longest}))
            return text[:longest]  # fmt: skip
        return text

    def _number_in(self, index: int, texts: dict[str, str], name: str) -> Decimal | None:
        number: Decimal | None = self._cell(index, name, lambda: rules.decimal_of(texts[name]))
        return number

    def _indicator(self, texts: dict[str, str]) -> tuple[Indicator, bool]:
        name = _required(texts["indicator"], "indicator")
        if name in self.by_name:
            return self.by_name[name], False
        unit = texts["unit"] or texts["target_unit"]
        if name.isascii() or not unit:
            raise rules.IndicatorRefused(
                "indicators.unknown", N_("不认识的指标“{name}”。"), {"name": name[:60]}, (),
                N_("请核对指标页的代码或名称；新指标请写中文名和单位。"),
            )  # fmt: skip
        if name not in self.fresh:
            kind = "stock" if texts["period"].startswith("@") else "flow"
            digest = hashlib.sha256(name.encode()).hexdigest()[:10]
            self.fresh[name] = Indicator(f"local_{digest}", name, _plain_unit(unit), kind)
        return self.fresh[name], True

    def _source(self, index: int, texts: dict[str, str]) -> SourceText | None:
        title = self._cell(
            index, "source_title", lambda: _required(texts["source_title"], "source_title")
        )
        published = self._cell(index, "source_date", lambda: _source_date(texts["source_date"]))
        kind = texts["source_kind"] or Source.Kind.PUBLISHED
        if kind not in (Source.Kind.PUBLISHED, Source.Kind.DEMONSTRATION):
            self._problem(index, "source_kind", rules.IndicatorRefused(
                "indicators.source_kind", N_("来源种类只能是 PUBLISHED 或 DEMONSTRATION。")))
            return None  # fmt: skip
        if title is None or published is None:
            return None
        return SourceText(
            title, texts["source_publication"], published, kind, texts["source_note"]
        )

    def _statements(
        self, index: int, texts: dict[str, str], indicator: Indicator, is_target: bool
    ) -> tuple[Statement | None, Statement | None]:
        value = self._cell(index, "value", lambda: rules.statement_of(texts, indicator.unit))
        units = {**texts, "target_unit": texts["target_unit"] or texts["unit"]}
        if not is_target:
            units["qualifier"] = ""
        target = self._cell(
            index, "target_value",
            lambda: rules.statement_of(units, indicator.unit, "target", "target_unit"),
        )  # fmt: skip
        if value is None or target is None:
            return None, None
        if is_target and not target.is_given:
            target = value
        wanted = target if is_target else value
        if not wanted.is_given:
            self._problem(index, "value", rules.IndicatorRefused(
                "indicators.no_value", N_("没有写数值。"), {}, (),
                N_("请写数值，或写下限和上限；没有数就删去这一行。")))  # fmt: skip
            return None, None
        return value, target if target.is_given else None

    def _number(self, index: int, read: Read) -> None:
        """Tell apart what one source says twice of the same thing; the same words twice refuse."""
        said = self.said.setdefault(read.key, [])
        for row, statement in said:
            if statement == read.statement:
                self._problem(index, "value", rules.IndicatorRefused(
                    "indicators.row_twice", N_("与第 {row} 行完全相同。"), {"row": row}))
                return  # fmt: skip
        said.append((self.sheet.number_of(index), read.statement))
        read.statement_number = len(said)


def _required(text: str, name: str) -> str:
    if not text:
        raise rules.IndicatorRefused("indicators.empty", N_("这一格不能空。"), {}, (name,))
    return text


def _kind(text: str) -> str:
    if text and text not in KINDS:
        raise rules.IndicatorRefused(
            "indicators.row_kind", N_("不认识的类型“{text}”。"), {"text": text[:40]}, (),
            N_("可写 indicator、target、rank、project，或留空。"),
        )  # fmt: skip
    return text or "indicator"


def _period(text: str, is_target: bool) -> Period | None:
    if not text and is_target:
        return None
    return Period.parse(_required(text, "period"))


def _target_period(text: str) -> str:
    return Period.parse(text).text if text else ""


def _source_date(text: str) -> str:
    if not text:
        return ""
    try:
        if not SOURCE_DATE.fullmatch(text):
            raise ValueError(text)
        if len(text) == 10:
            date.fromisoformat(text)
    except ValueError as error:
        raise rules.IndicatorRefused(
            "indicators.source_date", N_("“{text}”不是日期。"), {"text": text[:40]}, (),
            N_("请写成 2023-08-29，只知年月写 2023-08。"),
        ) from error  # fmt: skip
    return text


def _stated(texts: dict[str, str]) -> str:
    if texts["value"]:
        return texts["value"]
    low, high = texts["value_low"], texts["value_high"]
    return f"{low}–{high}" if low and high else ""


def _plain_unit(unit: str) -> str:
    """The unit without its multiple: 万家 is kept as 家."""
    return unit[1:] if len(unit) > 1 and unit[0] in rules.MULTIPLES else unit
