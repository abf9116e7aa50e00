"""A team member renders a frame by clicks: form, quotes, choice, and the picture in the browser."""

import pytest

from tests.journeys.visitor import Visitor

WIDTH, HEIGHT = 320, 180
RENDERED_WITHIN_MS = 60_000


@pytest.fixture
def member(chromium, city):
    visitor = Visitor(chromium, city, inspects=True)
    yield visitor.become_person("沈知远")
    visitor.close()


def test_a_frame_is_rendered_on_this_machine_and_shown(member):
    page = member.page
    member.open("/jobs/new/?template=frame")
    page.get_by_label("宽").fill(str(WIDTH))
    page.get_by_label("高").fill(str(HEIGHT))
    with page.expect_navigation():
        page.get_by_role("button", name="请各中心报价").click()
    assert member.flaws() == []
    with page.expect_navigation():
        page.get_by_role("button", name="提交到").first.click()
    picture = page.locator("main img").first
    picture.wait_for(state="visible", timeout=RENDERED_WITHIN_MS)
    size = picture.evaluate("one => one.decode().then(() => [one.naturalWidth, one.naturalHeight])")
    assert size == [WIDTH, HEIGHT]
    assert "已完成" in page.locator("main").inner_text()
    assert member.flaws() == []
    assert member.errors == []
