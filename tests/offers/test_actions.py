"""An offer's way, and offers brought in a sheet."""

import pytest

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import NotPermitted, Refused
from kechuang.base.rows import ImportRefused
from kechuang.offers import actions, queries
from kechuang.offers.models import Figure, Offer
from kechuang.offers.rules import State
from kechuang.record.models import Entry
from kechuang.search.models import Document

pytestmark = pytest.mark.django_db
COMMAND = Actor(role=Role.CLOCK, via="command")
TYPED = {
    "kind": "RESULT",
    "title": "高导热氮化铝陶瓷流延成型与共烧工艺",
    "body": "采用钇钙复合助烧剂流延成型，热导率达226 W/(m·K)，抗弯强度为470 MPa。",
    "keywords": "氮化铝、流延",
    "chains": ["NEW_MATERIALS"],
    "trl": "6",
    "modes": ["LICENSE"],
    "price_low": "100",
    "price_high": "300",
    "figures": [{"name": "热导率", "value": "226", "unit": "W/(m·K)"}],
}
ABSTRACT = "采用修正的参数,建立了飞行器姿态控制系统的数学模型；利用刚体姿态动力学方程和运动学方程。"


def published_offer(world, at):
    offer = actions.save_draft(typed=TYPED, by=world.member.actor, at=at)
    offer = actions.submit_offer(offer=offer, by=world.member.actor, at=at)
    return actions.sign_offer(offer=offer, by=world.research_admin.actor, at=at)


def test_a_result_is_drafted_submitted_and_published_by_its_unit(world, at):
    offer = published_offer(world, at)
    assert (offer.state, offer.number) == (State.PUBLISHED, "CG-2026-000001")
    assert [entry.verb for entry in Entry.objects.order_by("id")] == [
        "offers.submit", "offers.sign"]
    assert Document.objects.get(number=offer.number).visibility == "PUBLIC"
    assert queries.visible_to(Actor.PUBLIC, at).count() == 1


def test_a_draft_is_seen_by_its_writer_and_unit_alone(world, at):
    actions.save_draft(typed=TYPED, by=world.member.actor, at=at)
    seen = {
        name: queries.visible_to(getattr(world, name).actor, at).count()
        for name in ("member", "research_admin", "institute_member", "officer", "filler")
    }
    assert seen == {"member": 1, "research_admin": 1, "institute_member": 0, "officer": 0,
                    "filler": 0}


def test_submitting_refuses_all_problems(world, at):
    typed = TYPED | {"title": "", "trl": "10", "price_high": "1"}
    offer = actions.save_draft(typed=typed, by=world.member.actor, at=at)
    with pytest.raises(Refused) as caught:
        actions.submit_offer(offer=offer, by=world.member.actor, at=at)
    assert [one.code for one in caught.value.refusals] == [
        "offer.title_missing", "offer.price_order", "offer.trl_unknown"]


def test_a_returned_offer_carries_the_administrators_words(world, at):
    offer = actions.save_draft(typed=TYPED, by=world.member.actor, at=at)
    offer = actions.submit_offer(offer=offer, by=world.member.actor, at=at)
    offer = actions.return_offer(offer=offer, reason="请补专利号",
                                 by=world.research_admin.actor, at=at)
    assert (offer.state, offer.return_words) == (State.DRAFT, "请补专利号")
    assert offer.typed["price_high"] == "300"


def test_another_unit_may_not_sign(world, at):
    offer = actions.save_draft(typed=TYPED, by=world.member.actor, at=at)
    offer = actions.submit_offer(offer=offer, by=world.member.actor, at=at)
    with pytest.raises(NotPermitted):
        actions.sign_offer(offer=offer, by=world.institute_admin.actor, at=at)


def test_withdrawing_takes_it_out_of_search(world, at):
    offer = published_offer(world, at)
    offer = actions.withdraw_offer(offer=offer, reason="专利失效",
                                   by=world.research_admin.actor, at=at)
    assert offer.state == State.WITHDRAWN
    assert Document.objects.count() == 0


def test_rows_with_only_a_text_become_results_with_an_automatic_title(world, at):
    rows = [(1, {"id": 0, "body": ABSTRACT}), (2, {"id": 1, "body": ABSTRACT + "又"})]
    done = actions.import_offers(rows=rows, source="abstracts", by=COMMAND, at=at)
    assert (done.created, done.updated, done.unchanged) == (2, 0, 0)
    offer = Offer.objects.order_by("pk").first()
    assert (offer.title, offer.title_is_auto) == (
        "采用修正的参数,建立了飞行器姿态控制系统的数学模型", True)
    assert [entry.verb for entry in Entry.objects.all()] == ["offers.import"]
    again = actions.import_offers(rows=rows, source="abstracts", by=COMMAND, at=at)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 2)


def test_a_changed_row_updates_its_offer_and_its_figures(world, at):
    row = {"id": "a", "owner": world.university.code, "body": TYPED["body"]}
    actions.import_offers(rows=[(2, row)], source="s", by=COMMAND, at=at)
    assert Figure.objects.count() == 2
    row = row | {"title": "新题名", "figures": "热导率 230 W/(m·K)"}
    done = actions.import_offers(rows=[(2, row)], source="s", by=COMMAND, at=at)
    assert (done.created, done.updated) == (0, 1)
    offer = Offer.objects.get()
    assert (offer.title, offer.version, offer.figures.get().stated_text) == (
        "新题名", 2, "230 W/(m·K)")


def test_an_import_with_problems_writes_nothing_and_names_them_all(world, at):
    rows = [
        (2, {"id": "a", "owner": world.university.code, "body": TYPED["body"]}),
        (3, {"id": "a", "owner": world.university.code, "body": TYPED["body"]}),
        (4, {"id": "b", "owner": 91990100000000000, "body": "短", "trl": "十"}),
        (5, {"id": "c", "owner": "91990100MA0000009X", "body": TYPED["body"]}),
    ]
    with pytest.raises(ImportRefused) as caught:
        actions.import_offers(rows=rows, source="s", by=COMMAND, at=at)
    assert [(row, column) for row, column, _ in caught.value.problems] == [
        (3, "id"), (4, "body"), (4, "trl"), (4, "owner"), (5, "owner")]
    assert Offer.objects.count() == 0


def test_a_units_administrator_imports_for_the_own_unit_only(world, at):
    rows = [(2, {"id": "a", "body": TYPED["body"]})]
    actions.import_offers(rows=rows, source="s", by=world.research_admin.actor, at=at)
    assert Offer.objects.get().organisation == world.university
    other = [(2, {"id": "b", "owner": world.institute.code, "body": TYPED["body"]})]
    with pytest.raises(ImportRefused) as caught:
        actions.import_offers(rows=other, source="s", by=world.research_admin.actor, at=at)
    assert caught.value.problems[0][2].code == "offer.owner_other"


def test_a_chain_and_a_mode_that_do_not_exist_are_named(world, at):
    typed = TYPED | {"chains": ["养殖"], "modes": ["赠送"]}
    offer = actions.save_draft(typed=typed, by=world.member.actor, at=at)
    with pytest.raises(Refused) as caught:
        actions.submit_offer(offer=offer, by=world.member.actor, at=at)
    assert [(one.code, one.facts) for one in caught.value.refusals] == [
        ("offer.chain_unknown", {"named": "养殖"}), ("offer.mode_unknown", {"named": "赠送"})]


def test_an_idle_draft_is_told_before_it_is_deleted_and_again_when_it_was_touched(world, at):
    from datetime import timedelta

    from kechuang.messages.models import Message
    from kechuang.offers.jobs import freshen

    actions.save_draft(typed=TYPED, by=world.member.actor, at=at)
    told = Message.objects.filter(template="offers.draft_idle")
    assert (freshen(at + timedelta(days=75)), told.count()) == (0, 0)
    assert (freshen(at + timedelta(days=200)), told.count()) == (0, 1)
    assert [one.person_number for one in told.all()] == [world.member.person.number]
    offer = Offer.objects.get()
    touched = TYPED | {"title": "高导热氮化铝基板"}
    actions.save_draft(
        offer=offer, typed=touched, by=world.member.actor, at=at + timedelta(days=205)
    )
    assert (freshen(at + timedelta(days=290)), told.count()) == (0, 2)
    assert freshen(at + timedelta(days=303)) == 0
    assert freshen(at + timedelta(days=305)) == 1
    assert not Offer.objects.exists()
