"""One row of a person's work list: what, who holds it, since when, until when, where to act."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Matter:
    """Something that waits.

    `task` and `button` are marked texts (N_) that the page translates; `holder` is a ready text
    (names and office); `mine` says that this reader can act now; `until` is None without a limit.
    """

    number: str
    title: str
    task: str
    holder: str
    mine: bool
    since: datetime
    until: datetime | None
    url: str
    button: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def shown_number(self) -> str:
        """The number as people read it; nothing where it is the code of an indicator.

        Numbers are written in capitals, codes are not.
        """
        return self.number if self.number == self.number.upper() else ""

    def is_overdue(self, at: datetime) -> bool:
        return self.until is not None and at >= self.until
