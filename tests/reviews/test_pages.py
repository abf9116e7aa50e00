"""Pages of the reviews: each role's way by forms, and what nobody else finds."""

import pytest
from django.test import Client
from django.utils import timezone

from kechuang.base.time import shanghai_date
from kechuang.base.working_days import calendar
from kechuang.reviews import actions, queries
from kechuang.reviews.models import Conflict, Minutes, Panel, Review, Seat
from kechuang.reviews.rules import CaseFacts
from tests.reviews.bench import GOOD, SUBJECT, planned, reviewing, scored

SHEET = {**GOOD, "opinion": "路线可行，依据充分。"}


@pytest.fixture
def now():
    return timezone.now()


def test_the_whole_way_of_a_panel_by_forms(world, now, client_as):
    bench = planned(world, now)
    panel = bench.panel
    office, secretary, chair = (
        client_as(member) for member in (world.officer, world.officer2, world.expert1)
    )
    address = f"/reviews/panels/{panel.number}"
    done = office.post(f"{address}/officers/", {
        "secretary": world.officer2.person.number, "chair": world.expert1.person.number,
    })  # fmt: skip
    assert done["Location"] == f"{address}/"
    bench.cases()
    experts = [getattr(world, f"expert{n}") for n in (1, 2, 3)]
    done = secretary.post(
        f"{address}/experts/", {"experts": [one.person.number for one in experts]}
    )
    assert done["Location"] == f"{address}/"
    for seat in Seat.objects.all():
        client = client_as(member_of(world, seat))
        assert client.get(f"/reviews/seats/{seat.number}/").status_code == 200
        assert client.post(f"/reviews/seats/{seat.number}/accept/")["Location"] == "/reviews/"
    for review in Review.objects.select_related("seat__expert"):
        client, way = client_as(member_of(world, review.seat)), f"/reviews/{review.number}"
        for verb, data in (("declare", {"conflict": "no"}), ("score", SHEET)):
            assert client.get(f"{way}/{verb}/").status_code == 200
            assert client.post(f"{way}/{verb}/", data)["Location"] == f"{way}/"
    assert chair.post(f"{address}/consensus/")["Location"] == f"{address}/"
    assert chair.get(f"{address}/finish/").status_code == 200
    done = chair.post(f"{address}/finish/", {"remark": "同意排名。"})
    assert done["Location"] == f"{address}/minutes/"
    text = secretary.get(f"{address}/minutes/").content.decode()
    for words in (Minutes.objects.get().content_hash, "同意排名。", "83.00", "并列"):
        assert words in text
    raw = secretary.get(f"{address}/minutes.json")
    import hashlib

    assert hashlib.sha256(raw.content).hexdigest() == Minutes.objects.get().content_hash


def member_of(world, seat):
    return next(m for m in world.members.values() if m.person.pk == seat.expert.person_id)


def test_what_an_expert_reads_before_declaring(world, now, client_as):
    bench = reviewing(world, now)
    review = bench.review("expert2")
    text = client_as(world.expert2).get(f"/reviews/{review.number}/").content.decode()
    for words in ("方案甲", "示例大学", world.member.person.name, "申报是否回避"):
        assert words in text
    assert "/bids/BID0000001A/content/" not in text
    bench.declared()
    text = client_as(world.expert2).get(f"/reviews/{review.number}/").content.decode()
    assert "/bids/BID0000001A/content/" in text


def recuse(bench, name="expert2"):
    """Let an expert declare a conflict with the first case."""
    seat = queries.seat_of(bench.panel, getattr(bench.world, name).person)
    actions.declare(
        seat=seat, case_number="BID0000001A", conflict=True, ground="导师",
        by=getattr(bench.world, name).actor, at=bench.at,
    )  # fmt: skip


def pages_of(client, review, panel):
    """Whatever an expert could open, without what differs by the second or the request."""
    addresses = (
        "/reviews/", "/reviews/?state=open", "/reviews/?q=方案", "/reviews.csv", "/work/",
        f"/reviews/{review}/", f"/reviews/{review}/declare/", f"/reviews/{review}/score/",
        f"/reviews/panels/{panel}/", "/reviews/panels/", "/reviews/panels.csv",
    )  # fmt: skip
    return "\n".join(client.get(address).content.decode() for address in addresses)


def test_after_recusal_the_case_is_nowhere(world, now, client_as):
    bench = reviewing(world, now)
    review = bench.review("expert2")
    client = client_as(world.expert2)
    assert "方案甲" in pages_of(client, review.number, bench.panel.number)
    recuse(bench)
    text = pages_of(client, review.number, bench.panel.number)
    assert "方案甲" not in text
    assert "方案乙" in text
    assert client.get(f"/reviews/{review.number}/").status_code == 404


def test_a_list_is_the_same_with_and_without_the_hidden_case(world, now, client_as):
    from tests.reviews.plain import plain

    bench = reviewing(world, now)
    client = client_as(world.expert2)
    recuse(bench)
    with_hidden = plain(client.get("/reviews/").content.decode())
    Review.objects.filter(seat__expert__person=world.expert2.person, state="RECUSED").update(
        state="DROPPED"
    )
    assert plain(client.get("/reviews/").content.decode()) == with_hidden


def test_nobody_else_finds_a_review_or_panel(world, now, client_as):
    bench = scored(world, now)
    review = bench.review("expert2")
    for name in ("filler", "unit_admin", "member", "expert4", "operator", "liaison", "finance",
                 "officer_county", "expert3"):  # fmt: skip
        client = client_as(getattr(world, name))
        assert client.get(f"/reviews/{review.number}/").status_code == 404
        assert client.get(f"/reviews/panels/{bench.panel.number}/").status_code == 404
        assert client.post(f"/reviews/{review.number}/score/", SHEET).status_code == 404
    assert Client().get(f"/reviews/{review.number}/").status_code == 302


def test_a_fenced_officer_finds_no_panel(world, now, client_as):
    bench = scored(world, now)
    client = client_as(world.officer)
    assert bench.panel.number in client.get("/reviews/panels/").content.decode()
    actions.declare_officer_conflict(
        subject_number=SUBJECT, ground="配偶任职", by=world.officer.actor, at=now
    )
    assert bench.panel.number not in client.get("/reviews/panels/").content.decode()
    assert client.get(f"/reviews/panels/{bench.panel.number}/").status_code == 404
    assert bench.panel.number not in client.get("/work/").content.decode()


def test_the_office_sees_scores_only_when_it_is_finished(world, now, client_as):
    bench = scored(world, now)
    client, address = client_as(world.head), f"/reviews/panels/{bench.panel.number}/"
    assert "83.00" not in client.get(address).content.decode()
    assert "83.00" in client_as(world.officer2).get(address).content.decode()
    assert "83.00" in client_as(world.supervisor).get(address).content.decode()
    actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=now)
    assert "83.00" in client.get(address).content.decode()


def test_a_chair_sees_the_others_scores_after_the_own(world, now, client_as):
    bench = reviewing(world, now).declared()
    bench.submit(bench.review("expert2"), GOOD)
    client, address = client_as(world.expert1), f"/reviews/panels/{bench.panel.number}/"
    assert "83.00" not in client.get(address).content.decode()
    assert client.get(f"/reviews/{bench.review('expert2').number}/").status_code == 404
    bench.submit(bench.review("expert1"), GOOD)
    bench.submit(bench.review("expert1", 1), GOOD)
    assert "83.00" in client.get(address).content.decode()


def test_an_incomplete_sheet_is_refused_at_its_fields(world, now, client_as):
    bench = reviewing(world, now).declared()
    review = bench.review("expert2")
    response = client_as(world.expert2).post(
        f"/reviews/{review.number}/score/", {"technology": "101", "team": ""}
    )
    assert (response.status_code, set(response.context["form"].errors)) == (
        422, {"technology", "team", "cost", "opinion"},
    )  # fmt: skip


def test_the_sheet_is_saved_as_one_types(world, now, client_as):
    bench = reviewing(world, now).declared()
    review = bench.review("expert2")
    client, address = client_as(world.expert2), f"/reviews/{review.number}/score/autosave/"
    first = client.post(address, {"technology": "90", "team": "?", "opinion": "可"})
    version = first.json()["version"]
    assert (first.status_code, version) == (200, review.version + 1)
    page = client.get(f"/reviews/{review.number}/score/").content.decode()
    assert 'value="90"' in page
    client.post(address, {"technology": "91", "version": version})
    clash = client.post(address, {"technology": "92", "version": version})
    assert (clash.status_code, clash.json()["fields"]["technology"]) == (409, 91)


def test_the_secretary_decides_a_possible_conflict(world, now, client_as):
    from kechuang.parties.models import Person

    Person.objects.filter(pk=world.member.person.pk).update(name=world.expert2.person.name)
    bench = reviewing(world, now)
    conflict = Conflict.objects.get()
    secretary = client_as(world.officer2)
    address = f"/reviews/conflicts/{conflict.number}/"
    assert world.member.person.number in secretary.get(address).content.decode()
    done = secretary.post(address, {"verdict": "clear", "reason": "同名不同人，已核单位。"})
    assert done["Location"] == f"/reviews/panels/{bench.panel.number}/"
    conflict.refresh_from_db()
    assert conflict.verdict == "CLEARED"


def test_reopening_releasing_declining_and_cancelling_by_forms(world, now, client_as):
    bench = scored(world, now)
    review = bench.review("expert2")
    chair, secretary = client_as(world.expert1), client_as(world.officer2)
    assert chair.get(f"/reviews/{review.number}/reopen/").status_code == 200
    chair.post(f"/reviews/{review.number}/reopen/", {"reason": "漏看附件。"})
    assert Review.objects.get(pk=review.pk).state == "DRAFT"
    seat = queries.seat_of(bench.panel, world.expert2.person)
    assert secretary.get(f"/reviews/seats/{seat.number}/release/").status_code == 200
    secretary.post(f"/reviews/seats/{seat.number}/release/", {"reason": "逾期未交。"})
    assert Seat.objects.get(pk=seat.pk).state == "RELEASED"
    bench.experts("expert4")
    invited = queries.seat_of(bench.panel, world.expert4.person)
    client_as(world.expert4).post(
        f"/reviews/seats/{invited.number}/refuse/", {"reason": "时间冲突。"}
    )
    assert Seat.objects.get(pk=invited.pk).state == "REFUSED"
    client_as(world.head).post(
        f"/reviews/panels/{bench.panel.number}/cancel/", {"reason": "榜单撤销。"}
    )
    assert Panel.objects.get().state == "CANCELLED"


def test_a_deviation_is_explained_by_a_form(world, now, client_as):
    bench = reviewing(world, now).declared()
    low = {"technology": 20, "team": 20, "cost": 20}
    for name in ("expert1", "expert2", "expert3"):
        bench.submit(bench.review(name, 1), GOOD)
        bench.submit(bench.review(name), low if name == "expert2" else GOOD)
    chair, expert = client_as(world.expert1), client_as(world.expert2)
    address = f"/reviews/panels/{bench.panel.number}"
    chair.post(f"{address}/consensus/")
    assert chair.post(f"{address}/finish/").status_code == 422
    review = bench.review("expert2")
    assert "83.00" in expert.get(f"/reviews/{review.number}/").content.decode()
    expert.post(f"/reviews/{review.number}/explain/", {"explanation": "样品数据缺失。"})
    assert chair.post(f"{address}/finish/").status_code == 302


def test_the_search_of_experts_narrows_the_pool(world, now, client_as):
    bench = planned(world, now).officers()
    client = client_as(world.officer2)
    address = f"/reviews/panels/{bench.panel.number}/experts/"
    assert "expert2-人" in client.get(address).content.decode()
    narrowed = client.get(f"{address}?q=expert3").content.decode()
    assert "expert3-人" in narrowed
    assert "expert2-人" not in narrowed
    assert "专家库里没有符合的人" in client.get(f"{address}?q=无此人").content.decode()


def many_cases(world, now, count):
    bench = planned(world, now).officers()
    bench.cases(*(
        CaseFacts(f"BID{n:08d}", f"方案 {n}", (world.university.code,)) for n in range(count)
    ))  # fmt: skip
    return bench.experts().accepted()


def queries_of(client, address):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(address)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(address).status_code == 200
    return len(asked)


LISTS = ("/reviews/", "/reviews.csv", "/reviews/panels/", "/reviews/panels.csv", "/work/")


def test_lists_ask_the_same_number_of_queries_for_one_and_thirty_rows(world, now, client_as):
    bench = many_cases(world, now, 1)
    expert, secretary = client_as(world.expert2), client_as(world.officer2)
    address = f"/reviews/panels/{bench.panel.number}/"
    few = [queries_of(expert, one) for one in LISTS]
    few += [queries_of(secretary, one) for one in (*LISTS, address)]
    Panel.objects.filter(pk=bench.panel.pk).update(state="CANCELLED")
    bench = many_cases(world, now, 30)
    address = f"/reviews/panels/{bench.panel.number}/"
    many = [queries_of(expert, one) for one in LISTS]
    many += [queries_of(secretary, one) for one in (*LISTS, address)]
    assert many == few


def test_the_lists_own_queries_are_counted(world, now, django_assert_num_queries):
    many_cases(world, now, 30)
    with django_assert_num_queries(1):
        list(queries.own_reviews(world.expert2.actor, now))
    with django_assert_num_queries(1):
        list(queries.panels_visible_to(world.officer2.actor, now))


@pytest.mark.parametrize("count", [1, 30])
def test_the_work_list_asks_a_fixed_number_of_queries(
    world, now, django_assert_num_queries, count
):
    from kechuang.reviews.waiting import matters_for

    many_cases(world, now, count)
    with django_assert_num_queries(4):
        found = matters_for(world.expert2.actor, now)
    assert [matter.task for matter in found] == ["申报是否回避"] * count
    with django_assert_num_queries(3):  # panels, conflicts, and draws that an officer witnesses
        found = matters_for(world.officer2.actor, now)
    assert [(matter.task, matter.mine) for matter in found] == [("等专家评完", True)]


def test_who_holds_the_next_step_of_a_panel(world, now):
    from kechuang.reviews.waiting import matters_for

    def tasks(member):
        return [(matter.task, matter.mine) for matter in matters_for(member.actor, now)]

    bench = planned(world, now)
    assert tasks(world.officer) == [("任命秘书和组长", True)]
    until = matters_for(world.officer.actor, now)[0].until
    due = calendar().add(shanghai_date(now), 3)
    assert until.isoformat() == f"{due}T17:00:00+08:00"
    bench.officers()
    assert tasks(world.officer2) == [("选聘评审专家", True)]
    assert tasks(world.expert1) == [("选聘评审专家", False)]
    bench.cases().experts()
    assert tasks(world.expert2) == [("答复评审邀请", True)]
    bench.accepted().declared()
    assert tasks(world.expert2) == [("评分", True)] * 2
    bench.submitted()
    assert tasks(world.expert1) == [("开始合议", True)]
    actions.open_consensus(panel=bench.panel, by=world.expert1.actor, at=now)
    assert tasks(world.expert1) == [("签署评审纪要", True)]
    assert tasks(world.officer2) == [("签署评审纪要", False)]
    actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=now)
    assert tasks(world.expert1) == []


def test_every_page_stands_in_english(world, now, client_as):
    bench = scored(world, now)
    review = bench.review("expert2")
    for member, address in (
        (world.expert2, "/en/reviews/"), (world.expert2, f"/en/reviews/{review.number}/"),
        (world.officer2, f"/en/reviews/panels/{bench.panel.number}/"),
        (world.officer2, "/en/reviews/panels/"),
    ):  # fmt: skip
        assert client_as(member).get(address).status_code == 200


def test_the_job_lets_late_invitations_run_out(world, now):
    from datetime import timedelta

    from kechuang.reviews.jobs import time_out

    bench = planned(world, now).officers().cases().experts()
    bench.panel.refresh_from_db()
    end = bench.panel.invite_until
    time_out(bench.panel.number, int((end - timedelta(seconds=1)).timestamp()))
    assert set(Seat.objects.values_list("state", flat=True)) == {"INVITED"}
    assert queries.panels_with_late_invitations(end) == [bench.panel.number]
    time_out(bench.panel.number, int(end.timestamp()))
    assert set(Seat.objects.values_list("state", flat=True)) == {"TIMEOUT"}
    assert queries.panels_with_late_invitations(end) == []
