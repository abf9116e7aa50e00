"""Somebody who walks the line: reads, clicks, types and looks at the own work list."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from tests.journeys.visitor import Visitor


@dataclass(frozen=True)
class Row:
    """One row of a work list, as it is read."""

    number: str
    what: str
    holder: str
    since: str
    until: str
    state: str
    button: Any

    @property
    def mine(self) -> bool:
        return self.holder == "您"

    def concerns(self, task: str, number: str) -> bool:
        """True where the row is of this task, and of this object where one is named."""
        return task in self.what and number in (self.number, "")


class Walker(Visitor):
    """A person with an own browser context; everything is found by the words on the page."""

    name: str = ""

    def shows(self, *words: str) -> "Walker":
        """These words stand on the page."""
        text = self.text()
        missing = [word for word in words if word not in text]
        assert missing == [], f"{self.name} at {self.page.url}: {missing} not in\n{text[:3000]}"
        return self

    def hides(self, *words: str) -> None:
        """None of these words stands on the page."""
        text = self.text()
        found = [word for word in words if word in text]
        assert found == [], f"{self.name} at {self.page.url} reads {found}"

    def text(self) -> str:
        return str(self.page.locator("main").inner_text())

    def source_of(self, address: str) -> str:
        """A page as it was sent, without showing it."""
        return str(self.context.request.get(self.city + address).text())

    def shows_at(self, address: str, *words: str) -> None:
        self.open(address)
        self.shows(*words)

    def cannot_open(self, address: str) -> None:
        """The page is not there for this person: hidden and missing look the same.

        Who has not signed in is sent to do so, whether there is such a page or not.
        """
        answer = self.context.request.get(self.city + address, max_redirects=0)
        hidden = answer.status == 404 or "/account/login/" in answer.headers.get("location", "")
        assert hidden, f"{self.name} got {answer.status} at {address}"

    def follow(self, words: str) -> "Walker":
        """Click the link of these words in the page."""
        link = self.page.locator("main").get_by_role("link", name=words).first
        self._go(link, words)
        return self

    def follow_at(self, row: str, words: str) -> "Walker":
        """Click a link in the row of a table that says these words."""
        cells = self.page.locator("main tr", has_text=row)
        self._go(cells.get_by_role("link", name=words).last, words)
        return self

    def evidence_at(self, row: str, words: str) -> str:
        """Open the evidence of a figure in its drawer, and read it."""
        cells = self.page.locator("main tr", has_text=row)
        cells.get_by_role("link", name=words).last.click()
        drawer = self.page.locator("dialog.kc-drawer[open]")
        drawer.wait_for()
        return str(drawer.inner_text())

    def press(self, words: str, refused: bool = False) -> "Walker":
        """Press the button of these words; where a refusal is expected, it must come."""
        button = self.page.locator("main").get_by_role("button", name=words, exact=True)
        self._go(button.first, words, 422 if refused else 200)
        return self

    def press_in(self, part: Any, words: str) -> "Walker":
        """Press a button of one part of the page, whose name begins with these words."""
        self._go(part.get_by_role("button", name=words).first, words)
        return self

    def _go(self, control: Any, words: str, status: int = 200) -> None:
        assert control.count(), f"{self.name}: no “{words}” on {self.page.url}\n{self.text()}"
        with self.page.expect_navigation() as landed:
            control.click()
        answer = landed.value
        refusal = self.page.locator(".kc-msg.bad")
        said = refusal.first.inner_text() if refusal.count() else ""
        got = answer.status if answer is not None else 200
        assert got == status, f"{self.name}, “{words}” at {self.page.url}: {got} {said}"

    def fill(self, **fields: object) -> "Walker":
        """Type into fields by their names."""
        for name, value in fields.items():
            self.page.locator(f"main [name='{name}']").last.fill(str(value))
        return self

    def value(self, name: str) -> str:
        """What stands in a field."""
        return str(self.page.locator(f"main [name='{name}']").input_value())

    def fill_rows(self, prefix: str, rows: list[dict[str, object]]) -> "Walker":
        """Fill a table of a form row by row; rows that lack are added by its button."""
        for place, row in enumerate(rows):
            first = next(iter(row), "")
            if first and not self.page.locator(f"[name='{prefix}-{place}-{first}']").count():
                self.page.locator(f"[data-add-row='{prefix}']").click()
            for name, value in row.items():
                field = self.page.locator(f"[name='{prefix}-{place}-{name}']")
                if field.evaluate("one => one.tagName") == "SELECT":
                    field.select_option(str(value))
                else:
                    field.fill(str(value))
        return self

    def choose(self, name: str, words: str) -> "Walker":
        """Choose in a select by the words of the choice, or a part of them."""
        select = self.page.locator(f"main select[name='{name}']")
        options = select.locator("option").all_inner_texts()
        found = [one for one in options if words in one]
        assert found, f"{self.name}: “{words}” is not offered in {name}: {options}"
        select.select_option(label=found[0])
        return self

    def tick(self, *words: str) -> "Walker":
        """Tick radios and checkboxes by their labels."""
        for one in words:
            label = self.page.locator("main label").filter(has_text=re.compile(re.escape(one)))
            assert label.count(), f"{self.name}: no “{one}” on {self.page.url}"
            label.first.click()
        return self

    def number(self) -> str:
        """The number in the address of the page."""
        return urlsplit(self.page.url).path.strip("/").split("/")[1]

    def work(self, fits: Callable[[Row], bool]) -> list[Row]:
        """Turn the pages of the work list until rows fit; they are on the page then open."""
        self.open("/work/")
        while True:
            found = [row for row in self._rows() if fits(row)]
            further = self.page.locator("main a[rel='next']")
            if found or not further.count():
                return found
            self._go(further.first, "next")

    def _rows(self) -> list[Row]:
        found = self.page.eval_on_selector_all(
            "table.kc-work tbody tr",
            "rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))",
        )
        buttons = self.page.locator("table.kc-work tbody tr td.kc-do a")
        return [self._row(cells, buttons.nth(place)) for place, cells in enumerate(found)]

    @staticmethod
    def _row(cells: list[str], button: Any) -> Row:
        head, holder, since, _waited, until, state = cells[:6]
        number, _, what = head.partition(" ")
        return Row(number, what, holder, since, until, state, button)

    def waits(self, task: str, number: str = "", due: bool = True) -> Row:
        """The row of the work list for a task that is this person's; since and until are said."""
        found = self.work(lambda row: row.concerns(task, number) and row.mine)
        assert found, f"{self.name} has no “{task}” {number}"
        assert re.search(r"\d+月\d+日", found[0].since), found[0]
        if due:
            assert re.search(r"\d+月\d+日|\d+:\d\d", found[0].until), found[0]
        return found[0]

    def awaits(self, task: str, holder: str, number: str = "") -> Row:
        """The row of the work list for a task that somebody else holds, named."""
        found = self.work(lambda row: row.concerns(task, number) and holder in row.holder)
        assert found, f"{self.name} does not see {holder} at “{task}” {number}"
        return found[0]

    def has_nothing(self, task: str, number: str) -> None:
        """No such row of the work list is this person's to do."""
        found = self.work(lambda row: row.concerns(task, number) and row.mine)
        assert found == [], f"{self.name} still has {found}"

    def take(self, task: str, number: str = "", due: bool = True) -> "Walker":
        """Go by the work list to what is to be done."""
        row = self.waits(task, number, due)
        self._go(row.button, task)
        return self
