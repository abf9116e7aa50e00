"""A benefit that nobody applied for, and a threshold that is looked at before it is changed."""

import os

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import csv
import io

import pytest

from tests.journeys import cast, granting
from tests.journeys.cast import Cast


@pytest.fixture
def people(city, chromium):
    found = Cast(chromium, city)
    yield found
    found.leave()


def test_a_corrected_register_pays_without_application_and_another_takes_back(people):
    _number, code = granting.enterprise_of(people)
    granting.own_page(people, granting.POLICY, "上一年度技术合同累计成交额", "还差")
    granting.return_waiting(people)
    granting.sheet_comes(people, code, 6000, "登记更正之一")
    granting.own_page(people, "不差。按规则应得 20 万元，下一次计算时列入")
    batch = granting.night_proposes(people)
    granting.approve(people, batch)
    granting.pay(people, batch)
    why = "符合全部条件，预算足够，按规则足额。"
    told = granting.own_page(people, "已拨付 20 万元", "已到账", why)
    told.follow(granting.POLICY).shows("钱什么时候到", "拨付单号", "符合")
    granting.sheet_comes(people, code, 4000, "登记更正之二")
    case = granting.reclaim(people)
    told = granting.own_page(people, "已退回", case)
    told.follow(case).shows("企业意见", "更正后不符合条件，全额退回。", "退回时间")
    assert people.errors() == []


def test_an_officer_sees_what_a_threshold_does_before_saving_it(people):
    officer = people(cast.CITY)
    officer.open("/policies/rules/sy-contract-reward/")
    officer.follow("修改参数").follow_at("turnover_over", "改取值")
    officer.shows("5000万元").fill(value="100", reason="试看降低门槛。")
    officer.press("看对全部企业的影响").shows("符合的企业由", "不再符合 0 家", "按地区", "按规模")
    officer.page.locator(".kc-chart canvas").first.wait_for()
    with officer.page.expect_download() as waiting:
        officer.page.get_by_role("button", name="下载有变化的企业").click()
    rows = list(csv.reader(io.StringIO(waiting.value.path().read_text("utf-8-sig"))))
    moves = {(row[2], row[3]) for row in rows[1:]}
    assert moves == {("不符合", "符合")}
    gained = f"新增 {len(rows) - 1} 家"
    officer.shows(gained)
    officer.press("保存草稿").shows("已存为草稿", "由 5000万元 改为 100万元")
    people("").shows_at("/policies/rules/sy-contract-reward/", "5000万元")
    people("").hides("100万元")
    assert people.errors() == []
