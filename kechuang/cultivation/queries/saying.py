"""Gaps, figures and names of data in the reader's language; the rules themselves stay as written.

The engine says figures and gaps in the Chinese of the official texts. What is quoted stays so; what
is said about it is said in English on English pages.
"""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import get_language, gettext

from kechuang.base.refusals import N_
from kechuang.engines.eligibility.schema import schema

GAP = re.compile(r"(?:还差|超出) (?P<amount>[^（]+)(?:（按现有(?P<other>.+)）)?$")
FIGURE = re.compile(r"^(?P<before>[≥>≤<=≠ ]*-?[\d,.–]+)(?P<unit>元|美元|人|项|天|年|分)$")
YEAR = re.compile(r"^(?P<year>\d{4})年(?P<label>.+)$")
UNITS = {
    "元": N_("元"), "美元": N_("美元"), "人": N_("人"), "项": N_("项"), "天": N_("天"),
    "年": N_("年"), "分": N_("分值"),
}  # fmt: skip
# Whom the schema names as owners of data, and the lists and columns that no model names.
NAMES = (
    N_("市场监管局"), N_("税务局"), N_("统计局"), N_("人力资源和社会保障局"), N_("科技局"),
    N_("市场监管局（知识产权局）"), N_("应急管理局、市场监管局、生态环境局"), N_("金融发展局"),
    N_("注册成立日期"), N_("境内居民企业"), N_("行业代码（GB/T 4754）"), N_("所在地区代码"),
    N_("职工总数"), N_("科技（研发）人员"), N_("大专以上学历的科技人员"), N_("销售（营业）收入"),
    N_("高新技术产品（服务）收入"), N_("收入总额"), N_("研发费用"), N_("境内研发费用"),
    N_("成本费用支出"), N_("资产总额"), N_("净资产"), N_("负债总额"), N_("主营业务收入"),
    N_("知识产权"), N_("科技成果转化"), N_("技术合同"), N_("证书与认定"),
    N_("事故、违法与失信"), N_("名录与名单"), N_("股权融资"), N_("类别"), N_("种类"), N_("件数"),
    N_("自主研发"), N_("授权日期"), N_("年度"), N_("转化项数"), N_("签订日期"), N_("成交额"),
    N_("技术交易额"), N_("起"), N_("止（不含当日）"), N_("日期"), N_("列入日期"), N_("移出日期"),
    N_("实缴金额"), N_("投后估值"),
)  # fmt: skip


def is_english() -> bool:
    return (get_language() or "").startswith("en")


def name_words(label: str) -> str:
    """A datum as people call it, with its year: `2025年研发费用`."""
    if not is_english():
        return label
    dated = YEAR.match(label)
    if dated:
        return f"{gettext(dated['label'])} {dated['year']}"
    return " · ".join(gettext(part) for part in label.split("·"))


def figure_words(said: str) -> str:
    """A figure with its unit, as the engine says it: `≥ 5,000元`."""
    found = FIGURE.match(said) if is_english() else None
    return f"{found['before']} {gettext(UNITS[found['unit']])}" if found else said


def gap_words(gap: Mapping[str, Any] | None) -> str:
    """How much of which figure is wanting, or too much."""
    if not gap:
        return ""
    said = GAP.search(gap["text"]) if is_english() else None
    if said is None:
        return str(gap["text"])
    text = gettext("{name}还差 {amount}") if gap["by"] > 0 else gettext("{name}超出 {amount}")
    words = text.format(
        name=name_words(schema().label_of(gap["columns"][0])),
        amount=figure_words(said["amount"].strip()),
    )
    if said["other"]:
        words += gettext("（按现有{name}）").format(name=name_words(said["other"]))
    return words


def missing_words(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """What is missing and who owns it; `zh` keeps its name, whatever the language."""
    return [
        row | {"zh": name_words(row["zh"]), "owner": gettext(row["owner"]) if row["owner"] else ""}
        for row in rows
    ]
