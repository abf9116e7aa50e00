"""Experts, teams and platforms by their works, a match to the last digit, and words by page."""

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from kechuang.matching import actions, rules
from kechuang.matching.queries.explaining import explained_match
from kechuang.matching.queries.makers import makers_for
from kechuang.matching.rules.makers import Made, Sort, ranked_makers
from kechuang.offers.models import Offer
from kechuang.record import actions as record
from kechuang.search import queries as search
from kechuang.search.models import Term
from kechuang.search.rules import TermSort

pytestmark = pytest.mark.django_db


@pytest.fixture
def works(make_offer, need, at):
    """Two works of 张宁, one with 李岚; the pages of both, of their team, and another unit's."""
    make_offer("CG-2026-000001", people=["张宁", "李岚"])
    make_offer(
        "CG-2026-000002", title="氮化铝陶瓷共烧", kind="PATENT", people=["张宁"], figure=None
    )
    make_offer("CG-2026-000003", title="陶瓷基板专家", kind="EXPERT", people=["张宁"], figure=None)
    make_offer("CG-2026-000004", title="陶瓷封装团队", kind="TEAM", people=["李岚", "王朔"],
               figure=None)  # fmt: skip
    make_offer("CG-2026-000005", title="氮化铝粉体", organisation="institute", people=["张宁"],
               figure=None)  # fmt: skip
    make_offer("CG-2026-000006", organisation="enterprise", people=["周吴"])
    actions.rank_need(need=need, at=at)
    return need


def told(found):
    return {
        sort: [(row.name, row.unit.name, [work.offer.number for work in row.works]) for row in rows]
        for sort, rows in found.by_sort.items()
    }


def test_makers_are_ranked_by_the_works_that_name_them(world, works, at):
    found = makers_for(works, world.liaison.actor, at)
    rows = found.by_sort[Sort.EXPERT]
    first = rows[0]
    assert (first.name, first.page.number, first.ranked.is_mutual) == (
        "张宁", "CG-2026-000003", True
    )  # fmt: skip
    points = [work.tenths for work in first.works]
    assert len(points) == 3 and points == sorted(points, reverse=True)
    assert abs(first.ranked.tenths - sum(p / n for n, p in enumerate(points, 1))) < 1
    by_name = told(found)
    assert ("张宁", world.institute.name, ["CG-2026-000005"]) in by_name[Sort.EXPERT]
    assert not any("周吴" in row for row in by_name[Sort.EXPERT])  # of the need's own unit
    team = found.by_sort[Sort.TEAM][0]
    assert (team.name, sorted(work.offer.number for work in team.works)) == (
        "陶瓷封装团队", ["CG-2026-000001", "CG-2026-000004"]
    )  # fmt: skip
    platforms = [row.unit.code for row in found.by_sort[Sort.PLATFORM]]
    assert platforms == [world.university.code, world.institute.code]


def test_what_a_reader_may_not_see_moves_nobody(world, works, at):
    before = told(makers_for(works, world.liaison.actor, at))
    Offer.objects.filter(number="CG-2026-000005").update(state="WITHDRAWN")
    after = told(makers_for(works, world.liaison.actor, at))
    assert all(
        [row for row in rows if row[1] != world.institute.name] == after[sort]
        for sort, rows in before.items()
    )
    assert makers_for(works, world.member.actor, at) is None


def test_of_one_unit_two_experts_stand_on_a_page():
    made = [Made(f"CG-{n}", "PATENT", 300 - n, "U1", "ENTERPRISE", (f"甲{n}",)) for n in range(4)]
    made += [Made("CG-9", "PATENT", 200, "U2", "ENTERPRISE", ("乙",))]
    found = ranked_makers(made, [], frozenset())
    assert [row.maker.name for row in found[Sort.EXPERT]] == ["甲0", "甲1", "乙", "甲2", "甲3"]
    assert found[Sort.PLATFORM] == found[Sort.TEAM] == []


def test_the_page_and_the_api_say_the_same(world, works, client_as, api_as, at):
    page = client_as(world.liaison).get(reverse("need-makers", args=[works.number]))
    said = page.content.decode()
    assert all(name in said for name in ("张宁", "陶瓷封装团队", world.university.name))
    slot = client_as(world.liaison).get(
        reverse("need-makers", args=[works.number]), HTTP_HX_REQUEST="true"
    )
    assert "<html" not in slot.content.decode()
    body = api_as(world.liaison).get(f"/api/v1/needs/{works.number}/makers").json()
    assert [row["name"] for row in body["makers"] if row["sort"] == "EXPERT"][0] == "张宁"
    assert body["index"] == search.ranker().name
    assert (
        client_as(world.member).get(reverse("need-makers", args=[works.number])).status_code == 404
    )


def test_as_many_statements_however_many_makers(world, works, make_offer, at,
                                                django_assert_num_queries):  # fmt: skip
    with django_assert_num_queries(7):
        makers_for(works, world.liaison.actor, at)
    for number in range(7, 17):
        make_offer(f"CG-2026-0000{number:02}", people=[f"人{number}"], figure=None)
    actions.rank_need(need=works, at=at)
    with django_assert_num_queries(7):
        makers_for(works, world.liaison.actor, at)


def test_a_match_is_taken_apart_to_the_last_digit_and_comes_again(
    world, works, client_as, api_as, at
):
    offer = Offer.objects.get(number="CG-2026-000001")
    why = explained_match(works, offer, rules.WIDE, world.liaison.actor, at)
    assert abs(why.summed - why.score) < 1e-4
    for name, pieces in why.texts.items():
        assert "".join(one.text for one in pieces) == {
            "title": offer.title,
            "body": offer.body,
        }.get(name, "氮化铝 陶瓷")
    again = explained_match(works, offer, rules.WIDE, world.liaison.actor, at)
    assert again == why
    url = reverse("match-why", args=[works.number, offer.number])
    page = client_as(world.liaison).get(url).content.decode()
    assert f"{why.score:.4f}" in page and "与推荐列表所用的相同" in page
    narrowed = client_as(world.liaison).get(f"{url}?kind=RESULT").content.decode()
    assert "科技成果" in narrowed and "另一代索引" in narrowed
    body = api_as(world.liaison).get(f"/api/v1/needs/{works.number}/matches/{offer.number}").json()
    total = sum(one["points"] for one in body["spans"]) + sum(body["rest"].values())
    assert abs(total - body["score"]) < 1e-4
    own = Offer.objects.get(number="CG-2026-000006")
    assert explained_match(works, own, rules.WIDE, world.liaison.actor, at) is None
    assert (
        "现在拆不开"
        in client_as(world.liaison)
        .get(reverse("match-why", args=[works.number, own.number]))
        .content.decode()
    )
    assert client_as(world.member).get(url).status_code == 404


def test_an_officer_adds_a_word_by_page_and_every_need_is_ranked_again(world, works, client_as, at):
    officer, url = client_as(world.officer), reverse("ranking-words")
    form = {"sort": TermSort.WORD, "text": "氮化", "reason": "行业词"}
    assert officer.post(url, form).status_code == 422
    assert officer.post(url, form | {"text": "氮化铝陶瓷"}).status_code == 302
    assert "索引正在按新词重读" in officer.get(url).content.decode()
    reindex = ProcrastinateJob.objects.filter(task_name="matching.reindex")
    before = reindex.count()
    record.sequence_entries()
    actions.follow_record(at=at)
    assert reindex.count() == before + 1
    page = officer.get(url).content.decode()
    assert "已生效" in page and "氮化铝陶瓷" in page
    why = explained_match(
        works, Offer.objects.get(number="CG-2026-000001"), rules.WIDE, world.liaison.actor, at
    )
    assert abs(why.summed - why.score) < 1e-4
    term = Term.objects.get()
    end = reverse("ranking-word-end", args=[term.number])
    assert officer.get(end).status_code == 200
    assert officer.post(end, {"reason": ""}).status_code == 422
    assert officer.post(end, {"reason": "弄错了"}).status_code == 302
    assert "弄错了" in officer.get(url).content.decode()


def test_who_sees_and_who_keeps_words(world, client_as):
    url = reverse("ranking-words")
    form = {"sort": TermSort.WORD, "text": "氮化铝陶瓷", "reason": "行业词"}
    names = ("officer", "head", "officer_county", "liaison", "supervisor", "operator", "filler")
    answers = {}
    for name in names:
        client = client_as(getattr(world, name))
        answers[name] = (client.get(url).status_code, "加一条" in client.get(url).content.decode())
    assert answers == {
        "officer": (200, True), "head": (200, True), "officer_county": (200, False),
        "liaison": (200, False), "supervisor": (200, False), "operator": (200, False),
        "filler": (404, False),
    }  # fmt: skip
    assert client_as(world.liaison).post(url, form).status_code == 200
    assert not Term.objects.exists()
