"""Pages of the notices: what each reader finds, and every step by a form."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.notices import actions, queries
from kechuang.notices.models import Notice, Objection

STATEMENT = "公示的牵头单位在 2025 年已就同一内容获得市级财政资助，见该项目公告。"
FILLED = {"ground": "FACTS", "statement": STATEMENT, "request": "请核实并取消公示。"}


@pytest.fixture
def now():
    return timezone.now()


def opened(world, now, serial=20, **more):
    given = {
        "subject_number": f"JB-2026-{serial:06d}", "kind": "AWARD", "working_days": 5,
        "title": f"第 {serial} 号榜单拟立项公示", "facts": {"揭榜单位": "示例大学"},
        "region_path": world.city.path,
    } | more  # fmt: skip
    return actions.open_notice(**given, by=world.head.actor, at=now)


@pytest.fixture
def notice(world, now):
    return opened(world, now)


@pytest.fixture
def filed(notice, world, now):
    return actions.object_to(notice=notice, by=world.rival_admin.actor, at=now, **FILLED)


def test_the_public_reads_a_notice_and_how_to_object(notice):
    response = Client().get(f"/notices/{notice.number}/")
    text = response.content.decode()
    assert response.status_code == 200
    for words in (notice.title, "揭榜单位", "示例大学", "提出异议", notice.content_hash):
        assert words in text


def test_the_english_page_keeps_the_data_in_chinese(notice):
    text = Client().get(f"/en/notices/{notice.number}/").content.decode()
    assert notice.title in text


def test_a_notice_that_does_not_exist_is_not_found(world):
    assert Client().get("/notices/GS-2026-999999/").status_code == 404


def test_an_empty_list_says_when_it_fills(world):
    assert "还没有公示" in Client().get("/notices/").content.decode()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True), ("?state=open", True), ("?state=ended", False), ("?q=20 号", True),
        ("?q=没有这样的词", False), ("?region=990100", True), ("?region=990104", False),
        ("?kind=award", True), ("?kind=list", False), ("?region=abc", False),
    ],
)  # fmt: skip
def test_the_list_is_narrowed_by_its_address(notice, query, found):
    assert (notice.number in Client().get(f"/notices/{query}").content.decode()) is found


def test_the_list_as_a_file(notice):
    response = Client().get("/notices.csv")
    lines = response.content.decode("utf-8-sig").strip().splitlines()
    assert (response["Content-Type"], len(lines)) == ("text/csv; charset=utf-8", 2)
    assert lines[1].startswith(f"{notice.number},拟立项公示,{notice.title},JB-2026-000020,")


def queries_of(client, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


def test_the_lists_ask_the_same_number_of_queries_for_one_and_thirty_rows(world, now, client_as):
    filed = actions.object_to(
        notice=opened(world, now, 1), by=world.rival_admin.actor, at=now, **FILLED
    )
    client = client_as(world.officer)
    lists = ("/notices/", "/notices.csv", "/objections/", "/work/")
    few = [queries_of(client, address) for address in lists]
    for serial in range(2, 31):
        actions.object_to(
            notice=opened(world, now, serial), by=world.rival_admin.actor, at=now, **FILLED
        )
    assert [queries_of(client, address) for address in lists] == few
    assert filed.state == "FILED"


def test_the_lists_own_queries_are_counted(filed, world, now, django_assert_num_queries):
    with django_assert_num_queries(1):
        list(queries.visible_to(world.officer.actor, now))
    with django_assert_num_queries(1):
        list(queries.objections_visible_to(world.officer.actor, now))


def test_whoever_objects_signs_in_first(notice):
    response = Client().get(f"/notices/{notice.number}/object/")
    assert (response.status_code, response["Location"]) == (
        302, f"/account/login/?next=/notices/{notice.number}/object/",
    )  # fmt: skip


def test_an_objection_is_filed_by_its_form(notice, world, client_as):
    client = client_as(world.rival_admin)
    assert client.get(f"/notices/{notice.number}/object/").status_code == 200
    response = client.post(f"/notices/{notice.number}/object/", FILLED)
    filed = Objection.objects.get()
    assert (response.status_code, response["Location"]) == (302, f"/objections/{filed.number}/")
    assert Notice.objects.get(pk=notice.pk).state == "PAUSED"


def test_an_empty_objection_is_refused_at_its_fields(notice, world, client_as):
    response = client_as(world.rival_admin).post(f"/notices/{notice.number}/object/", {})
    form = response.context["form"]
    assert (response.status_code, set(form.errors)) == (422, {"ground", "statement", "request"})
    assert Objection.objects.count() == 0


def test_a_draft_is_saved_as_one_types_and_found_again(notice, world, client_as):
    client = client_as(world.rival_admin)
    address = f"/notices/{notice.number}/object/autosave/"
    first = client.post(address, {"statement": "一"})
    second = client.post(address, {"statement": "二", "version": first.json()["version"]})
    assert (first.json(), second.json()) == ({"version": 1}, {"version": 2})
    clash = client.post(address, {"statement": "三", "version": 1})
    assert (clash.status_code, clash.json()["fields"]["statement"]) == (409, "二")
    assert "二</textarea>" in client.get(f"/notices/{notice.number}/object/").content.decode()


def test_autosave_is_only_posted(notice, world, client_as):
    response = client_as(world.rival_admin).get(f"/notices/{notice.number}/object/autosave/")
    assert response.status_code == 405


def test_nothing_is_saved_after_the_end(notice, world, client_as):
    Notice.objects.filter(pk=notice.pk).update(ends_at=timezone.now() - timedelta(days=1))
    response = client_as(world.rival_admin).post(
        f"/notices/{notice.number}/object/autosave/", {"statement": "一"}
    )
    assert response.status_code == 422


def test_the_whole_way_of_an_objection_by_forms(filed, world, client_as):
    address = f"/objections/{filed.number}"
    officer, head = client_as(world.officer), client_as(world.head2)
    steps = [
        (officer, "accept", {}),
        (officer, "answer", {"answer": "已核实，两个项目内容不同。"}),
        (head, "decide", {"verdict": "PARTLY", "decision": "金额写错一位。"}),
        (officer, "execute", {"execution": "已更正并重新公示。"}),
    ]
    for client, verb, data in steps:
        assert client.get(f"{address}/{verb}/").status_code == 200
        response = client.post(f"{address}/{verb}/", data)
        assert (response.status_code, response["Location"]) == (302, f"{address}/")
    done = Objection.objects.get()
    assert (done.state, done.notice.state, done.verdict) == ("EXECUTED", "OPEN", "PARTLY")
    page = officer.get(f"{address}/").content.decode()
    for words in (STATEMENT, "已核实，两个项目内容不同。", "已更正并重新公示。"):
        assert words in page


def test_an_objection_not_taken_up_says_why(filed, world, client_as):
    client = client_as(world.officer)
    client.post(f"/objections/{filed.number}/refuse/", {"reason": "与公示内容无关。"})
    page = client_as(world.rival_admin).get(f"/objections/{filed.number}/").content.decode()
    assert "与公示内容无关。" in page


def test_the_objector_takes_it_back(filed, world, client_as):
    client = client_as(world.rival_admin)
    client.post(f"/objections/{filed.number}/withdraw/")
    assert Objection.objects.get().state == "WITHDRAWN"


def test_a_step_out_of_turn_is_refused_in_place(filed, world, client_as):
    response = client_as(world.officer).post(
        f"/objections/{filed.number}/answer/", {"answer": "答复"}
    )
    assert response.status_code == 422


def test_who_objected_stands_on_no_page_of_those_who_may_not_see_it(
    filed, notice, world, client_as
):
    name = world.rival_admin.person.name
    contact = "rival_admin@example.org"
    readers = {"public": Client()} | {
        member: client_as(getattr(world, member))
        for member in ("head", "filler", "unit_admin", "officer_county", "member", "expert1",
                       "operator", "finance")
    }  # fmt: skip
    for client in readers.values():
        for address in (f"/notices/{notice.number}/", "/notices/", "/objections/",
                        f"/objections/{filed.number}/", "/work/"):  # fmt: skip
            text = client.get(address).content.decode()
            assert name not in text
            assert contact not in text
    seen = client_as(world.supervisor).get(f"/objections/{filed.number}/").content.decode()
    assert name in seen
    assert contact in seen


def test_the_public_proof_of_an_objection_tells_neither_role_nor_person(filed, notice, world):
    proof = Client().get(f"/verify/{filed.number}/").content.decode()
    page = Client().get(f"/notices/{notice.number}/").content.decode()
    assert "notices.object_to" in proof
    assert "单位管理员" not in proof + page
    assert Client().get(f"/verify/{world.rival_admin.person.number}/").status_code == 404


def test_a_notice_is_cancelled_by_the_office_with_its_reason(notice, world, client_as):
    client = client_as(world.head)
    assert client.get(f"/notices/{notice.number}/cancel/").status_code == 200
    client.post(f"/notices/{notice.number}/cancel/", {"reason": "附件有误，重发。"})
    assert "附件有误，重发。" in Client().get(f"/notices/{notice.number}/").content.decode()


def test_an_objection_waits_on_the_work_list_of_those_who_can_act(filed, world, now):
    from kechuang.notices.waiting import matters_for

    mine = {
        name: [matter.mine for matter in matters_for(member.actor, now)]
        for name, member in world.members.items()
        if matters_for(member.actor, now)
    }
    assert mine == {
        "rival_admin": [False], "officer": [True], "officer2": [True], "head2": [True],
        "officer_province": [True], "supervisor": [False],
    }  # fmt: skip


def test_the_work_list_asks_one_query(filed, world, now, django_assert_num_queries):
    from kechuang.notices.waiting import matters_for

    actor = world.officer.actor
    with django_assert_num_queries(1):
        matters_for(actor, now)
    actions.object_to(notice=filed.notice, by=world.filler.actor, at=now, **FILLED)
    with django_assert_num_queries(1):
        matters_for(actor, now)


def test_the_job_ends_what_is_over(world):
    from kechuang.notices.jobs import run

    at = datetime.fromisoformat("2026-11-02T09:00:00+08:00")
    notice = opened(world, at)
    run(notice.number, int(datetime.fromisoformat("2026-11-09T23:59:59+08:00").timestamp()))
    assert Notice.objects.get().state == "OPEN"
    run(notice.number, int(datetime.fromisoformat("2026-11-10T00:00:00+08:00").timestamp()))
    assert Notice.objects.get().state == "ENDED"
    assert queries.notices_due(timezone.now()).count() == 0


def test_the_job_reckons_a_provisional_end(world):
    from kechuang.notices.jobs import run

    at = datetime.fromisoformat("2026-12-29T09:00:00+08:00")
    notice = opened(world, at)
    assert notice.is_provisional is True
    Notice.objects.filter(pk=notice.pk).update(ends_at=at)
    run(notice.number, int(at.timestamp()))
    assert Notice.objects.get().ends_at == notice.ends_at


GENERAL = {
    "kind": "GENERAL", "title": "重点实验室重组名单征求意见",
    "subject_number": "示例科函〔2026〕12 号",
    "body": "拟保留 21 家，名单见所附文件。", "working_days": "5",
}  # fmt: skip


def test_an_office_publishes_a_general_notice_and_the_home_page_shows_it(world, client_as):
    officer = client_as(world.officer)
    assert "/notices/new/" in officer.get("/notices/").content.decode()
    assert officer.get("/notices/new/").status_code == 200
    made = officer.post("/notices/new/", GENERAL)
    row = Notice.objects.get()
    assert (made.status_code, made["Location"]) == (302, f"/notices/{row.number}/")
    assert (row.kind, row.region_path) == ("GENERAL", world.city.path)
    assert row.facts == [["公示内容", GENERAL["body"]]]
    for page in ("/", f"/notices/{row.number}/"):
        assert GENERAL["title"] in Client().get(page).content.decode(), page


def test_a_notice_of_too_many_days_is_refused_at_its_field(world, client_as):
    answer = client_as(world.head).post("/notices/new/", GENERAL | {"working_days": "61"})
    assert answer.status_code == 422
    assert not Notice.objects.exists()


@pytest.mark.parametrize("name", ["unit_admin", "expert1", "supervisor", "liaison", "operator"])
def test_nobody_but_an_office_publishes(world, client_as, name):
    client = client_as(getattr(world, name))
    assert "/notices/new/" not in client.get("/notices/").content.decode()
    assert client.get("/notices/new/").status_code == 404
    assert client.post("/notices/new/", GENERAL).status_code == 404
