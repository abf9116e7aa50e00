"""Every page, as every role, at two widths and in two languages: no flaw, no console error."""

import os

import pytest

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

from django.urls import Resolver404, resolve

from tests.journeys.visitor import Visitor

ROLES = (
    "公众", "单位填报人", "单位管理员", "团队成员", "专家", "联络员", "科技局经办", "部门负责人",
    "财务审核人", "拨付人", "监督", "平台管理员",
)  # fmt: skip
MOST_PAGES_PER_ROLE = 60
# A page that one role has shown to be sound is not opened again by the next; what is new to it is.
SEEN: set[str] = set()
ALWAYS = {"home", "work"}


def _name_of(address: str) -> str:
    """The name of a page, whichever object it shows and in whichever language."""
    try:
        return resolve(address.removeprefix("/en")).url_name or address
    except Resolver404:
        return address


def _walk(visitor: Visitor, seen: set[str], english: bool = False) -> list[str]:
    """Open one page of every kind that links of a language lead to, and collect what is wrong."""
    flaws: list[str] = []
    seen -= ALWAYS
    prefix = "/en" if english else ""
    waiting = [f"{prefix}/", f"{prefix}/work/", f"{prefix}/help/"]
    opened = 0
    while waiting and opened < MOST_PAGES_PER_ROLE:
        address = waiting.pop(0)
        name = _name_of(address)
        if name in seen or address.startswith("/en/") != english:
            continue
        seen.add(name)
        answer = visitor.open(address)
        opened += 1
        if answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
            continue
        flaws += visitor.flaws()
        waiting += sorted(link for link in visitor.links() if _name_of(link) not in seen)
    return flaws


@pytest.mark.parametrize("role", ROLES)
def test_every_page_of_a_role_is_sound(city, chromium, role):
    visitor = Visitor(chromium, city, inspects=True)
    try:
        if role != "公众":
            visitor.become(role)
        assert _walk(visitor, SEEN) == []
        assert visitor.errors == []
    finally:
        visitor.close()


def test_english_pages_are_sound_and_speak_english(city, chromium):
    visitor = Visitor(chromium, city, inspects=True)
    try:
        visitor.become("科技局经办")
        assert _walk(visitor, set(), english=True) == []
        visitor.open("/en/")
        navigation = visitor.page.locator("nav.kc-nav").inner_text()
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in navigation)
        assert visitor.errors == []
    finally:
        visitor.close()
