"""What the engine refuses: a rule that does not hold together, a row that cannot be read.

Each sentence is a marked text whose places the keywords fill: Chinese here and on the command line,
the reader's language at the door. A text may not be put together otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from kechuang.base.refusals import N_, Refused, Said, worded

AS_SHIPPED = N_("请对照随软件提供的规则集，改正这一处。")
MEND = N_("请改正这一处；不知道的就空着或不写。")


class RuleRefused(Refused):
    """A rule set says something that cannot be meant; the place and the way on are named.

    `line` is the line of the text where who refuses knows it; else `editing.line_of` looks for it.
    """

    def __init__(
        self, place: str, what: str, way_on: str = "", line: int = 0, **parts: Any
    ) -> None:
        super().__init__(
            "eligibility.rule", N_("{place}：{what}"),
            {"place": place, "what": worded(what, **parts)}, (place,),
            worded(way_on or AS_SHIPPED, **parts),
        )  # fmt: skip
        self.line = line


class RowRefused(Refused):
    """A row of enterprises says something that cannot be read; the row and the field are named."""

    def __init__(self, place: str, field: str, what: str, way_on: str = "", **parts: Any) -> None:
        super().__init__(
            "eligibility.row", N_("{place}，{field}：{what}"),
            {"place": place, "field": field, "what": worded(what, **parts)}, (field,),
            worded(way_on or MEND, **parts),
        )  # fmt: skip


def near_or_all(near: Sequence[str], known: Iterable[Any]) -> Said:
    """What was probably meant; else what there is."""
    if near:
        return worded(N_("是不是 {near}？"), near=near[0])
    return worded(N_("可用：{names}"), names=[str(one) for one in known])
