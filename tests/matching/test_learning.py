"""Learning from verdicts: what they teach, what is promoted, what ranks then, and going back."""

import pytest
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted
from kechuang.matching import actions, jobs, queries
from kechuang.matching.models import Match, ModelUse, RankingModel
from kechuang.matching.queries.models import feedback, model_in_force
from kechuang.matching.rules import MatchRefused
from kechuang.record.models import Entry
from kechuang.search.actions import Text, put_documents

pytestmark = pytest.mark.django_db
MATERIALS = "铝铜钛镁锌镍钨钼铬锰硅硼碳氮磷硫铁钴锡铅铋锑镓铟锗银"
TOPICS = [
    "薄膜沉积设备", "粉末烧结工艺", "腐蚀防护涂层", "精密铸造模具", "电解槽节能",
    "轴承振动监测", "稻田退水净化", "古籍纸张脱酸", "疫苗冷链运输", "桥梁裂缝巡检",
]  # fmt: skip


def judge(world, need, offer, at, choice="ACCEPT", reason="SAME_USE"):
    return actions.judge_match(
        need=need, offer=offer, choice=choice, reason_code=reason, note="谈过",
        by=world.liaison.actor, at=at,
    )  # fmt: skip


def test_a_verdict_teaches_by_its_reason_and_by_what_came_of_it(
    world, introduction, make_need, offer, make_offer, at
):
    other = make_offer("CG-2026-000002", title="氮化铝单晶热沉", organisation="institute")
    dear = make_offer("CG-2026-000003", title="氮化铝粉体", organisation="institute")
    judge(world, introduction.need, other, at, "REJECT", "OTHER_FIELD")
    judge(world, introduction.need, dear, at, "REJECT", "TOO_DEAR")
    told = feedback()
    assert (told.verdicts, told.labelled, told.needs) == (3, 2, 1)
    assert told.cases[0].labels == {offer.number: 1, other.number: 0}
    for state in ("CONTACTED", "MEETING", "INTENT"):
        actions.advance(introduction=introduction, to=state, by=world.liaison.actor, at=at)
        introduction.refresh_from_db()
    assert feedback().cases[0].labels == {offer.number: 2, other.number: 0}


def test_few_verdicts_teach_nothing(world, introduction, at):
    assert actions.learn_model(by=Actor.CLOCK, at=at) is None
    assert not RankingModel.objects.exists() and model_in_force() is None


@pytest.fixture
def judged(world, make_need, make_offer, at):
    """26 needs for one thing; liaisons took the same offer each time, though others say more of
    each need's words."""
    put_documents(
        texts=[
            Text(f"F{n}-{m}", "offer", f"{material}{topic}", "PUBLIC",
                 body=f"{material}与{topic}。")
            for n, topic in enumerate(TOPICS) for m, material in enumerate(MATERIALS)
        ] + [
            Text(f"D{m}", "offer", f"{material}靶材回收提纯", "PUBLIC", body=f"{material}靶材。")
            for m, material in enumerate(MATERIALS)
        ], at=at,
    )  # fmt: skip
    offer = make_offer(title="通用靶材再生平台", body="靶材回收、再生、提纯一体。", keywords=[],
                       chains=[], figure=None)  # fmt: skip
    needs = [
        make_need(f"XQ-2026-1000{m:02}", title=f"{material}靶材回收提纯", keywords=[],
                  body=f"求{material}靶材回收。", chain="NEW_MATERIALS")
        for m, material in enumerate(MATERIALS)
    ]  # fmt: skip
    for need in needs:
        judge(world, need, offer, at)
    return needs, offer


def test_what_proves_itself_ranks_until_somebody_goes_back(world, judged, client_as, at):
    needs, offer = judged
    row = actions.learn_model(by=Actor.CLOCK, at=at)
    assert (row.needs, row.verdicts) == (26, 26)
    assert [trial[0] for trial in row.trials] == ["precedents", "logistic"]
    assert row.name and max(trial[4] for trial in row.trials) > 0
    assert model_in_force().id == row.name
    actions.rank_need(need=needs[0], at=at)
    assert queries.ranking_of(needs[0]).engine == row.name
    first = Match.objects.get(need=needs[0], rank=1)
    assert first.offer == offer
    assert dict(first.rest)["precedents"] > 0
    assert actions.learn_model(by=Actor.CLOCK, at=at) is None  # nothing new was judged

    page = client_as(world.liaison).get(reverse("ranking-models")).content.decode()
    assert row.name in page and "确实更好" in page and "退回固定权重" not in page
    operator = client_as(world.operator)
    assert "退回固定权重" in operator.get(reverse("ranking-models")).content.decode()
    back = reverse("ranking-use", args=["fixed"])
    assert operator.post(back, {"reason": " "}).status_code == 422
    assert operator.post(back, {"reason": "联络员反映偏了"}).status_code == 302
    assert model_in_force() is None
    called = ProcrastinateJob.objects.filter(task_name="matching.reindex")
    assert called.count() == 2  # when it was put in force, and when it was taken back
    actions.rank_need(need=needs[0], at=at)
    assert queries.ranking_of(needs[0]).engine.startswith("fixed-")
    used = [(use.model, use.is_in_force, use.reason) for use in ModelUse.objects.all()]
    assert used == [(None, True, "联络员反映偏了"), (row, False, "")]
    verbs = Entry.objects.filter(verb__startswith="matching.").values_list("verb", flat=True)
    assert [verbs.filter(verb=f"matching.{each}").count() for each in ("learn", "use_model")] == [
        1, 2,
    ]  # fmt: skip


def test_going_back_is_refused_to_offices_and_without_reason(world, judged, at):
    row = actions.learn_model(by=Actor.CLOCK, at=at)
    said = {"number": "", "reason": "试试", "at": at}
    for member in (world.officer, world.liaison, world.head, world.supervisor):
        with pytest.raises(NotPermitted):
            actions.use_model(by=member.actor, **said)
    with pytest.raises(MatchRefused) as refused:
        actions.use_model(by=world.operator.actor, **said | {"number": row.number})
    assert refused.value.code == "matching.model_in_force"
    unproven = RankingModel.objects.create(
        data_hash="0" * 64, needs=25, verdicts=25, learnt_at=at
    )
    with pytest.raises(MatchRefused) as refused:
        actions.use_model(by=world.operator.actor, **said | {"number": unproven.number})
    assert refused.value.code == "matching.model_unproven"


def test_who_reads_which_model_ranks(world, client_as, client):
    seen = {
        name: client_as(getattr(world, name)).get(reverse("ranking-models")).status_code
        for name in ("liaison", "officer", "head", "supervisor", "operator", "filler", "expert1")
    }
    assert seen == dict.fromkeys(("liaison", "officer", "head", "supervisor", "operator"), 200) | {
        "filler": 404, "expert1": 404,
    }  # fmt: skip
    assert client_as(world.officer).get(reverse("ranking-use", args=["fixed"])).status_code == 404
    assert client_as(world.operator).get(reverse("ranking-use", args=["x"])).status_code == 404
    assert client.get(reverse("ranking-models")).status_code == 302


def test_the_night_job_learns(world, introduction):
    jobs.learn(timestamp=0)
    assert not RankingModel.objects.exists()
