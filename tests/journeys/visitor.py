"""A person at the browser: takes a role, opens pages, and notices what is wrong with them."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
AXE = ROOT / "node_modules/axe-core/axe.min.js"
WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = (1280, 390)
# What axe finds now, and by how much the page is wider than the window.
LOOK = """async tags => {
    const found = await axe.run(document, {
        runOnly: {type: 'tag', values: tags}, resultTypes: ['violations'],
    });
    const flaws = found.violations.map(one => `${one.id}: ${one.nodes[0].html.slice(0, 160)}`);
    const wide = document.documentElement.scrollWidth - innerWidth;
    return wide > 0 ? [...flaws, `scrolls sideways by ${wide} px`] : flaws;
}"""
FILES = r"\.(csv|pdf|json|yaml|xlsx|docx|txt)$|/(download|files?|attachments|evidence)/"
NOT_PAGES = re.compile(rf"{FILES}|/(logout|static|api)/")


@dataclass
class Visitor:
    """One browser context of one person; every console error is kept."""

    browser: Any
    city: str
    inspects: bool = False
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context = self.browser.new_context(
            viewport={"width": WIDTHS[0], "height": 900}, bypass_csp=False, locale="zh-CN"
        )
        if self.inspects:
            self.context.add_init_script(path=AXE)
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.errors.append(f"{self.page.url}: {error}"))

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "status of 4" not in message.text:
            self.errors.append(f"{self.page.url}: {message.text}")

    def become(self, role: str) -> "Visitor":
        """Take the first appointment of a role by the demonstration's switcher."""
        self.open("/demo/switch/")
        heading = self.page.get_by_role("heading", name=role, exact=True)
        self._take(self.page.locator("section", has=heading).get_by_role("button").first)
        return self

    def become_person(self, name: str) -> "Visitor":
        """Take the appointment of a person by the demonstration's switcher."""
        self.open("/demo/switch/")
        self._take(self.page.get_by_role("button", name=re.compile(name)).first)
        return self

    def _take(self, button: Any) -> None:
        with self.page.expect_navigation():
            button.click()

    def open(self, address: str) -> Any:
        """Open an address of the city; a server error fails at once."""
        answer = self.page.goto(self.city + address if address.startswith("/") else address)
        assert answer is not None and answer.status < 500, (address, answer and answer.status)
        return answer

    def links(self) -> set[str]:
        """The addresses of this city that the page links to, without query and fragment."""
        hrefs = self.page.eval_on_selector_all("a[href]", "all => all.map(one => one.href)")
        inside = [urlsplit(href) for href in hrefs if href.startswith(self.city)]
        return {part.path for part in inside if not NOT_PAGES.search(part.path)}

    def flaws(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA at both widths, and scrolling sideways."""
        rows = []
        for width in WIDTHS:
            self.page.set_viewport_size({"width": width, "height": 900})
            found = self.page.evaluate(LOOK, WCAG)
            rows += [f"{self.page.url} [{width}] {flaw}" for flaw in found]
        self.page.set_viewport_size({"width": WIDTHS[0], "height": 900})
        return rows

    def close(self) -> None:
        self.context.close()
