"""A liaison of a region sees the region; a liaison of a unit sees the unit (decision 010)."""

import pytest

from kechuang.base.actor import Role
from kechuang.base.refusals import NotPermitted
from kechuang.matching import actions, queries
from kechuang.matching.waiting import matters_for
from kechuang.needs import queries as needs
from kechuang.search.actions import index_documents, put_document
from kechuang.search.queries import search_documents

pytestmark = pytest.mark.django_db


@pytest.fixture
def of_university(world):
    return world.add("liaison_university", Role.LIAISON, organisation=world.university)


@pytest.fixture
def of_enterprise(world):
    return world.add("liaison_enterprise", Role.LIAISON, organisation=world.enterprise)


@pytest.fixture
def closed(make_need, at):
    """A closed need of the enterprise, found by the offices alone."""
    need = make_need(publication="CLOSED")
    put_document(
        number=need.number, kind="need", title=need.title, keywords="", body=need.body,
        region_path=need.region_path, owner_code=need.organisation.code, visibility="OFFICERS",
        at=at,
    )  # fmt: skip
    return need


def sees(member, need, at):
    actor = member.actor
    found = needs.visible_to(actor, at).filter(pk=need.pk).exists()
    index_documents(at=at)
    hits = search_documents(actor=actor, at=at, text="氮化铝", kinds=["need"])
    searched = need.number in str(hits)
    return found, searched, needs.sight_on(need, actor, at).summary


def test_a_closed_need_is_for_its_regions_liaison_and_for_its_units_own(
    world, closed, of_university, of_enterprise, at
):
    assert sees(world.liaison, closed, at) == (True, True, True)
    assert sees(of_enterprise, closed, at) == (True, True, True)
    assert sees(of_university, closed, at) == (False, False, False)


def test_a_liaison_of_a_unit_does_not_judge_for_others(
    world, closed, offer, of_university, of_enterprise, client_as, at
):
    actions.rank_need(need=closed, at=at)
    path = f"/needs/{closed.number}/matches/"
    assert client_as(of_university).get(path).status_code == 404
    assert client_as(of_enterprise).get(path).status_code == 200
    assert [m.number for m in matters_for(of_enterprise.actor, at)] == [closed.number]
    assert matters_for(of_university.actor, at) == []
    said = {"need": closed, "offer": offer, "reason_code": "TARGETS_MET", "note": "可先试片。"}
    with pytest.raises(NotPermitted):
        actions.introduce(**said, by=of_university.actor, at=at)
    made = actions.introduce(**said, by=of_enterprise.actor, at=at)
    assert made.liaison == of_enterprise.person


def test_an_introduction_opens_the_need_to_the_introduced_units_liaison(
    world, closed, offer, of_university, at
):
    actions.rank_need(need=closed, at=at)
    row = actions.introduce(need=closed, offer=offer, reason_code="TARGETS_MET",
                            note="可先试片。", by=world.liaison.actor, at=at)
    assert needs.visible_to(of_university.actor, at).filter(pk=closed.pk).exists()
    assert queries.visible_to(of_university.actor, at).filter(pk=row.pk).exists()


def test_a_unit_named_beside_a_region_does_not_narrow_the_appointment(world, closed, at):
    both = world.add("liaison_both", Role.LIAISON, organisation=world.institute,
                     region=world.city)
    assert both.actor.organisation == ""
    assert sees(both, closed, at) == (True, True, True)


def test_the_log_of_anothers_introduction_is_not_the_units_liaisons(
    world, need, offer, introduction, of_university, client_as
):
    page = client_as(of_university).get(f"/introductions/{introduction.number}/")
    assert page.status_code == 200
    assert "联络记录" not in page.content.decode()
    whole = client_as(world.liaison).get(f"/introductions/{introduction.number}/")
    assert "联络记录" in whole.content.decode()
