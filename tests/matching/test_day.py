"""A liaison's day: a new need, its suggestions and their reasons, a refusal that its owner can
mend, an introduction that ends in a contract, and what the night learns of it."""

import re

import pytest
from django.urls import reverse

from kechuang.base.actor import Actor
from kechuang.matching import actions, queries
from kechuang.matching.models import Impression, Introduction, Lookup
from kechuang.matching.queries.models import feedback
from kechuang.record import actions as record

pytestmark = pytest.mark.django_db
FITS, LACKS = "CG-2026-000001", "CG-2026-000002"


def words_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def step(client, row, to, **said):
    row.refresh_from_db()
    facts = {"to": to, "amount": "", "note": "谈妥", "version": row.version} | said
    answer = client.post(reverse("introduction-advance", args=[row.number]), facts)
    assert answer.status_code == 302, words_of(answer)


def test_a_day_of_a_liaison(world, make_need, make_offer, client_as, live_at):
    liaison, member = client_as(world.liaison), client_as(world.member)
    make_offer(FITS)
    make_offer(LACKS, title="氮化铝单晶热沉", body="氮化铝热沉，面向激光器散热。", figure=None)
    need = make_need()
    matches = reverse("need-matches", args=[need.number])
    assert "正在比对成果" in words_of(liaison.get(matches))

    # The worker follows the record: the index takes in what is new, and the need is ranked.
    record.append(verb="needs.pass", object_number=need.number, by=Actor.CLOCK, at=live_at)
    record.sequence_entries()
    assert actions.follow_record(at=live_at) == 1

    page = words_of(liaison.get(matches))
    for said in ("前 2 / 共 2", "文字相合", "226 W/(m·K)", "未写明", "没有说到：", "互为前三",
                 "篇幅", "模型 fixed-", "索引 "):  # fmt: skip
        assert said in page, said
    told = queries.ranking_of(need)
    shown = Impression.objects.order_by("place")
    assert [(one.offer.number, one.place, one.engine, one.generation, one.lookup_id)
            for one in shown] == [
        (number, place, told.engine, told.generation, told.lookup_id)
        for place, number in enumerate((FITS, LACKS), 1)
    ]  # fmt: skip
    assert Lookup.objects.get().asked["text"] == f"{need.title} 氮化铝"

    # Ranked again within what the filters leave; what was asked is kept with it.
    assert "没有符合筛选的成果" in words_of(liaison.get(matches, {"maturity": "9"}))
    assert "前 2 / 共 2" in words_of(liaison.get(matches, {"kind": "RESULT"}))

    # Refused for what its owner can mend: the owner reads it, without the words of the desk.
    judge = reverse("match-judge", args=[need.number, LACKS])
    prefix = LACKS.lower()
    said = {"choice": "REJECT", "reason_code": "PRICE_NOT_STATED", "note": "价格没写"}
    assert liaison.post(judge, {f"{prefix}-{k}": v for k, v in said.items()}).status_code == 302
    mend = words_of(member.get(reverse("offer-matches", args=[LACKS])))
    assert "价格或许可条件没有写明" in mend and "价格没写" not in mend

    # Accepted, introduced, met, intent, contract.
    judge = reverse("match-judge", args=[need.number, FITS])
    prefix = FITS.lower()
    said = {"choice": "ACCEPT", "reason_code": "TARGETS_MET", "note": "热导率达到"}
    assert liaison.post(judge, {f"{prefix}-{k}": v for k, v in said.items()}).status_code == 302
    row = Introduction.objects.get()
    for client in (client_as(world.filler), member):
        answered = client.post(reverse("introduction-answer", args=[row.number]), {"answer": "YES"})
        assert answered.status_code == 302
    for to in ("CONTACTED", "MEETING"):
        step(liaison, row, to)
    assert feedback().cases[0].labels == {FITS: 1}  # a price says nothing against the words
    step(liaison, row, "INTENT", amount="80")
    step(liaison, row, "SIGNED", amount="120")
    row.refresh_from_db()
    assert (row.state, row.amount_fen) == ("SIGNED", 120_000_000)

    # What the night learns from: this need wants this offer, gladly.
    assert feedback().cases[0].labels == {FITS: 2}
    models = words_of(liaison.get(reverse("ranking-models")))
    assert "再有 24 条需求有采纳的成果，就开始学" in models
