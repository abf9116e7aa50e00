"""Pages of the desk: who sees what, what a press does, and how many statements it takes."""

import re

import pytest
from django.urls import reverse

from kechuang.matching import actions
from kechuang.matching.models import Introduction, Verdict
from kechuang.matching.rules import LogEntry
from kechuang.needs.models import Need

pytestmark = pytest.mark.django_db


@pytest.fixture
def ranked(need, offer, make_offer, at):
    make_offer(
        "CG-2026-000002", title="氮化铝单晶热沉", organisation="institute", figure=205,
        body="氮化铝热沉，面向激光器散热。",
    )  # fmt: skip
    actions.rank_need(need=need, at=at)
    return need


def matches_url(need, **query):
    return reverse("need-matches", args=[need.number])


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_a_liaison_sees_ranked_offers_with_reasons(world, ranked, client_as):
    answer = client_as(world.liaison).get(matches_url(ranked))
    assert answer.status_code == 200
    words = text_of(answer)
    for said in ("前 2 / 共 2", "文字相合", "指标达到 3.0", "同一产业链 4.0", "本市团队 2.0",
                 "= 各项之和", "226 W/(m·K)", "达到", "未达到", "未写明"):  # fmt: skip
        assert said in words, said
    assert "<mark>" in answer.content.decode()
    assert answer.content.decode().count('name="cg-2026-00000') >= 8


def test_the_slot_is_the_list_alone(world, ranked, client_as):
    answer = client_as(world.liaison).get(matches_url(ranked), headers={"hx-request": "true"})
    assert "<html" not in answer.content.decode()
    assert "m-CG-2026-000001" in answer.content.decode()


def test_narrowed_and_sorted_by_the_address(world, ranked, make_offer, client_as, at):
    client = client_as(world.liaison)
    answer = client.get(matches_url(ranked), {"place": "local", "sort": "targets", "all": "1"})
    assert answer.status_code == 200
    assert "看全部地区" in answer.content.decode()
    assert "按匹配分排" in answer.content.decode()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("liaison", 200), ("officer", 200), ("officer_county", 200), ("head", 200),
        ("supervisor", 200), ("filler", 200), ("unit_admin", 200),
        ("officer_other_county", 404), ("member", 404), ("rival_filler", 404), ("expert1", 404),
        ("operator", 404),
    ],
)  # fmt: skip
def test_who_reads_the_matches(world, ranked, client_as, name, status):
    answer = client_as(getattr(world, name)).get(matches_url(ranked))
    assert answer.status_code == status
    if status == 200:
        judges = name in ("liaison", "officer", "officer_county")
        assert ("kc-verdict" in answer.content.decode()) == judges


def test_the_public_does_not(ranked, client):
    assert client.get(matches_url(ranked)).status_code == 404


def verdict(number, **said):
    facts = {"choice": "ACCEPT", "reason_code": "TARGETS_MET", "note": "可先试片"} | said
    return {f"{number.lower()}-{name}": value for name, value in facts.items()}


def judge_url(need, number):
    return reverse("match-judge", args=[need.number, number])


def test_accepting_introduces(world, ranked, client_as):
    answer = client_as(world.liaison).post(
        judge_url(ranked, "CG-2026-000001"), verdict("CG-2026-000001")
    )
    row = Introduction.objects.get()
    assert (answer.status_code, answer.url) == (302, f"/introductions/{row.number}/")
    page = client_as(world.liaison).get(matches_url(ranked))
    assert "看引荐：已引荐" in page.content.decode()


def test_rejecting_leaves_a_foot_that_can_be_changed(world, ranked, client_as):
    client = client_as(world.liaison)
    said = verdict("CG-2026-000002", choice="REJECT", reason_code="TARGET_MISSED", note="差 15")
    answer = client.post(judge_url(ranked, "CG-2026-000002"), said)
    assert answer.url == f"/needs/{ranked.number}/matches/#m-CG-2026-000002"
    page = client.get(matches_url(ranked)).content.decode()
    assert "差 15" in page and "改判断" in page
    form = client.get(judge_url(ranked, "CG-2026-000002")).content.decode()
    assert "差 15" in form


def test_a_refused_verdict_stands_at_its_card(world, ranked, client_as):
    said = verdict("CG-2026-000001", reason_code="TOO_DEAR")
    answer = client_as(world.liaison).post(judge_url(ranked, "CG-2026-000001"), said)
    assert answer.status_code == 422
    assert "这个理由不能用于" in text_of(answer)
    assert not Verdict.objects.exists()


def test_an_empty_verdict_says_what_lacks(world, ranked, client_as):
    answer = client_as(world.liaison).post(judge_url(ranked, "CG-2026-000001"), {})
    assert answer.status_code == 422
    assert "kc-f-err" in answer.content.decode()


def test_others_cannot_judge(world, ranked, client_as):
    answer = client_as(world.supervisor).post(
        judge_url(ranked, "CG-2026-000001"), verdict("CG-2026-000001")
    )
    assert answer.status_code == 422
    assert "您现在不能办" in text_of(answer)
    assert client_as(world.supervisor).get(judge_url(ranked, "CG-2026-000001")).status_code == 404
    assert not Introduction.objects.exists()


def test_empty_lists_say_what_to_do(world, need, make_need, client_as, at):
    client = client_as(world.liaison)
    assert "正在比对成果" in client.get(matches_url(need)).content.decode()
    actions.rank_need(need=need, at=at)
    assert "还没有相合的成果" in client.get(matches_url(need)).content.decode()
    local = client.get(matches_url(need), {"place": "local"})
    assert "本市没有相合的成果" in local.content.decode()
    Need.objects.filter(pk=need.pk).update(state="EXPIRED")
    assert "这条需求不再推荐成果" in client.get(matches_url(need)).content.decode()


def test_the_matches_take_the_same_statements_with_two_and_with_twelve(
    world, need, offer, make_offer, client_as, at, django_assert_num_queries
):
    client = client_as(world.liaison)
    actions.rank_need(need=need, at=at)
    few = _count(client, matches_url(need) + "?all=1")
    for serial in range(10, 20):
        make_offer(f"CG-2026-0000{serial}")
    actions.rank_need(need=need, at=at)
    assert _count(client, matches_url(need) + "?all=1") == few


def _count(client, url):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(url)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(url).status_code == 200
    return len(captured)


def test_the_ledger_takes_the_same_statements_with_one_and_with_thirty(
    world, introduction, need, make_offer, client_as, at
):
    client = client_as(world.officer)
    one = _count(client, "/introductions/")
    for serial in range(30, 59):
        actions.introduce(
            need=need, offer=make_offer(f"CG-2026-0000{serial}"), reason_code="OTHER", note="x",
            by=world.officer.actor, at=at,
        )  # fmt: skip
    assert _count(client, "/introductions/") == one


def test_the_ledger_is_paged_by_next_step(world, introduction, need, make_offer, client_as, at):
    for serial in range(30, 33):
        actions.introduce(
            need=need, offer=make_offer(f"CG-2026-0000{serial}"), reason_code="OTHER", note="x",
            by=world.officer.actor, at=at,
        )  # fmt: skip
    Introduction.objects.filter(offer__number="CG-2026-000031").update(next_date=None)
    Introduction.objects.filter(offer__number="CG-2026-000030").update(next_date="2026-11-22")
    from kechuang.matching import queries

    rows = queries.introductions_listed(world.officer.actor, at, queries.Filters())
    seen, after = [], ""
    while True:
        page = queries.ledger_page(rows, after=after, limit=1)
        seen += [row.offer.number for row in page.rows]
        after = page.next_after
        if not after:
            break
    assert seen == ["CG-2026-000030", "CG-2026-000001", "CG-2026-000032", "CG-2026-000031"]


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("liaison", 1), ("officer", 1), ("officer_county", 1), ("supervisor", 1), ("filler", 1),
        ("member", 1), ("rival_filler", 0), ("officer_other_county", 0), ("expert1", 0),
        ("operator", 0),
    ],
)  # fmt: skip
def test_who_sees_an_introduction(world, introduction, client_as, name, count):
    client = client_as(getattr(world, name))
    listed = client.get("/introductions/").content.decode()
    assert (introduction.number in listed) == bool(count)
    sheet = client.get("/introductions.csv").content.decode()
    assert (introduction.number in sheet) == bool(count)
    page = client.get(f"/introductions/{introduction.number}/")
    assert page.status_code == (200 if count else 404)


def test_the_log_is_for_the_desk(world, introduction, client_as, at):
    actions.record_contact(
        introduction=introduction, entry=LogEntry(at.date(), "PHONE", "只给联络员看的话"),
        by=world.liaison.actor, at=at,
    )  # fmt: skip
    url = f"/introductions/{introduction.number}/"
    assert "只给联络员看的话" in client_as(world.officer).get(url).content.decode()
    for side in (world.filler, world.member):
        assert "只给联络员看的话" not in client_as(side).get(url).content.decode()


def test_both_lists_ask_to_sign_in(client):
    assert client.get("/introductions/").status_code == 302
    assert client.get("/introductions.csv").status_code == 302


@pytest.mark.parametrize("query", ["state=open", "state=ended", "mine=1", "due=1", "q=氮化铝",
                                   "state=nonsense", "after=unknown"])  # fmt: skip
def test_the_ledger_is_narrowed(world, introduction, client_as, query):
    assert client_as(world.liaison).get(f"/introductions/?{query}").status_code == 200


def act(client, introduction, verb, **said):
    return client.post(f"/introductions/{introduction.number}/{verb}/", said)


def test_a_side_answers_on_its_page(world, introduction, client_as):
    answer = act(client_as(world.member), introduction, "answer", answer="YES")
    assert answer.status_code == 302
    introduction.refresh_from_db()
    assert introduction.offer_answer == "YES"
    assert act(client_as(world.member), introduction, "answer", answer="YES").status_code == 422


def test_a_liaison_works_an_introduction_through(world, introduction, client_as, live_at):
    client = client_as(world.liaison)
    today = live_at.date().isoformat()
    said = act(client, introduction, "contact", date=today, kind="MEETING", words="三方见面")
    assert said.status_code == 302
    introduction.refresh_from_db()
    step = act(client, introduction, "advance", to="INTENT", amount="50", note="意向",
               version=introduction.version)  # fmt: skip
    assert step.status_code == 302
    introduction.refresh_from_db()
    assert (introduction.state, introduction.amount_fen) == ("INTENT", 50_000_000)
    stale = act(client, introduction, "advance", to="SIGNED", version=1)
    assert stale.status_code == 409
    wrong = act(client, introduction, "advance", to="SIGNED", amount="很多", version=9)
    assert wrong.status_code == 422
    bad = act(client, introduction, "contact", date=today, kind="PHONE", words="")
    assert bad.status_code == 422
    for verb in ("end", "hand-over", "share", "contact"):
        page = client.get(f"/introductions/{introduction.number}/{verb}/")
        assert page.status_code == 200, verb
    shares = f"{world.liaison.person.number} 60\n{world.expert1.person.number} 40%"
    assert act(client, introduction, "share", shares=shares).status_code == 302
    assert act(client, introduction, "share", shares="谁 x").status_code == 422
    assert act(client, introduction, "end", reason_code="", note="").status_code == 422
    done = act(client, introduction, "end", reason_code="TERMS", note="谈不拢")
    assert done.status_code == 302
    page = client.get(f"/introductions/{introduction.number}/").content.decode()
    assert "价格或条件谈不拢" in page and "谈不拢" in page


def test_another_liaison_takes_over_by_page(world, introduction, client_as):
    from kechuang.base.actor import Role

    second = world.add("liaison2", Role.LIAISON, region=world.county)
    answer = act(
        client_as(world.liaison), introduction, "hand-over", to_person=second.person.number
    )
    assert answer.status_code == 302
    introduction.refresh_from_db()
    assert introduction.liaison == world.liaison.person
    page = client_as(second).get(f"/introductions/{introduction.number}/")
    assert "接手这件引荐" in page.content.decode()
    assert act(client_as(second), introduction, "hand-over/accept").status_code == 302
    introduction.refresh_from_db()
    assert introduction.liaison == second.person


def test_pages_hold_in_english(world, introduction, ranked, client_as):
    client = client_as(world.liaison)
    for url in (f"/en/needs/{ranked.number}/matches/", "/en/introductions/",
                f"/en/introductions/{introduction.number}/"):  # fmt: skip
        assert client.get(url).status_code == 200


def offer_url(offer):
    return reverse("offer-matches", args=[offer.number])


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("liaison", 200), ("officer", 200), ("supervisor", 200), ("member", 200),
        ("research_admin", 200), ("filler", 404), ("institute_member", 404), ("expert1", 404),
        ("operator", 404),
    ],
)  # fmt: skip
def test_who_reads_which_needs_an_offer_may_answer(world, ranked, offer, client_as, name, status):
    assert client_as(getattr(world, name)).get(offer_url(offer)).status_code == status


def test_an_offer_names_the_needs_that_it_may_answer(world, ranked, offer, client_as):
    member = client_as(world.member)
    assert offer_url(offer) in member.get(f"/offers/{offer.number}/").content.decode()
    words = text_of(member.get(offer_url(offer)))
    for said in ("前 1 / 共 1", ranked.title, world.enterprise.name, "指标达到 3.0", "226 W/(m·K)"):
        assert said in words, said


def test_an_offers_page_hides_what_a_redacted_need_hides(
    world, make_need, offer, client_as, api_as, at
):
    actions.rank_need(need=make_need(publication="REDACTED"), at=at)
    words = text_of(client_as(world.member).get(offer_url(offer)))
    assert "指标一项不计入" in words
    for hidden in (world.enterprise.name, "指标达到 3.0", "220 W/(m·K)"):
        assert hidden not in words, hidden
    assert "220 W/(m·K)" in text_of(client_as(world.officer).get(offer_url(offer)))
    said = api_as(world.member).get(f"/api/v1/offers/{offer.number}/matches").json()["needs"]
    assert [(row["need"], row["findings"]) for row in said] == [("XQ-2026-000912", [])]


def test_a_closed_need_is_not_named_to_the_offers_unit(world, make_need, offer, client_as, at):
    need = make_need(publication="CLOSED")
    actions.rank_need(need=need, at=at)
    assert need.title not in text_of(client_as(world.member).get(offer_url(offer)))
    assert need.title in text_of(client_as(world.liaison).get(offer_url(offer)))
    other = text_of(client_as(world.officer_other_county).get(offer_url(offer)))
    assert need.title not in other


def test_an_offers_needs_ask_the_same_with_1_and_with_30_rows(
    world, make_need, offer, client_as, at, django_assert_num_queries
):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    actions.rank_need(need=make_need(), at=at)
    client = client_as(world.member)
    client.get(offer_url(offer))
    with CaptureQueriesContext(connection) as one:
        client.get(offer_url(offer), {"all": "1"})
    for serial in range(30):
        actions.rank_need(need=make_need(f"XQ-2026-8{serial:05d}"), at=at)
    with django_assert_num_queries(len(one)):
        assert "共 31" in text_of(client.get(offer_url(offer), {"all": "1"}))
