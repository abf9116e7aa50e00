"""What is worked out once for all rows before any is looked at: fixed numbers, turns of years."""

from datetime import MAXYEAR, MINYEAR, date
from typing import Any

from kechuang.engines.eligibility.conditions import All, Comparison, Same
from kechuang.engines.eligibility.nodes import Const, Node, Product, Sum, YearOf

TURNS = {  # year_of(day) >= 2022: from the first of January 2022 on
    ">=": ((">=", 0),), ">": ((">=", 1),), "<": (("<", 0),), "<=": (("<", 1),),
    "=": ((">=", 0), ("<", 1)),
}  # fmt: skip


def folded(node: Any) -> Any:
    """What no row can change, as one number."""
    if isinstance(node, Sum | Product) and _is_fixed(node):
        return Const(int(node.value({})))  # type: ignore[arg-type]
    return node


def _is_fixed(node: Node) -> bool:
    if isinstance(node, Sum | Product):
        return _is_fixed(node.left) and _is_fixed(node.right)
    return isinstance(node, Const)


def by_day(node: Comparison) -> Node | None:
    """The year of a day held against a fixed one, as days held against the turn of a year."""
    left, right = node.sides
    if not isinstance(left, YearOf) or not _is_fixed(right) or node.sign not in TURNS:
        return None
    year = right.value({})
    if not MINYEAR < year < MAXYEAR:
        return None
    tests = [Same(left.day, sign, Const(date(year + later, 1, 1))) for sign, later in
             TURNS[node.sign]]  # fmt: skip
    return tests[0] if len(tests) == 1 else All(tuple(tests))
