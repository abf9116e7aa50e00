"""One member of the tests' world at a browser, at an instant of the line's."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.test import Client

from tests.conftest import BACKEND
from tests.world import Member


class Desk:
    """One person's browser, signed in, at an instant of the line's."""

    def __init__(self, chromium: Any, url: str, member: Member, folder: Path) -> None:
        self.url, self.folder, self.errors = url, folder, []
        client = Client()
        client.force_login(member.account, backend=BACKEND)
        session = client.session
        session["appointment"] = member.appointment.number
        session.save()
        self.context = chromium.new_context(accept_downloads=True, locale="zh-CN")
        self.context.add_cookies([
            {"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": url}
        ])  # fmt: skip
        self.page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str, at: Any = None) -> Any:
        if at is not None:
            self.page.clock.set_fixed_time(at)
        answer = self.page.goto(self.url + path)
        assert answer.status == 200, (path, answer.status)
        return self.page

    def saved(self, act: Any) -> Path:
        """The file that an act downloads."""
        with self.page.expect_download() as waiting:
            act()
        path = self.folder / waiting.value.suggested_filename
        waiting.value.save_as(path)
        return path

    def submit(self, button: str) -> str:
        """Press a button of the main part and wait for the page after it; gives where one is."""
        with self.page.expect_navigation():
            self.page.locator("main").get_by_role("button", name=button, exact=True).click()
        return str(self.page.url)
