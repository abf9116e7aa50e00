"""An officer brings a spreadsheet by clicks: twelve errors named, then mended, shown, confirmed."""

import pytest

from tests.journeys.visitor import Visitor
from tests.site import sheets

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def officer(chromium, city):
    visitor = Visitor(chromium, city, inspects=True)
    yield visitor.become("科技局经办")
    visitor.close()


def choose(officer: Visitor, content: bytes) -> None:
    """Put a file into the form and send it."""
    file = {"name": "单位.xlsx", "mimeType": XLSX, "buffer": content}
    officer.page.locator("input[type=file]").set_input_files(files=[file])
    with officer.page.expect_navigation():
        officer.page.get_by_role("button", name="检查这张表").click()


def test_a_sheet_with_twelve_errors_is_mended_and_brought_in(officer):
    content, planted = sheets.units_with_errors()
    officer.open("/organisations/")
    officer.page.get_by_role("link", name="导入单位名录").click()
    choose(officer, content)
    assert officer.page.get_by_role("alert").inner_text().startswith("这张表有 12 处问题")
    rows = officer.page.get_by_role("table", name="问题清单").locator("tbody tr")
    assert rows.count() == len(planted)
    for place, (row, column, _code) in enumerate(planted):
        said = rows.nth(place).inner_text()
        assert f"第 {row} 行" in said and column in said
    assert officer.flaws() == []
    choose(officer, sheets.units_mended())
    assert "12 行，没有问题，还没有写入" in officer.page.get_by_role("status").first.inner_text()
    assert officer.flaws() == []
    with officer.page.expect_navigation():
        officer.page.get_by_role("button", name="确认导入").click()
    assert "已导入：新增 12 条" in officer.page.content()
    officer.open("/organisations/?q=示例铸造13号")
    assert officer.page.get_by_role("link", name="示例铸造13号有限公司").count() == 1
    assert officer.errors == []
