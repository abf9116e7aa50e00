"""The four sister modes in a real browser, from need to agreement: what is theirs by clicks.

What all modes share (need, argument, bids, panel), and all of the open challenge, is walked by
clicks in test_line_by_clicks; here the line's actions bring each call to the pages that only its
mode has.
"""

import os
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import pytest

from kechuang.base.actor import Actor
from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid, Gate
from kechuang.notices.models import Notice
from tests.challenges import mode_stages, stages
from tests.journeys.desk import Desk
from tests.world import Member, World, build_world


class Office:
    """Everybody at an own browser, and the call they work on."""

    def __init__(self, chromium: Any, url: str, world: World, folder: Path) -> None:
        self.chromium, self.url, self.world, self.folder = chromium, url, world, folder
        self.desks: dict[str, Desk] = {}
        self.line: stages.Line | None = None

    def __call__(self, member: Member, path: str) -> Any:
        """A member's page of the call."""
        number = member.person.number
        if number not in self.desks:
            self.desks[number] = Desk(self.chromium, self.url, member, self.folder)
        return self.desks[number].open(f"/challenges/{self.line.challenge.number}/{path}")

    def press(self, member: Member, button: str) -> None:
        self.desks[member.person.number].submit(button)
        self.line.after(hours=1)

    def approve(self, note: str) -> None:
        """Finance, then the head, sign on their pages."""
        for member in (self.world.finance, self.world.head):
            self(member, "approve/").fill("[name=note]", note)
            self.press(member, "同意")

    def award(self) -> list[Any]:
        """The notices run out; the head awards on the page; all agreements are signed."""
        self.line.at = max(one.ends_at for one in stages.notices_of(self.line))
        self(self.world.head, "award/")
        self.press(self.world.head, "确定立项")
        self.line.fresh()
        return mode_stages.sign_all(self.line)


@pytest.fixture
def office(transactional_db, at, monkeypatch, chromium, live_server, tmp_path):
    world = build_world(at)
    found = Office(chromium, live_server.url, world, tmp_path)
    monkeypatch.setattr("kechuang.doors.clock.now", lambda: found.line.at if found.line else at)
    yield found
    assert [error for desk in found.desks.values() for error in desk.errors] == []
    for desk in found.desks.values():
        desk.context.close()


def test_four_modes_from_need_to_agreement(office, at, monkeypatch):
    walks = {"DIRECT": _direct, "COMPETITIVE": _competitive, "RACE": _race, "MERIT": _merit}
    stages.budget_line(office.world, at, wan=15_000)
    for mode, walk in walks.items():
        monkeypatch.setattr(stages, "MODE", mode)
        walk(office, at)


def _direct(office, at):
    """The officer names the unit and says why; a meeting decides; the notice says so."""
    world = office.world
    office.line = line = stages.written(world, at, 1)
    why = f"{stages.WHY}比对表随附。"
    page = office(world.officer, "edit/")
    page.fill("[name=invited]", world.institute.code)
    page.fill("[name=invited_reason]", why)
    office.press(world.officer, "保存草稿")
    line.fresh()
    assert (line.challenge.invited, line.challenge.invited_reason) == (world.institute, why)
    office.line = stages.deciding(world, at, 2)
    [bid] = office.line.bids
    page = office(world.officer, "propose/")
    page.fill("[name=reason]", "只有一家具备条件，评审 85 分。")
    office.press(world.officer, "提出拟立项")
    office.approve("11 月 20 日局务会，八人到会，一致同意。")
    page = office(world.head, "")
    assert stages.WHY in page.inner_text("main")
    notice = Notice.objects.get(subject_number=office.line.challenge.number)
    assert ["委托理由", stages.WHY] in notice.facts
    [project] = office.award()
    assert (project.state, Bid.objects.get(pk=bid.pk).state) == ("ACTIVE", "CONTRACTED")


def _competitive(office, at):
    """The ranking shows its line; two are proposed together and get a notice each."""
    world = office.world
    office.line = stages.deciding(world, at, 3)
    page = office(world.officer, "ranking/")
    shown = page.inner_text("main")
    assert all(words in shown for words in ("线上", "线下：预算已用完", "4,500 万元"))
    page.get_by_role("link", name="提出拟立项").click()
    page.wait_for_url("**/propose/")
    page.fill("[name=reason]", "按名次到预算用完。")
    office.press(world.officer, "提出拟立项")
    office.approve("同意")
    shown = office(world.officer, "").inner_text("main")
    assert all(words in shown for words in (world.university.name, world.institute.name))
    projects = office.award()
    assert [one.state for one in projects] == ["ACTIVE", "ACTIVE"]
    assert office.line.fresh().state == "RUNNING"


def _race(office, at):
    """Three start; the chair compares, the head decides: one goes on with another in its team."""
    world = office.world
    office.line = line = stages.deciding(world, at, 4)
    page = office(world.officer, "propose/")
    page.fill("[name=reason]", "前三名同时起跑。")
    office.press(world.officer, "提出拟立项")
    office.approve("同意")
    office.award()
    Gate.objects.update(due_date=line.at.date())
    actions.open_gate(challenge=line.challenge, by=Actor.CLOCK, at=line.at)
    first, second, third = (bid.number for bid in line.bids)
    page = office(world.expert4, "gates/1/")
    page.get_by_role("link", name="签署赛段比较").click()
    page.wait_for_url("**/compare/")
    page.check(f"[name='{first}-verdict'][value=CONTINUE]")
    page.check(f"[name='{second}-verdict'][value=MERGE]")
    page.select_option(f"[name='{second}-into']", first)
    page.check(f"[name='{third}-verdict'][value=STOP]")
    for number, why in ((first, "领先"), (second, "路线互补，并入第一队"), (third, "未启动")):
        page.fill(f"[name='{number}-reason']", why)
    page.fill("[name=opinion]", "同一冷舱、同一工况谱比较。")
    office.press(world.expert4, "签署比较意见")
    page = office(world.head, "gates/1/decide/")
    assert world.institute.name in page.inner_text("main")
    page.fill("[name=reason]", "同意组长意见。")
    office.press(world.head, "同意并决定")
    assert [Bid.objects.get(number=one).state for one in (first, second, third)] == [
        "CONTRACTED", "MERGED", "STOPPED"]
    shown = office(world.officer, "").inner_text("main")
    assert all(words in shown for words in ("并入另一队", "止于本赛段"))
    going = queries.projects_of(line.fresh()).get(ended_at__isnull=True)
    going = mode_stages.sign(line, going)
    members = sorted(one.organisation.name for one in going.members.all())
    assert (going.state, members) == (
        "ACTIVE", sorted([world.university.name, world.institute.name]))


def _merit(office, at):
    """The poser chooses nobody; the office finds but the first of the ranking to propose."""
    world = office.world
    office.line = stages.deciding(world, at, 5)
    first, second = (bid.number for bid in office.line.bids)
    assert "选定揭榜方" not in office(world.unit_admin, "").inner_text("main")
    page = office(world.officer, "propose/")
    offered = page.eval_on_selector_all(
        "[name=bid], [name=bid] option", "all => all.map(one => one.value)"
    )
    assert (first in offered, second in offered) == (True, False)
    page.fill("[name=reason]", "评审第一名，85 分。")
    office.press(world.officer, "提出拟立项")
    office.approve("同意")
    assert world.university.name in office(world.officer, "").inner_text("main")
    [project] = office.award()
    states = [Bid.objects.get(number=one).state for one in (first, second)]
    assert (project.state, states[0]) == ("ACTIVE", "CONTRACTED")
    assert states[1] != "CONTRACTED"
