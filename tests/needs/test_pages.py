"""The needs' pages: what each reader sees, and every step by its page."""

import json

import pytest

from kechuang.needs import queries
from kechuang.needs.models import Need
from kechuang.needs.rules import State
from kechuang.search.actions import index_documents
from tests.needs.builders import TYPED, accepted_need, drafted, submitted_need, waiting_need

pytestmark = pytest.mark.django_db


def posted(**more):
    said = {key: value for key, value in TYPED.items() if key != "targets"}
    for place, row in enumerate(TYPED["targets"]):
        said |= {f"targets-{place}-{key}": value for key, value in row.items()}
    return said | {"version": "0"} | more


def test_the_public_list_shows_what_is_public_and_no_more(world, at, client):
    shown = accepted_need(world, at)
    redacted = accepted_need(world, at, title="另一条只公开摘要的需求", publication="REDACTED")
    closed = accepted_need(world, at, title="一条不公开的需求", publication="CLOSED")
    text = client.get("/needs/").content.decode()
    assert shown.title in text and redacted.title in text
    assert closed.title not in text
    assert text.count(world.enterprise.name) == 1


def test_a_redacted_need_hides_owner_and_targets_from_the_public(world, at, client):
    need = accepted_need(world, at, publication="REDACTED",
                         body=f"{world.enterprise.name}现用银膏，占模块材料成本一成半，太贵了。")
    page = client.get(f"/needs/{need.number}/").content.decode()
    assert "本单位现用银膏" in page
    for hidden in (world.enterprise.name, "剪切强度", "13800000000", world.filler.person.name):
        assert hidden not in page


def test_a_closed_need_is_404_for_the_public_and_a_rival(world, at, client, client_as):
    need = accepted_need(world, at, publication="CLOSED")
    assert client.get(f"/needs/{need.number}/").status_code == 404
    assert client_as(world.rival_filler).get(f"/needs/{need.number}/").status_code == 404
    assert client_as(world.officer).get(f"/needs/{need.number}/").status_code == 200


def test_the_first_autosave_begins_a_draft_and_gives_its_address(world, at, client_as):
    client = client_as(world.filler)
    answer = client.post("/needs/new/autosave/", posted(title="半句话", budget=""))
    need = Need.objects.get()
    assert answer.json() == {"version": 1, "url": f"/needs/{need.number}/edit/",
                             "autosave": f"/needs/{need.number}/autosave/"}
    assert need.typed["title"] == "半句话"


def test_an_autosave_from_an_older_page_answers_what_stands_there(world, at, client_as):
    need = drafted(world, at)
    client = client_as(world.filler)
    address = f"/needs/{need.number}/autosave/"
    assert client.post(address, posted(title="甲", version="1")).json()["version"] == 2
    answer = client.post(address, posted(title="乙", version="1"))
    assert answer.status_code == 409
    assert (answer.json()["version"], answer.json()["fields"]["title"]) == (2, "甲")


def test_a_form_with_three_errors_names_each_at_its_field(world, at, client_as):
    data = posted(budget="3000000", due="2023-02-28", do="submit", **{"targets-0-value": "较高"})
    answer = client_as(world.filler).post("/needs/new/", data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "有 3 处需要改" in page
    for anchor in ("#id_targets-0-value", "#id_budget", "#id_due"):
        assert f'href="{anchor}"' in page
    assert "改为 300 万元" in page


def test_the_button_mends_the_budget_without_a_script(world, at, client_as):
    data = posted(budget="3000000", do="fix_budget", fixed_budget="300")
    page = client_as(world.filler).post("/needs/new/", data).content.decode()
    assert 'value="300"' in page
    assert 'value="3000000"' not in page


def test_an_unusual_budget_may_be_right(world, at, client_as):
    client = client_as(world.filler)
    data = posted(budget="3000000", do="submit", budget_is_right="3000000")
    answer = client.post("/needs/new/", data)
    need = Need.objects.get()
    assert answer.headers["Location"] == f"/needs/{need.number}/"
    assert need.budget_fen == 3_000_000_000_000


def test_the_whole_way_by_pages(world, at, client_as):
    client_as(world.filler).post("/needs/new/", posted(do="submit"))
    need = Need.objects.get()
    number = need.number
    admin, county, city = map(client_as, (world.unit_admin, world.officer_county, world.officer))
    unsigned = admin.post(f"/needs/{number}/sign/",
                          {"publication": "PUBLIC", "version": need.version})
    assert unsigned.status_code == 422
    admin.post(f"/needs/{number}/sign/",
               {"publication": "REDACTED", "consent": "on", "version": need.version})
    need.refresh_from_db()
    assert (need.state, need.publication) == (State.COUNTY_CHECK, "REDACTED")
    county.post(f"/needs/{number}/pass/", {"version": need.version, "note": "情况属实"})
    need.refresh_from_db()
    assert need.state == State.CITY_CHECK
    city.post(f"/needs/{number}/return/",
              {"version": need.version, "mark-budget": "请写明是否含设备"})
    page = client_as(world.filler).get(f"/needs/{number}/edit/").content.decode()
    assert "退回时说：" in page and "请写明是否含设备" in page
    need.refresh_from_db()
    client_as(world.filler).post(f"/needs/{number}/edit/",
                                 posted(do="submit", version=str(need.version)))
    need.refresh_from_db()
    admin.post(f"/needs/{number}/sign/",
               {"publication": "PUBLIC", "consent": "on", "version": need.version})
    need.refresh_from_db()
    city.post(f"/needs/{number}/pass/", {"version": need.version, "upward": "0"})
    need.refresh_from_db()
    assert need.state == State.ACCEPTED


def test_a_step_on_an_older_version_is_409(world, at, client_as):
    need = waiting_need(world, at)
    answer = client_as(world.officer_county).post(f"/needs/{need.number}/pass/", {"version": "1"})
    assert answer.status_code == 409


def test_who_may_not_is_refused_with_who_may(world, at, client_as):
    need = waiting_need(world, at)
    answer = client_as(world.officer).get(f"/needs/{need.number}/pass/")
    assert answer.status_code == 422
    assert "只有正在办理的那一级科技部门的经办能通过" in answer.content.decode()


def test_similar_needs_are_offered_to_the_officer_and_merged(world, at, client_as):
    first = accepted_need(world, at)
    need = waiting_need(world, at, title="功率模块用低温烧结铜膏材料")
    index_documents(at=at)
    client = client_as(world.officer_county)
    page = client.get(f"/needs/{need.number}/").content.decode()
    assert f"/needs/{need.number}/merge/?into={first.number}" in page
    client.post(f"/needs/{need.number}/merge/", {"into": first.number, "version": need.version})
    need.refresh_from_db()
    assert need.merged_into == first
    owner = client_as(world.filler).get(f"/needs/{need.number}/").content.decode()
    assert f"看 {first.number} 的进展" in owner


def test_an_attachment_is_for_those_inside(world, at, client, client_as):
    from django.core.files.uploadedfile import SimpleUploadedFile

    from kechuang.needs import actions

    need = drafted(world, at)
    file = SimpleUploadedFile("试验.txt", "剪切试验记录".encode(), content_type="text/plain")
    client_as(world.filler).post(f"/needs/{need.number}/attach/", {"file": file})
    row = need.attachments.get()
    need = actions.submit_need(need=need, by=world.filler.actor, at=at)
    need = actions.sign_need(need=need, consent=True, by=world.unit_admin.actor, at=at)
    need = actions.pass_check(need=need, by=world.officer_county.actor, at=at)
    need = actions.pass_check(need=need, by=world.officer.actor, at=at)
    address = f"/needs/{need.number}/attachments/{row.number}/"
    assert client.get(address).status_code == 404
    answer = client_as(world.officer).get(address)
    assert b"".join(answer.streaming_content).decode() == "剪切试验记录"


@pytest.mark.parametrize("verb", ["withdraw", "reconfirm", "solve", "discard"])
def test_the_other_steps_have_pages(world, at, client_as, verb):
    need = drafted(world, at) if verb == "discard" else accepted_need(world, at)
    client = client_as(world.unit_admin)
    assert client.get(f"/needs/{need.number}/{verb}/").status_code == 200
    answer = client.post(f"/needs/{need.number}/{verb}/",
                         {"version": need.version, "reason": "与示例大学合作做成"})
    assert answer.status_code == 302


def test_a_sheet_with_problems_writes_nothing_and_names_row_and_column(world, at, client_as):
    from django.core.files.uploadedfile import SimpleUploadedFile

    good = {"信用代码": "x"}
    rows = [
        {"来源编号": "1", "单位信用代码": world.enterprise.code, "需求名称": TYPED["title"],
         "现在卡在哪里，试过什么": TYPED["body"], "产业链": "新材料",
         "可检验的指标": "剪切强度 ≥ 60 MPa", "愿出经费（万元）": "300",
         "希望完成日期": "2038-02-28", "公开到什么程度": "公开摘要"},
        {"来源编号": "2", "单位信用代码": 91990100, "需求名称": "", **good},
    ]
    text = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows).encode()
    client = client_as(world.officer)
    answer = client.post("/needs/import/", {"file": SimpleUploadedFile("n.jsonl", text)})
    assert answer.status_code == 422
    assert Need.objects.count() == 0
    page = answer.content.decode()
    assert "第 2 行" in page and "单位信用代码" in page
    text = json.dumps(rows[0], ensure_ascii=False).encode()
    answer = client.post("/needs/import/", {"file": SimpleUploadedFile("n.jsonl", text)})
    assert (answer.status_code, Need.objects.count()) == (200, 0)
    done = client.post(f"/needs/import/{answer.context['upload'].number}/")
    assert done.status_code == 302
    assert Need.objects.get().state == State.ACCEPTED


def test_the_list_costs_the_same_with_one_row_and_thirty(
    world, at, client_as, django_assert_num_queries
):
    accepted_need(world, at)
    for member in (world.officer, world.filler):
        client = client_as(member)
        client.get("/needs/")
    client = client_as(world.officer)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection, ) as one:
        client.get("/needs/")
    for place in range(29):
        accepted_need(world, at, title=f"第 {place} 条需求的名称")
    with CaptureQueriesContext(connection) as thirty:
        assert client.get("/needs/").content.decode().count("XQ-2026-") >= 30
    assert len(thirty) == len(one)


def test_the_work_list_says_who_holds_a_need_and_until_when(world, at):
    from kechuang.needs.waiting import matters_for

    need = submitted_need(world, at)
    mine = matters_for(world.unit_admin.actor, at)
    assert [(m.number, m.mine, m.url) for m in mine] == [
        (need.number, True, f"/needs/{need.number}/sign/")]
    others = matters_for(world.filler.actor, at)
    assert [(m.mine, m.holder) for m in others] == [(False, "unit_admin-人（单位管理员）")]
    assert matters_for(world.officer_county.actor, at) == []


def test_english_pages_stand(world, at, client):
    need = accepted_need(world, at)
    assert client.get("/en/needs/").status_code == 200
    assert client.get(f"/en/needs/{need.number}/").status_code == 200


def test_the_csv_hides_what_the_page_hides(world, at, client):
    accepted_need(world, at, publication="REDACTED")
    text = client.get("/needs.csv").content.decode("utf-8-sig")
    assert world.enterprise.name not in text and "剪切强度" not in text
    assert "未公开" in text


def test_no_need_is_found_by_a_title_that_is_hidden(world, at):
    from kechuang.base.actor import Actor

    accepted_need(world, at, publication="CLOSED")
    found = queries.needs_listed(Actor.PUBLIC, at, queries.Filters(text="铜膏"))
    assert found.count() == 0
