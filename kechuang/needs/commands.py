"""Commands of the needs: a sheet read, tried and brought in; and its template."""

from datetime import datetime
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.doors.sheets import Importer, Problem, Sheet
from kechuang.needs import actions
from kechuang.needs.rules.rows import ALIASES, COLUMNS, EXAMPLE, HEADS, ImportRefused

COMMAND = Actor(role=Role.CLOCK, via="command")


def read(sheet: Sheet, at: datetime) -> tuple[list[dict[str, Any]], list[Problem]]:
    """The dry run: the rows, and every problem by row and column."""
    return sheet.rows, actions.problems_with_sheet(sheet, by=COMMAND, at=at)


def write(*, sheet: Sheet, by: Actor, at: datetime) -> dict[str, Any]:
    """Bring a sheet in, all or nothing."""
    try:
        done = actions.import_sheet(sheet=sheet, by=by, at=at)
    except ImportRefused as refused:
        problems = [Problem(row, column, one) for row, column, one in refused.problems]
        return {"problems": problems, "new": 0, "updated": 0}
    return {"problems": [], "new": done.created, "updated": done.updated}


importers = [
    Importer(
        kind="needs",
        columns=COLUMNS,
        aliases=ALIASES,
        template=(tuple(HEADS[column] for column in COLUMNS), EXAMPLE),
        read=read,
        write=write,
    )
]
