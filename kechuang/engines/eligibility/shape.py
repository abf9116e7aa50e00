"""The shape of a rule set's text: which keys, of which kind, in which order of days.

What the expressions mean is checked where they are bound; here a person is told which key is
wanting, misspelt or of another kind before anything is evaluated.
"""

import difflib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from kechuang.base.refusals import N_, worded
from kechuang.engines.eligibility.functions import FUNCTIONS
from kechuang.engines.eligibility.refusals import RuleRefused, near_or_all
from kechuang.engines.eligibility.schema import schema

KEYS = {
    "code", "title", "document", "sources", "valid", "assumed", "parameters", "facts", "criteria",
    "decision", "score", "amount", "instrument", "notes",
}  # fmt: skip
CRITERION_KEYS = {"zh", "en", "clause", "quote", "rule", "assumed", "informs"}
PARAMETER_KEYS = {"zh", "clause", "quote", "values", "assumed"}
VALUE_KEYS = {"since", "is", "bands", "words", "document"}
DOCUMENT_KEYS = {"number", "name", "issuer"}
SOURCE_KEYS = {"what", "url", "read"}
INSTRUMENTS = ("grant", "equity", "deduction")
CODE_MOST = 40
NAME = re.compile(r"[a-z][a-z0-9_]*")
RESERVED = ("new",)  # words of addresses
OFFICIAL = N_("请照正式文本填写；没有读到的，写进 assumed。")
NEEDED = ("code", "title", "document", "sources", "valid", "criteria", "decision")
KIND_OF: dict[str, type] = {
    "valid": dict, "criteria": dict, "title": dict, "document": dict, "parameters": dict,
    "facts": dict, "sources": list, "assumed": list, "notes": list,
}  # fmt: skip
KINDS: dict[type, str] = {
    dict: N_("一个映射（键：值）"), list: N_("一个列表（每行以 - 开头）"),
}  # fmt: skip


def check_shape(said: Any, place: str) -> None:
    """Refuse a text that is not a rule set, naming the key and what belongs there."""
    if not isinstance(said, dict):
        raise RuleRefused(place, N_("规则集要是一个映射"), N_("第一行写 code: 代码。"), 1)
    check_keys(said, KEYS, place)
    for key in NEEDED:
        if not said.get(key):
            raise RuleRefused(place, N_("缺少 {key}"), OFFICIAL, key=key)
    for key, kind in KIND_OF.items():
        if said.get(key) is not None:
            check_kind(said[key], kind, f"{place} {key}")
    _check_heads(said, place)
    _check_days(said, place)
    _check_names(said, place)
    _check_parts(said, place)


def _check_parts(said: Mapping[str, Any], place: str) -> None:
    for key in ("decision", "score", "amount"):
        _check_text(said.get(key), f"{place} {key}")
    for code, one in (said.get("facts") or {}).items():
        _check_text(one if one is not None else [], f"{place} facts.{code}")
    for code, one in said["criteria"].items():
        _check_criterion(one, f"{place} criteria.{code}")
    for code, one in (said.get("parameters") or {}).items():
        _check_parameter(one, f"{place} parameters.{code}")


def check_keys(said: Any, keys: set[str], place: str) -> None:
    """Refuse what is no mapping, and a key that means nothing here."""
    check_kind(said, dict, place)
    for key in said:
        if key not in keys:
            near = difflib.get_close_matches(str(key), keys, 1)
            way_on = near_or_all(near, sorted(keys))
            inside = " " if place.endswith(".yaml") else "."
            raise RuleRefused(f"{place}{inside}{key}", N_("不认得的键 {key}"), way_on, key=key)


def check_kind(said: Any, kind: type, place: str) -> None:
    """Refuse a mapping where a list belongs, and the other way round."""
    if not isinstance(said, kind):
        raise RuleRefused(place, N_("要是{kinds}"), OFFICIAL, kinds=worded(KINDS[kind]))


def _check_text(said: Any, place: str) -> None:
    if isinstance(said, dict | list):
        raise RuleRefused(
            place, N_("要是一段文字"), N_("以 {{、[、*、& 开头或含“: ”的，要加引号。"),
        )  # fmt: skip


def _check_heads(said: Mapping[str, Any], place: str) -> None:
    """The legal reference, and a code that a file name and an address can hold."""
    check_keys(said["document"], DOCUMENT_KEYS, f"{place} document")
    for key in ("number", "name", "issuer"):
        if not said["document"].get(key):
            raise RuleRefused(f"{place} document", N_("document 缺少 {key}"), OFFICIAL, key=key)
    check_keys(said["title"], {"zh", "en"}, f"{place} title")
    if not isinstance(said["title"].get("zh"), str):
        raise RuleRefused(f"{place} title", N_("title 缺少 zh"), OFFICIAL)
    for one in said["sources"]:
        check_keys(one, SOURCE_KEYS, f"{place} sources")
        if not one.get("what") or not isinstance(one.get("read"), date):
            raise RuleRefused(
                f"{place} sources", N_("每个来源要写 what、url 和 read（哪天读的）"),
                N_("例如 {{what: 办法全文, url: 网址, read: 2026-11-22}}"),
            )  # fmt: skip
    code = str(said["code"])
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", code) or len(code) > CODE_MOST or code in RESERVED:
        raise RuleRefused(
            f"{place} code", N_("code {code} 要是小写英文、数字和连字符，至多 {code_most} 个"),
            N_("例如 sy-contract-reward"), code=code, code_most=CODE_MOST,
        )  # fmt: skip
    if said.get("instrument") is not None and said["instrument"] not in INSTRUMENTS:
        raise RuleRefused(
            f"{place} instrument", N_("不认得的方式 {instrument}"),
            near_or_all([], INSTRUMENTS), instrument=said["instrument"],
        )  # fmt: skip


def _check_days(said: Mapping[str, Any], place: str) -> None:
    check_keys(said["valid"], {"since", "until"}, f"{place} valid")
    for bound in ("since", "until"):
        day = said["valid"].get(bound)
        if not isinstance(day, date) and not (day is None and bound == "until"):
            raise RuleRefused(
                f"{place} valid", N_("valid.{bound} 要是日期，不是 {day}"),
                N_("例如 2016-01-01，不加引号"), bound=bound, day=day,
            )  # fmt: skip
    since, until = (said["valid"].get(bound) for bound in ("since", "until"))
    if until is not None and until <= since:
        raise RuleRefused(
            f"{place} valid", N_("valid.until {until} 不晚于 since {since}"),
            N_("until 是不再施行的第一天；仍在施行的不写。"), until=until, since=since,
        )  # fmt: skip


def _check_names(said: Mapping[str, Any], place: str) -> None:
    """Names are lower-case words, none said twice, none that a column or a function has."""
    parts = {key: list(said.get(key) or {}) for key in ("criteria", "parameters", "facts")}
    seen: set[str] = set()
    for part, names in parts.items():
        for name in names:
            if not NAME.fullmatch(str(name)) or name in _taken():
                raise RuleRefused(
                    f"{place} {part}.{name}",
                    N_("{called} 不能作名称：已是一项数据或函数，或不是小写英文"),
                    N_("请换一个名称。"), called=name,
                )  # fmt: skip
            if name in seen:
                raise RuleRefused(
                    f"{place} {part}.{name}", N_("名称 {called} 用了两次"),
                    N_("请给其中一个换名称。"), called=name,
                )  # fmt: skip
            seen.add(name)
    if said.get("score") and said["score"] not in parts["criteria"]:
        near = difflib.get_close_matches(str(said["score"]), parts["criteria"], 1)
        raise RuleRefused(
            f"{place} score", N_("score 要是一个评分项的代码：{score}"),
            near_or_all(near, parts["criteria"]), score=said["score"],
        )  # fmt: skip


def _taken() -> set[str]:
    known = schema()
    return {*known.enterprise, *known.returns, *known.lists, *FUNCTIONS, "as_of", "y"}


def _check_criterion(one: Any, place: str) -> None:
    check_keys(one, CRITERION_KEYS, place)
    for key in ("zh", "clause", "quote", "rule"):
        if one.get(key) is None or one[key] == "":
            raise RuleRefused(place, N_("缺少 {key}"), OFFICIAL, key=key)
        _check_text(one[key], f"{place}.{key}")


def _check_parameter(one: Any, place: str) -> None:
    check_keys(one, PARAMETER_KEYS, place)
    for key in ("clause", "quote", "values"):
        if not one.get(key):
            raise RuleRefused(place, N_("缺少 {key}"), OFFICIAL, key=key)
    check_kind(one["values"], list, f"{place}.values")
    before = date.min
    for value in one["values"]:
        check_keys(value, VALUE_KEYS, place)
        since = value.get("since")
        if not isinstance(since, date) or since <= before:
            raise RuleRefused(
                place, N_("values 要按 since 由早到晚排，since 要是日期：{since}"),
                N_("例如 {{since: 2016-01-01, is: 5000万元}}"), since=since,
            )  # fmt: skip
        before = since
        if sum(key in value for key in ("is", "bands", "words")) != 1:
            raise RuleRefused(place, N_("每个取值写 is、bands 或 words 之一"))
        _check_value(value, place)


def _check_value(value: Mapping[str, Any], place: str) -> None:
    if "is" in value:
        if value["is"] is None:
            raise RuleRefused(place, N_("is 没有写数"), N_("例如 is: 5000万元"))
        _check_text(value["is"], place)
    elif "words" in value:
        if not isinstance(value["words"], list) or not value["words"]:
            raise RuleRefused(place, N_("words 要是一列文字"), N_("例如 words: [C16, H]"))
    else:
        _check_bands(value["bands"], place)


def _check_bands(bands: Any, place: str) -> None:
    example = N_("例如 bands: [[30%, 20分], [10%, 4分], 0分]，末一个是其余情形。")
    if not isinstance(bands, list) or len(bands) < 2:  # noqa: PLR2004 a limit, and what else
        raise RuleRefused(place, N_("bands 要是一列档，末一个是其余情形"), example)
    for row in bands[:-1]:
        if not isinstance(row, list) or len(row) not in (2, 3):
            raise RuleRefused(
                place, N_("每档要写界限，和一个数或一个区间：{row}"), example, row=str(row),
            )  # fmt: skip
