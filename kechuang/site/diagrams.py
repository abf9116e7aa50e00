"""The tables of states as one page of the documents: what is shown is what the code asks.

    python -m kechuang.site.diagrams write   writes docs/reference/states.md
    python -m kechuang.site.diagrams check   fails where the page is behind the tables
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from kechuang.base.states import StateTable, Transition

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"
HEAD = """# States: who may move what, and when

Drawn from the tables in the code by `python -m kechuang.site.diagrams write`; `make check` refuses
this page when it is behind them. Every move asks its table: an event that no row names does not
happen. `–` stands for what has not begun; where no state follows, it stays.
"""
NOTHING = "–"


def tables() -> list[StateTable]:
    """Every table, in the order of the line from a need to an award."""
    from kechuang.challenges.rules import bids, racing, table
    from kechuang.cultivation.rules.candidates import TABLE as CANDIDATES
    from kechuang.needs.rules import TABLE as NEEDS
    from kechuang.notices.rules import NOTICE_TABLE, OBJECTION_TABLE
    from kechuang.reviews.rules import DRAW_TABLE, PANEL_TABLE, REVIEW_TABLE, SEAT_TABLE

    return [
        NEEDS, table.TABLE, bids.TABLE, DRAW_TABLE, PANEL_TABLE, SEAT_TABLE, REVIEW_TABLE,
        NOTICE_TABLE, OBJECTION_TABLE, racing.GATE_TABLE, CANDIDATES,
    ]


def page() -> str:
    """The whole page, as it must stand in docs."""
    return HEAD + "".join(f"\n{section(one)}" for one in tables())


def section(table: StateTable) -> str:
    """One thing: its states, its picture, its rows."""
    states = "、".join(f"{name} `{state}`" for state, name in table.names.items())
    return "\n".join([
        f"## {table.code.capitalize()} {table.title}", "", states, "",
        "```mermaid", "stateDiagram-v2", *_picture(table), "```", "",
        "| from | event | to | who | guard |", "|---|---|---|---|---|",
        *(_line(table, one) for one in table.rows), "",
    ])


def _picture(table: StateTable) -> Iterator[str]:
    """The moves alone, events between the same two states on one arrow."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for one in table.rows:
        if one.to is None:
            continue
        for state in _ordered(table, one):
            arrows.setdefault((state or "[*]", one.to), []).append(one.event)
    for (since, to), events in arrows.items():
        yield f"    {since} --> {to}: {', '.join(dict.fromkeys(events))}"
    left = {since for since, _to in arrows}
    yield from (f"    {state} --> [*]" for state in map(str, table.names) if state not in left)


def _ordered(table: StateTable, one: Transition) -> list[str]:
    """The starting states of a row in the order of a life."""
    order = ["", *map(str, table.names)]
    return sorted(map(str, one.since), key=order.index)


def _line(table: StateTable, one: Transition) -> str:
    since = ", ".join(state or NOTHING for state in _ordered(table, one))
    return f"| {since} | {one.event} | {one.to or ''} | {one.who} | {one.guard} |"


def main(verb: str) -> int:
    """Write the page, or say whether it is behind."""
    if verb == "write":
        PAGE.write_text(page(), encoding="utf-8")
        return 0
    if not PAGE.exists() or PAGE.read_text(encoding="utf-8") != page():
        print(f"{PAGE.name} is behind the tables: python -m kechuang.site.diagrams write")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else "check"))
