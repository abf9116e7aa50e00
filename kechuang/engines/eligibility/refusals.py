"""What the engine refuses: a rule that does not hold together, a row that cannot be read."""

from kechuang.base.refusals import N_, Refused

AS_SHIPPED = N_("请对照随软件提供的规则集，改正这一处。")
MEND = N_("请改正这一处；不知道的就空着或不写。")


class RuleRefused(Refused):
    """A rule set says something that cannot be meant; the place and the way on are named.

    `line` is the line of the text where who refuses knows it; else `editing.line_of` looks for it.
    """

    def __init__(self, place: str, what: str, way_on: str = "", line: int = 0) -> None:
        super().__init__(
            "eligibility.rule", N_("{place}：{what}"), {"place": place, "what": what},
            (place,), way_on or AS_SHIPPED,
        )  # fmt: skip
        self.line = line


class RowRefused(Refused):
    """A row of enterprises says something that cannot be read; the row and the field are named."""

    def __init__(self, place: str, field: str, what: str, way_on: str = "") -> None:
        super().__init__(
            "eligibility.row", N_("{place}，{field}：{what}"),
            {"place": place, "field": field, "what": what}, (field,), way_on or MEND,
        )  # fmt: skip
