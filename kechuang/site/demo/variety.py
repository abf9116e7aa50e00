"""Texts of the larger sizes: each made of sentences of the town's texts of one industry chain.

A place it is for, a side of the task, and numbers of its own set one text apart from the next, so
that lists read like lists and a search for a word finds some and not all.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

PLACES = (
    "寒区", "高湿沿海", "高原", "沙尘环境", "洁净车间", "老旧产线", "小批量产线", "连续产线",
    "出口型号用", "车规级", "船用", "井下", "高速列车用", "海上平台", "医院场景", "园区级",
    "移动作业", "无人值守", "低功耗", "轻量化", "大尺寸", "微型", "多品种混线", "长寿命",
)  # fmt: skip
SIDES = (
    "在线检测", "寿命预测", "批量验证", "成本下降", "工艺窗口", "国产替代", "可靠性提升",
    "能耗下降", "节拍提升", "一致性控制", "失效分析", "标准与检验", "快速换型", "数据追溯",
    "远程运维", "安全评估", "回收再利用", "仿真平台", "样机研制", "产线集成",
)  # fmt: skip
_SENTENCE = re.compile(r"[^。]+。")


class Shuffle:
    """The same numbers in the same order for the same seed."""

    def __init__(self, seed: str) -> None:
        self._next = random.Random(seed).random

    def below(self, count: int) -> int:
        return int(self._next() * count)

    def one(self, choices: Any) -> Any:
        return choices[int(self._next() * len(choices))]


def needs(rows: list[dict[str, Any]], count: int, seed: str) -> Iterator[dict[str, Any]]:
    """So many needs: title, body and budget new, the rest as in the row that each follows."""
    shuffle, sentences = Shuffle(seed), _by_chain(rows)
    for serial in range(count):
        row = rows[serial % len(rows)]
        place, side = shuffle.one(PLACES), shuffle.one(SIDES)
        plan = (
            f"面向{place}工况，重点是{side}；首批 {20 + shuffle.below(980)} 件，"
            f"现场试用 {2 + shuffle.below(34)} 个月，综合成本下降 {3 + shuffle.below(38)}%。"
        )
        said = _said(row, sentences, shuffle)
        yield row | {
            "title": f"{place}{row['title']}{side}", "body": f"{said}{plan}",
            "budget_wan": max(20, row["budget_wan"] * (40 + shuffle.below(140)) // 100),
        }  # fmt: skip


def offers(rows: list[dict[str, Any]], count: int, seed: str) -> Iterator[dict[str, Any]]:
    """So many offers: title and body new, the rest as in the row that each follows."""
    shuffle, sentences = Shuffle(seed), _by_chain(rows)
    for serial in range(count):
        row = rows[serial % len(rows)]
        place, side = shuffle.one(PLACES), shuffle.one(SIDES)
        proof = (
            f"已在 {1 + shuffle.below(12)} 家单位用于{place}条件下的{side}，"
            f"累计运行 {200 + 50 * shuffle.below(180)} 小时，合格率 {90 + shuffle.below(10)}%。"
        )
        said = _said(row, sentences, shuffle)
        yield row | {"title": f"{row['title']}（{place}，{side}）", "body": f"{said}{proof}"}


def _by_chain(rows: list[dict[str, Any]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        found[row["chain"]] += _SENTENCE.findall(row["body"])
    return found


def _said(row: dict[str, Any], sentences: dict[str, list[str]], shuffle: Shuffle) -> str:
    """The first sentence of a row, and two more of its chain."""
    first = _SENTENCE.match(row["body"])
    more = sentences[row["chain"]]
    return f"{first[0] if first else row['body']}{shuffle.one(more)}{shuffle.one(more)}"
