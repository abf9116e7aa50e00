"""What the engine refuses: a rule that does not hold together, a row that cannot be read."""

from kechuang.base.refusals import N_, Refused


class RuleRefused(Refused):
    """A rule set says something that cannot be meant; the place and the way on are named."""

    def __init__(self, place: str, what: str, way_on: str = "") -> None:
        super().__init__(
            "eligibility.rule", N_("{place}：{what}"), {"place": place, "what": what},
            (place,), way_on,
        )  # fmt: skip


class RowRefused(Refused):
    """A row of enterprises says something that cannot be read; the row and the field are named."""

    def __init__(self, place: str, field: str, what: str, way_on: str = "") -> None:
        super().__init__(
            "eligibility.row", N_("{place}，{field}：{what}"),
            {"place": place, "field": field, "what": what}, (field,), way_on,
        )  # fmt: skip
