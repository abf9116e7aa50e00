"""A bid that the platform cannot read: written, locked, sealed and opened in real browsers, the
price after the scores."""

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

import pytest
from django.db import connection

from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid, PriceOpening
from kechuang.challenges.rules.form import FieldFacts
from kechuang.engines import sealing
from tests.challenges import custody_stages as custody
from tests.challenges import stages
from tests.journeys.desk import Desk
from tests.world import Member, World, build_world

WORDS = "竹 石 雲 舟 一二三"
MARKER = "只有保管人能打开"
ASKED = [
    FieldFacts("SITE", "要不要条件", "YES_NO", is_required=True),
    FieldFacts("WHAT", "要什么", "TEXT", is_required=True, when_code="SITE", when_value="yes"),
    FieldFacts("COST", "单件成本", "AMOUNT"),
]  # fmt: skip


@pytest.fixture
def line(transactional_db: Any, at: Any, monkeypatch: Any) -> Any:
    """A draft fit for argument, whose custodians are named and have no keys yet."""
    world = build_world(at)

    def prepare(line: Any) -> None:
        asked = actions.Draft(form=ASKED)
        actions.save_draft(challenge=line.challenge, draft=asked, by=world.officer.actor, at=at)
        people = [one.person for one in custody.keepers(world)]
        actions.name_custodians(challenge=line.challenge, needed=2, people=people,
                                two_envelopes=True, by=world.officer.actor, at=at)

    found = stages.written(world, at, 1, prepare)
    monkeypatch.setattr("kechuang.doors.clock.now", lambda: found.at)
    return found


def _keys(desks: Any, line: Any) -> list[Path]:
    """Each custodian makes the own key in the browser, keeps the file, and registers."""
    files = []
    for keeper in custody.keepers(line.world):
        desk = desks(keeper)
        page = desk.open(f"/challenges/{line.challenge.number}/custodians/")
        file = desk.saved(page.get_by_role("button", name="在这台电脑上生成密钥").click)
        page.get_by_role("button", name="登记公钥").click()
        page.wait_for_selector("text=记录")
        kept = file.rename(file.with_name(f"{keeper.person.number}.json"))
        files.append(kept)
        told = json.loads(kept.read_text())
        row = queries.custodian_of(line.challenge, keeper.person.number)
        assert (row.public, len(told["private"])) == (told["public"], 64)
    return files


def _open(line: Any) -> None:
    """Argued, authorised, open to bids."""
    world = line.world
    actions.send_to_argument(
        challenge=line.challenge, lead=world.expert1.person, by=world.officer.actor, at=line.at,
        experts=[one.person for one in (world.expert1, world.expert2, world.expert3)],
    )
    for expert in (world.expert2, world.expert3, world.expert1):
        actions.argue(challenge=line.challenge, verdict="PASS", opinion="同意。",
                      by=expert.actor, at=line.at)
    funds = stages.budget_line(world, line.at)
    actions.authorise(challenge=line.challenge, line=funds, by=world.head.actor, at=line.at)
    line.at = line.fresh().opens_at
    actions.open_challenge(challenge=line.challenge, by=custody.Actor.CLOCK, at=line.at)
    line.fresh()


def _write(page: Any, line: Any, *, asked: bool = True) -> None:
    """Fill the form that is never sent; `asked` where the call has a form of its own."""
    for name, text in (("title", f"整圈锻造 {MARKER}"), ("summary", f"三步 {MARKER}"),
                       ("route", f"无软带淬火 {MARKER}")):
        page.fill(f"[name={name}]", text)
    for place in range(line.challenge.targets.count()):
        page.fill(f"[name=commitments-{place}-value]", f"达到 {MARKER}")
    due = (line.challenge.deadline_at + timedelta(days=200)).date().isoformat()
    for name, text in (("title", "样件"), ("due", due), ("evidence", "报告"),
                       ("public_fen", "2400")):
        page.fill(f"[name=milestones-0-{name}]", text)
    for name, text in (("total", "9000"), ("public", "3000"), ("own", "6000"),
                       ("signing", "600")):
        page.fill(f"[name={name}_fen]", text)
    page.check("[name=other_public][value=no]")
    if not asked:
        return
    assert page.locator("[name=answers-WHAT]").is_hidden()
    page.check("[name=answers-SITE][value=yes]")
    page.fill("[name=answers-WHAT]", f"台架 {MARKER}")
    page.fill("[name=answers-COST]", "12.5")


def _seal(desks: Any, line: Any) -> Bid:
    """Written, locked as a draft, opened again on a fresh page, sealed with a file, handed in."""
    writer = line.world.member
    desk = desks(writer)
    page = desk.open(f"/challenges/{line.challenge.number}/bids/new/")
    page.get_by_role("button", name="开始起草").click()
    page.wait_for_url("**/seal/")
    page.get_by_role("button", name="密封并交件").click()
    missing = page.locator("[data-problems]").inner_text()
    assert "方案名称还没有写" in missing and "“要不要条件”还没有填" in missing
    assert "要什么" not in missing
    _write(page, line)
    page.fill("[name=words]", WORDS)
    page.get_by_role("button", name="加锁保存草稿").click()
    page.wait_for_selector("text=草稿已加锁保存")
    page.reload()
    assert page.input_value("[name=title]") == ""
    page.fill("[name=words]", WORDS + "错")
    page.get_by_role("button", name="打开加锁的草稿").click()
    page.wait_for_selector("text=口令不对")
    page.fill("[name=words]", WORDS)
    page.get_by_role("button", name="打开加锁的草稿").click()
    page.wait_for_selector("text=草稿已打开")
    assert page.input_value("[name=milestones-0-public_fen]") == "2400"
    drawing = desk.folder / f"图纸 {MARKER}.pdf"
    drawing.write_bytes(custody.FILE)
    page.set_input_files("[name=files]", str(drawing))
    told = desk.saved(page.get_by_role("button", name="密封并交件").click)
    receipts = json.loads(told.read_text())
    page.wait_for_url(f"**/bids/{Bid.objects.get().number}/")
    bid = Bid.objects.get()
    sealed = [one.sha256 for one in queries.envelopes_of(bid)]
    assert sealed == [one["envelope"] for one in receipts]
    assert [one["part"] for one in receipts] == ["technical", "price"]
    assert receipts[0]["custodians"][0]["name"] == line.world.supervisor.person.name
    actions.sign_bid(bid=bid, by=line.world.research_admin.actor, at=line.after(hours=1))
    actions.submit_bid(bid=bid, by=writer.actor, at=line.after(hours=1))
    return bid


def _nowhere(word: str) -> list[str]:
    """The tables in which a word stands in clear."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT count(*) FROM "{table}" t WHERE t::text LIKE %s', [f"%{word}%"])
            if cursor.fetchone()[0]:
                found.append(table)
    return found


def _give(desks: Any, line: Any, keeper: Member, key: Path, *, early: bool = False) -> None:
    desk = desks(keeper)
    at = line.challenge.deadline_at - timedelta(hours=1) if early else line.at
    page = desk.open(f"/challenges/{line.challenge.number}/shares/", at)
    page.set_input_files("#key", str(key))
    page.get_by_role("button", name="核对并交份额").click()
    page.wait_for_selector("text=截止时间还没有到" if early else "text=您的份额已交")


def _open_all(desks: Any, line: Any, keys: dict[int, Path], *, early: bool = False) -> None:
    """The officer begins a session, custodians give their shares, everything is opened."""
    officer = desks(line.world.officer)
    page = officer.open(f"/challenges/{line.challenge.number}/session/", line.at)
    session = officer.saved(page.get_by_role("button", name="在这台电脑上生成密钥").click)
    page.get_by_role("button", name="开始开标会").click()
    page.wait_for_selector("text=开封全部方案")
    keepers = custody.keepers(line.world)
    for place, key in keys.items():
        if early:
            _give(desks, line, keepers[place], key, early=True)
        _give(desks, line, keepers[place], key)
        early = False
    if line.fresh().state == "CLOSED":
        assert _nowhere(MARKER) == []
    page.reload()
    page.set_input_files("#key", str(session))
    page.get_by_role("button", name="开封全部方案").click()
    page.wait_for_url("**/bids/")


@pytest.fixture
def kept() -> dict[str, Desk]:
    """Everybody's browser, by person."""
    return {}


@pytest.fixture
def desks(live_server: Any, chromium: Any, tmp_path: Path, kept: dict[str, Desk]) -> Any:
    def desk_of(member: Member) -> Desk:
        number = member.person.number
        if number not in kept:
            kept[number] = Desk(chromium, live_server.url, member, tmp_path)
        return kept[number]

    return desk_of


def test_sealed_in_one_browser_and_opened_by_two_custodians(line, desks, kept):
    world: World = line.world
    files = _keys(desks, line)
    actions.consent_to_challenge(challenge=line.challenge, by=world.unit_admin.actor, at=line.at)
    _open(line)
    bid = _seal(desks, line)
    assert _nowhere(MARKER) == []
    custody.closed(line)
    keepers = custody.keepers(world)
    _open_all(desks, line, {1: files[1], 2: files[2]}, early=True)
    bid.refresh_from_db()
    content = queries.sealed_content_of(bid)
    assert (bid.state, content["title"]) == ("OPENED", f"整圈锻造 {MARKER}")
    assert content["answers"] == {"SITE": "yes", "WHAT": f"台架 {MARKER}",
                                  "COST": 12_500_000}
    assert not any(content["budget"].values())
    (file,) = content["attachments"]
    assert queries.attachment_bytes(bid, file["number"]) == custody.FILE
    (row,) = json.loads(queries.opening_of(line.challenge).minutes)["bids"]
    assert row["shares_of"] == [one.person.name for one in keepers[1:]]
    line.bids.append(bid)
    line.fresh()
    stages.judged(stages.admitted(line))
    _open_all(desks, line, {0: files[0], 2: files[2]})
    content = queries.sealed_content_of(Bid.objects.get())
    assert content["budget"]["total_fen"] == 9000 * stages.WAN
    assert [one["public_fen"] for one in content["milestones"]] == [2400 * stages.WAN]
    assert PriceOpening.objects.get().challenge.number == line.challenge.number
    assert [error for desk in kept.values() for error in desk.errors] == []


@pytest.fixture
def gm(transactional_db: Any, at: Any, monkeypatch: Any) -> Any:
    """A call in profile gm, open to bids, whose custodians have their keys as files."""
    found = custody.opened(build_world(at), at, profile="gm")
    monkeypatch.setattr("kechuang.doors.clock.now", lambda: found.at)
    return found


def test_a_bid_sealed_by_sm3_and_sm4_in_the_browser_is_opened_by_two_custodians(
    gm, desks, kept, tmp_path
):
    desk = desks(gm.world.member)
    page = desk.open(f"/challenges/{gm.challenge.number}/bids/new/")
    page.get_by_role("button", name="开始起草").click()
    page.wait_for_url("**/seal/")
    _write(page, gm, asked=False)
    told = json.loads(desk.saved(page.get_by_role("button", name="密封并交件").click).read_text())
    bid = Bid.objects.select_related("challenge").get()
    page.wait_for_url(f"**/bids/{bid.number}/")
    assert f"sm3:{told['envelope']}" in page.inner_text("main")
    own = sealing.receipt_of(
        bytes(bid.envelope.file), sealing.call_from(queries.published_call(gm.challenge))
    )
    assert (told, told["profile"]) == (own, "gm")
    assert _nowhere(MARKER) == []
    actions.sign_bid(bid=bid, by=gm.world.research_admin.actor, at=gm.after(hours=1))
    actions.submit_bid(bid=bid, by=gm.world.member.actor, at=gm.after(hours=1))
    custody.closed(gm)
    keys = {}
    for place in (0, 1):
        keys[place] = tmp_path / f"{place}.json"
        keys[place].write_text(json.dumps({"private": custody.private_of(place).hex()}))
    _open_all(desks, gm, keys)
    assert queries.sealed_content_of(Bid.objects.get())["title"] == f"整圈锻造 {MARKER}"
    (row,) = json.loads(queries.opening_of(gm.challenge).minutes)["bids"]
    assert row["sm3"] == told["envelope"]
    assert [error for desk in kept.values() for error in desk.errors] == []
