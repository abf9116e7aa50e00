"""Enterprises from files: JSON lines, CSV or Parquet; to the flat rows that rules are held against.

Absent or empty is unknown, 0 is zero, an empty list is none. What cannot be read is refused with
its row and field; a field that nobody reads is counted, and refused where it looks like a slip
(`revenue` or `revenue_yuan` for `revenue_fen`).
"""

import csv
import difflib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from kechuang.base.refusals import N_, worded
from kechuang.engines.eligibility import units
from kechuang.engines.eligibility.nodes import COUNT_MAX, FEN_MAX, ROWS_MAX
from kechuang.engines.eligibility.refusals import RowRefused
from kechuang.engines.eligibility.schema import ColumnSpec, Schema, schema

FORMATS = (".jsonl", ".csv", ".parquet")
YEARS = range(1900, 2201)
POINTS_MAX = 10**8
TRUE, FALSE = {"true", "1", "是", "yes", "y"}, {"false", "0", "否", "no", "n"}
UNIT_WORDS = re.compile(r"_?(fen|yuan|wan|wanyuan|cents|usd|元|万元|亿元|千元|rmb|cny)$")
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")
IN_UTF8 = N_("请另存为 UTF-8（表格软件里选“CSV UTF-8”）。")
ONE_A_LINE = N_('每行写一家企业，是一个完整的 JSON 对象，例如 {{"id": "A1"}}。')
OWN_KEYS = {"id", "name", "returns", "judged"}


def _line(path: Path, number: int) -> str:
    return f"{path.name} 第{number}行"


def _is_year(text: str) -> bool:
    return bool(re.fullmatch("[0-9]{4}", text)) and int(text) in YEARS


class _SaidTwice(ValueError):
    """A key that an object of JSON has twice: which of the two is meant nobody knows."""


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _SaidTwice(next(name for name in names if names.count(name) > 1))
    return found


def _first_other(path: Path) -> int:
    """The first line that is not UTF-8."""
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _check_heads(heads: list[str], place: str) -> None:
    for head in heads:
        if head and heads.count(head) > 1:
            raise RowRefused(place, head, N_("这一列出现了两次"))
    if "id" not in heads:
        raise RowRefused(
            place, "id", N_("表头里没有 id 这一列"), N_("第一行写列名，用英文逗号分开。"),
        )  # fmt: skip


class Reader:
    """Reads enterprises; `unread` counts the fields that no rule knows."""

    def __init__(self, known: Schema | None = None) -> None:
        self.schema = known or schema()
        self.unread: Counter[str] = Counter()
        self.place = ""

    def refuse(self, name: str, what: str, way_on: str = "", **parts: Any) -> RowRefused:
        return RowRefused(self.place, name, what, way_on, **parts)

    def read(self, path: Path) -> Iterator[dict[str, Any]]:
        """The enterprises of a file, in its order; refuses a second one of the same id."""
        if path.suffix.lower() not in FORMATS:
            raise RowRefused(path.name, N_("文件"), N_("不认得 {suffix}"),
                             N_("请用 .jsonl、.csv 或 .parquet。"),
                             suffix=path.suffix or worded(N_("没有后缀的文件")))  # fmt: skip
        lines = {".jsonl": self._json_lines, ".csv": self._csv, ".parquet": self._parquet}
        seen: dict[str, int] = {}
        for number, said in lines[path.suffix.lower()](path):
            self.place = _line(path, number)
            row = self.row(said)
            if row["id"] in seen:
                before = _line(path, seen[row["id"]])
                raise self.refuse(
                    "id", N_("{id} 在{before}已经有了"), N_("一家企业只写一行，请合并。"),
                    id=row["id"], before=before,
                )  # fmt: skip
            seen[row["id"]] = number
            yield row

    def heads(self, names: list[str]) -> None:
        """Look at the names of plain columns, as if each held something."""
        for name in names:
            head, _, rest = name.partition(".")
            if head == "returns":
                year, _, column = rest.partition(".")
                if not _is_year(year):
                    raise self.refuse(name, N_("年份要是四位数字"))
                if column not in self.schema.returns:
                    self._unknown(name, list(self.schema.returns))
            elif head not in ("judged", *OWN_KEYS, *self.schema.enterprise, *self.schema.lists):
                self._unknown(name, [*self.schema.enterprise, *self.schema.lists, *OWN_KEYS])

    def _json_lines(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        found = False
        with path.open("rb") as lines:
            for number, raw in enumerate(lines, 1):
                if not raw.strip():
                    continue
                place = _line(path, number)
                try:
                    said = json.loads(raw.decode("utf-8-sig"), object_pairs_hook=_once_each)
                except _SaidTwice as error:
                    raise RowRefused(
                        place, str(error), N_("写了两遍"), N_("请删去一个。"),
                    ) from error  # fmt: skip
                except UnicodeDecodeError as error:
                    raise RowRefused(place, N_("整行"), N_("不是 UTF-8 编码"), IN_UTF8) from error
                except (ValueError, RecursionError) as error:
                    raise RowRefused(
                        place, N_("整行"), N_("不是 JSON（{error}）"), ONE_A_LINE, error=error,
                    ) from error  # fmt: skip
                if not isinstance(said, dict):
                    raise RowRefused(place, N_("整行"), N_("不是一个对象"), ONE_A_LINE)
                found = True
                yield number, said
        if not found:
            raise RowRefused(_line(path, 1), N_("文件"), N_("是空的"), ONE_A_LINE)

    def _csv(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, strict=True)
                heads = next(reader, [])
                _check_heads(heads, _line(path, 1))
                for cells in reader:
                    if not any(cells):
                        continue  # spreadsheets leave lines of commas at the end
                    place = _line(path, reader.line_num)
                    if len(cells) != len(heads):
                        raise RowRefused(
                            place, N_("整行"), N_("有 {cells} 格，表头有 {heads} 列"),
                            cells=len(cells), heads=len(heads),
                        )  # fmt: skip
                    yield reader.line_num, dict(zip(heads, cells, strict=True))
        except csv.Error as error:
            place = _line(path, reader.line_num)
            raise RowRefused(place, N_("整行"), N_("不是 CSV（{error}）"), error=error) from error
        except UnicodeDecodeError as error:
            place = _line(path, _first_other(path))
            raise RowRefused(place, N_("文件"), N_("不是 UTF-8 编码"), IN_UTF8) from error

    def _parquet(self, path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
        if find_spec("pyarrow") is None:
            raise RowRefused(path.name, N_("文件"), N_("读 Parquet 要用 pyarrow，这里没有装"),
                             N_("请运行 make install，或改用 .jsonl、.csv。"))  # fmt: skip
        import pyarrow
        import pyarrow.parquet

        try:
            file = pyarrow.parquet.ParquetFile(path)
            number = 0
            for batch in file.iter_batches(batch_size=10_000):
                for said in batch.to_pylist():
                    number += 1
                    yield number, said
        except (pyarrow.ArrowException, OSError) as error:
            raise RowRefused(
                path.name, N_("文件"), N_("不是 Parquet（{error}）"), error=error,
            ) from error  # fmt: skip

    # --- one enterprise ---------------------------------------------------------------

    def row(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """One enterprise as a flat row; refuses what cannot be read."""
        given = said.get("id")
        is_plain = isinstance(given, str | int) and not isinstance(given, bool)
        if not is_plain or given == "" or not str(given).isprintable():
            raise self.refuse("id", N_("要是一个文字或整数"), N_("例如统一社会信用代码。"))
        found: dict[str, Any] = {"id": str(given)}
        nested: dict[str, dict[str, dict[str, Any]]] = {}
        for name, value in said.items():
            if (
                name in ("id", "name")
                or value is None
                or (isinstance(value, str) and not value.strip())
            ):
                continue
            self._field(name, value, found, nested)
        for name, rows in nested.items():
            if name in found:
                raise self.refuse(name, N_("同一个列表写了两遍"))
            found[name] = self._rows(name, list(rows.values()))
        return found

    def _field(self, name: str, value: Any, found: dict[str, Any], nested: dict[str, Any]) -> None:
        head, _, rest = name.partition(".")
        if name in self.schema.enterprise:
            found[name] = self.cell(self.schema.enterprise[name], value, name)
        elif head == "returns":
            self._returns(rest, value, found)
        elif head == "judged":
            given = {rest: value} if rest else self._mapping(name, value)
            for code, points in given.items():
                if points is not None and points != "":
                    found[f"judged.{code}"] = self._points(f"judged.{code}", points)
        elif name in self.schema.lists:
            found[name] = self._rows(name, self._listed(name, value))
        elif head in self.schema.lists and rest:
            self._numbered(head, rest, value, nested)
        else:
            self._unknown(name, [*self.schema.enterprise, *self.schema.lists, *OWN_KEYS])

    def _numbered(self, head: str, rest: str, value: Any, nested: dict[str, Any]) -> None:
        """`ip.0.class` and `conversions.2022.count` of a flat table."""
        number, _, column = rest.partition(".")
        if not re.fullmatch("[0-9]{1,5}", number):
            raise self.refuse(
                f"{head}.{rest}", N_("列表的一格要写序号"), N_("例如 {head}.0.列名"), head=head,
            )  # fmt: skip
        row = nested.setdefault(head, {}).setdefault(number, {})
        if head == "conversions" and int(number) in YEARS:
            row["year"], column = int(number), column or "count"
        row[column] = value

    def _mapping(self, name: str, value: Any) -> Mapping[str, Any]:
        if isinstance(value, str):
            value = self._json(name, value)
        if not isinstance(value, dict):
            raise self.refuse(name, N_("要是一个对象"))
        return value

    def _listed(self, name: str, value: Any) -> list[Any]:
        if isinstance(value, str):
            value = self._json(name, value)
        if not isinstance(value, list):
            raise self.refuse(name, N_("要是一个列表"), N_("没有就写 []，不知道就不写。"))
        return value

    def _json(self, name: str, text: str) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise self.refuse(name, N_("这一格要写 JSON（{error}）"), error=error) from error

    def _returns(self, rest: str, value: Any, found: dict[str, Any]) -> None:
        if rest:
            year, _, column = rest.partition(".")
            self._return(year, {column: value}, found)
            return
        for given in self._listed("returns", value):
            if not isinstance(given, dict) or "year" not in given:
                raise self.refuse("returns", N_("每个年度要写 year"))
            year = str(given["year"])
            if any(key.startswith(f"returns.{year}.") for key in found):
                raise self.refuse(f"returns.{year}", N_("同一年写了两遍"))
            self._return(year, {k: v for k, v in given.items() if k != "year"}, found)

    def _return(self, year: str, given: Mapping[str, Any], found: dict[str, Any]) -> None:
        if not _is_year(year):
            raise self.refuse(f"returns.{year}", N_("年份要是四位数字"))
        for column, value in given.items():
            spec = self.schema.returns.get(column)
            if spec is None:
                self._unknown(f"returns.{year}.{column}", list(self.schema.returns))
            elif value is not None and value != "":
                key = f"returns.{int(year)}.{column}"
                found[key] = self.cell(spec, value, key)

    def _rows(self, name: str, given: list[Any]) -> list[dict[str, Any]]:
        if len(given) > ROWS_MAX:
            raise self.refuse(name, N_("多于 {rows_max} 行"), rows_max=f"{ROWS_MAX:,}")
        columns = self.schema.lists[name]
        rows: list[dict[str, Any]] = []
        for number, one in enumerate(given):
            if not isinstance(one, dict):
                raise self.refuse(f"{name}.{number}", N_("要是一个对象"))
            row: dict[str, Any] = {}
            for column, value in one.items():
                place = f"{name}.{number}.{column}"
                if column not in columns:
                    self._unknown(place, list(columns))
                elif value is not None and value != "":
                    row[column] = self.cell(columns[column], value, place)
            rows.append(row)
        for spec in columns.values():
            if spec.unit in (units.FEN, units.CENTS, units.ITEMS):
                whole = sum(abs(row.get(spec.name) or 0) for row in rows)
                self._check_size(spec, whole, f"{name}.{spec.name}")
        return rows

    def _unknown(self, name: str, known: list[str]) -> None:
        last = name.rpartition(".")[2]
        base = UNIT_WORDS.sub("", last)
        near = [one for one in known if UNIT_WORDS.sub("", one) == base and one != last]
        near = near or difflib.get_close_matches(last, known, 1, 0.85)
        if near:
            raise self.refuse(
                name, N_("没有这一列"), N_("是不是 {near}？金额一律以分为单位。"), near=near[0],
            )  # fmt: skip
        self.unread[re.sub(r"\.\d+\.", ".*.", name)] += 1

    # --- one cell ---------------------------------------------------------------------

    def cell(self, spec: ColumnSpec, value: Any, name: str) -> Any:
        """One value as the column's type; refuses another type, size or unit."""
        if spec.type == "bool":
            return self._truth(value, name)
        if spec.type == "date":
            return self._date(value, name)
        if spec.type == "text":
            if not isinstance(value, str | int) or isinstance(value, bool):
                raise self.refuse(name, N_("要是文字"))
            text = str(value).strip()
            code = self.schema.code_of(spec, text) if spec.words else text
            if code is None and spec.words == "industry":
                raise self.refuse(
                    name, N_("“{value}”不是行业代码"), N_("请写 GB/T 4754 的代码，例如 C3562。"),
                    value=value,
                )  # fmt: skip
            return code
        number = self._whole(spec, value, name)
        self._check_size(spec, number, name)
        return number

    def _truth(self, value: Any, name: str) -> bool:
        if isinstance(value, bool):
            return value
        text = str(value).strip().casefold()
        if text in TRUE:
            return True
        if text in FALSE:
            return False
        raise self.refuse(name, N_("“{value}”不是 true 或 false"), value=value)

    def _date(self, value: Any, name: str) -> date:
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        try:
            if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip()):
                return date.fromisoformat(value.strip())
        except ValueError:
            pass
        raise self.refuse(name, N_("“{value}”不是日期"), N_("请写成 2022-01-31。"), value=value)

    def _whole(self, spec: ColumnSpec, value: Any, name: str) -> int:
        if isinstance(value, bool):
            raise self.refuse(name, N_("要是整数"))
        text = str(value).strip()
        if "," in text and not GROUPED.fullmatch(text):
            raise self.refuse(name, N_("“{value}”不是数"), self._unit_hint(spec), value=value)
        try:
            number = Decimal(text.replace(",", ""))
            if not number.is_finite():
                raise InvalidOperation
        except InvalidOperation as error:
            raise self.refuse(
                name, N_("“{value}”不是数"), self._unit_hint(spec), value=value,
            ) from error  # fmt: skip
        if number != number.to_integral_value():
            raise self.refuse(name, N_("{value} 不是整数"), self._unit_hint(spec), value=value)
        if isinstance(value, float) and abs(value) > 2**53:
            raise self.refuse(name, N_("{value} 已不精确"), N_("请写成整数。"), value=value)
        return int(number)

    def _unit_hint(self, spec: ColumnSpec) -> str:
        hint = N_("金额以分为单位：1元写 100，1万元写 1000000。")
        return hint if spec.unit == units.FEN else ""

    def _check_size(self, spec: ColumnSpec, number: int, name: str) -> None:
        money = spec.unit in (units.FEN, units.CENTS)
        if abs(number) > (FEN_MAX if money else COUNT_MAX):
            raise self.refuse(
                name, N_("{number} 太大"), N_("请核对单位：金额以分为单位。") if money else "",
                number=number,
            )  # fmt: skip
        if number < 0 and not money:
            raise self.refuse(
                name, N_("{number} 小于零"), N_("没有就写 0，不知道就不写。"), number=number,
            )  # fmt: skip
        if spec.unit == units.YEARS and number not in YEARS:
            raise self.refuse(name, N_("{number} 不是年份"), number=number)

    def _points(self, name: str, value: Any) -> int:
        """Points in tenths; true and false are 1 and 0."""
        try:
            number = Decimal(str(int(value) if isinstance(value, bool) else value).strip())
            tenths = number * units.POINT
            if number.is_finite() and tenths == int(tenths) and 0 <= number <= POINTS_MAX:
                return int(tenths)
        except InvalidOperation:
            pass
        raise self.refuse(
            name, N_("“{value}”不是分数"), N_("请写 0 以上的数，至多一位小数。"), value=value,
        )  # fmt: skip
