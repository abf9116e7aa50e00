"""A need's way, step by step, and every way out of it."""

from datetime import timedelta

import pytest

from kechuang.base.refusals import NotPermitted, Refused, Stale
from kechuang.messages.models import Message
from kechuang.needs import actions, queries
from kechuang.needs.models import Disclosure, Mark, Need, NeedStage
from kechuang.needs.rules import Extent, State
from kechuang.record.models import Entry
from kechuang.search.models import Document
from tests.needs.builders import TYPED, accepted_need, drafted, submitted_need, waiting_need

pytestmark = pytest.mark.django_db


def test_the_whole_way_through_county_and_city(world, at):
    need = drafted(world, at)
    assert (need.state, len(need.number)) == (State.DRAFT, 11)
    need = actions.submit_need(need=need, by=world.filler.actor, at=at)
    assert (need.state, need.number) == (State.UNIT_CHECK, "XQ-2026-000001")
    need = actions.sign_need(need=need, consent=True, by=world.unit_admin.actor, at=at)
    assert (need.state, need.until.isoformat()) == (
        State.COUNTY_CHECK, "2026-11-25T17:00:00+08:00")
    need = actions.pass_check(need=need, by=world.officer_county.actor, at=at)
    assert need.state == State.CITY_CHECK
    need = actions.pass_check(need=need, by=world.officer.actor, at=at)
    assert need.state == State.ACCEPTED
    assert [stage.stage for stage in NeedStage.objects.filter(need=need)] == [
        "UNIT_CHECK", "COUNTY_CHECK", "CITY_CHECK", "ACCEPTED"]
    verbs = Entry.objects.filter(object_number=need.number).order_by("id")
    assert [entry.verb for entry in verbs] == [
        "needs.submit", "needs.sign", "needs.pass", "needs.pass"]


def test_a_draft_keeps_what_was_typed_as_typed(world, at):
    rows = [{"name": "热导率", "value": "较高"}]
    typed = TYPED | {"budget": "约三百", "due": "", "targets": rows}
    need = actions.save_draft(typed=typed, by=world.filler.actor, at=at)
    assert need.typed["budget"] == "约三百"
    assert need.typed["targets"][0]["value"] == "较高"
    assert Entry.objects.count() == 0


def test_an_older_version_is_refused_and_nothing_is_lost(world, at):
    need = drafted(world, at)
    actions.save_draft(need=need, typed=TYPED | {"title": "乙"}, version=need.version,
                       by=world.filler.actor, at=at)
    with pytest.raises(Stale):
        actions.save_draft(need=need, typed=TYPED | {"title": "丙"}, version=need.version,
                           by=world.filler.actor, at=at)
    assert Need.objects.get(pk=need.pk).typed["title"] == "乙"


def test_submitting_refuses_all_problems_at_their_fields(world, at):
    typed = TYPED | {"budget": "3000000", "due": "2023-02-28",
                     "targets": [{**TYPED["targets"][0], "value": "较高"}]}
    need = actions.save_draft(typed=typed, by=world.filler.actor, at=at)
    with pytest.raises(Refused) as caught:
        actions.submit_need(need=need, by=world.filler.actor, at=at)
    assert [(one.code, one.fields[0]) for one in caught.value.refusals] == [
        ("need.target_value_form", "targets-0-value"),
        ("need.budget_unusual", "budget"),
        ("need.due_past", "due"),
    ]
    assert Need.objects.get().submitted_at is None


def test_signing_needs_consent(world, at):
    need = submitted_need(world, at)
    with pytest.raises(Refused) as caught:
        actions.sign_need(need=need, consent=False, by=world.unit_admin.actor, at=at)
    assert caught.value.code == "need.consent_missing"


def test_the_filler_may_not_sign(world, at):
    need = submitted_need(world, at)
    with pytest.raises(NotPermitted):
        actions.sign_need(need=need, consent=True, by=world.filler.actor, at=at)


def test_the_city_may_not_pass_what_the_county_holds(world, at):
    need = waiting_need(world, at)
    with pytest.raises(NotPermitted):
        actions.pass_check(need=need, by=world.officer.actor, at=at)


def test_a_return_marks_fields_and_the_need_comes_back_to_the_same_office(world, at):
    need = waiting_need(world, at)
    need = actions.pass_check(need=need, by=world.officer_county.actor, at=at)
    need = actions.return_need(need=need, marks={"budget": "请写明是否含设备"},
                               by=world.officer.actor, at=at)
    assert need.state == State.DRAFT
    assert [(m.field, m.words) for m in queries.open_marks(need)] == [
        ("budget", "请写明是否含设备")]
    assert need.typed["budget"] == "300"
    told = Message.objects.filter(template="needs.returned").values_list("person_number", flat=True)
    assert set(told) == {world.filler.person.number, world.unit_admin.person.number}
    need = actions.submit_need(need=need, by=world.filler.actor, at=at)
    assert Mark.objects.filter(cleared_at__isnull=True).count() == 0
    need = actions.sign_need(need=need, consent=True, by=world.unit_admin.actor, at=at)
    assert need.state == State.CITY_CHECK


def test_a_return_that_marks_nothing_is_refused(world, at):
    need = waiting_need(world, at)
    with pytest.raises(Refused) as caught:
        actions.return_need(need=need, marks={"budget": " "}, by=world.officer_county.actor, at=at)
    assert caught.value.code == "need.return_marks_nothing"


def test_the_city_passes_upward_and_the_province_accepts(world, at):
    need = waiting_need(world, at)
    need = actions.pass_check(need=need, by=world.officer_county.actor, at=at)
    need = actions.pass_check(need=need, upward=True, by=world.officer.actor, at=at)
    assert need.state == State.PROVINCE_CHECK
    need = actions.pass_check(need=need, by=world.officer_province.actor, at=at)
    assert need.state == State.ACCEPTED


def test_a_merged_need_goes_on_seeing_progress_and_no_more(world, at):
    into = accepted_need(world, at, publication="CLOSED")
    rival = world.rival_filler
    need = actions.save_draft(typed=TYPED, by=rival.actor, at=at)
    need = actions.submit_need(need=need, by=rival.actor, at=at)
    need = actions.sign_need(need=need, consent=True, by=world.rival_admin.actor, at=at)
    need = actions.pass_check(need=need, by=world.officer_other_county.actor, at=at)
    need = actions.merge_need(need=need, into=into, by=world.officer.actor, at=at)
    assert (need.state, need.merged_into) == (State.MERGED, into)
    assert queries.visible_to(rival.actor, at).filter(pk=into.pk).exists()
    assert not queries.readable_to(rival.actor, at).filter(pk=into.pk).exists()
    assert queries.sight_on(into, rival.actor, at).extent == Extent.PROGRESS


def test_a_need_is_not_merged_into_itself(world, at):
    need = waiting_need(world, at)
    with pytest.raises(Refused) as caught:
        actions.merge_need(need=need, into=need, by=world.officer_county.actor, at=at)
    assert caught.value.code == "need.merge_into_itself"


def test_the_public_finds_no_target_and_no_owner_of_a_redacted_need(world, at):
    need = accepted_need(world, at, publication="REDACTED")
    document = Document.objects.get(number=need.number)
    assert document.visibility == "PUBLIC"
    assert document.owner_code == ""
    assert "剪切强度" not in document.body
    assert world.enterprise.name not in document.body


def test_a_closed_need_is_for_officers_alone(world, at):
    need = accepted_need(world, at, publication="CLOSED")
    assert Document.objects.get(number=need.number).visibility == "OFFICERS"
    assert queries.public_needs().count() == 0


def test_reconfirming_begins_the_year_anew(world, at):
    need = accepted_need(world, at)
    later = at + timedelta(days=170)
    need = actions.reconfirm_need(need=need, by=world.filler.actor, at=later)
    assert need.expires_at.date().isoformat() == "2028-05-10"
    assert need.accepted_at == at


def test_expiry_waits_for_the_day_and_is_the_clocks_alone(world, at):
    from kechuang.base.actor import Actor

    need = accepted_need(world, at)
    assert not actions.expire_need(need=need, by=Actor.CLOCK, at=at + timedelta(days=300))
    assert not actions.expire_need(need=need, by=world.officer.actor, at=at + timedelta(days=400))
    assert actions.expire_need(need=need, by=Actor.CLOCK, at=at + timedelta(days=366))
    need.refresh_from_db()
    assert need.state == State.EXPIRED
    assert not Document.objects.filter(number=need.number).exists()


def test_converting_freezes_a_snapshot_and_keeps_the_link(world, at):
    need = accepted_need(world, at)
    snapshot = actions.convert_need(need=need, challenge_number="JB-2026-000001",
                                    by=world.officer.actor, at=at)
    need.refresh_from_db()
    assert (need.state, need.challenge_number) == (State.CONVERTED, "JB-2026-000001")
    assert snapshot["budget_fen"] == 300_000_000
    assert snapshot["targets"][0] == {
        "name": "剪切强度", "comparison": "AT_LEAST", "value": "60", "value_high": "",
        "unit": "MPa", "test_method": ""}


def test_a_disclosure_opens_a_closed_need_and_ends(world, at):
    need = accepted_need(world, at, publication="CLOSED")
    member = world.member.actor
    assert not queries.visible_to(member, at).filter(pk=need.pk).exists()
    actions.disclose(need=need, to_organisation=world.university, extent="FULL",
                     cause_number="YJ1", by=world.liaison.actor, at=at)
    assert queries.sight_on(need, member, at).extent == Extent.FULL
    ended = actions.end_disclosure(need=need, cause_number="YJ1", by=world.liaison.actor,
                                   at=at + timedelta(days=1))
    assert ended == 1
    assert not queries.visible_to(member, at + timedelta(days=2)).filter(pk=need.pk).exists()
    assert Disclosure.objects.count() == 1


def test_withdrawing_after_the_signature_is_the_administrators(world, at):
    need = waiting_need(world, at)
    with pytest.raises(NotPermitted):
        actions.withdraw_need(need=need, reason="不再需要", by=world.filler.actor, at=at)
    need = actions.withdraw_need(need=need, reason="不再需要", by=world.unit_admin.actor, at=at)
    assert need.state == State.WITHDRAWN


def test_an_idle_draft_is_told_then_deleted(world, at):
    from kechuang.base.actor import Actor

    need = drafted(world, at)
    assert actions.sweep_draft(need=need, by=Actor.CLOCK, at=at + timedelta(days=75)) == "KEPT"
    assert actions.sweep_draft(need=need, by=Actor.CLOCK, at=at + timedelta(days=76)) == "TOLD"
    told = Message.objects.filter(template="needs.draft_idle")
    owners = {world.filler.person.number, world.unit_admin.person.number}
    assert {one.person_number for one in told} == owners
    assert actions.sweep_draft(need=need, by=Actor.CLOCK, at=at + timedelta(days=89)) == "KEPT"
    assert actions.sweep_draft(need=need, by=Actor.CLOCK, at=at + timedelta(days=91)) == "DELETED"
    assert Need.objects.count() == 0


def test_a_draft_touched_after_the_word_is_told_of_again(world, at):
    from kechuang.base.actor import Actor

    def swept(days):
        return actions.sweep_draft(need=need, by=Actor.CLOCK, at=at + timedelta(days=days))

    need = drafted(world, at)
    assert swept(76) == "TOLD"
    actions.add_attachment(
        need=need, name="图.pdf", content=b"%PDF-1.4\n%%EOF\n", by=world.filler.actor,
        at=at + timedelta(days=80),
    )  # fmt: skip
    assert (swept(95), swept(156), swept(169), swept(171)) == ("KEPT", "TOLD", "KEPT", "DELETED")
    assert Message.objects.filter(template="needs.draft_idle").count() == 4  # two owners


def test_the_night_deletes_no_draft_without_a_word(world, at):
    from kechuang.needs.jobs import freshen

    drafted(world, at)
    assert freshen(at + timedelta(days=200))["deleted"] == 0
    assert Message.objects.filter(template="needs.draft_idle").count() == 2  # two owners
    assert freshen(at + timedelta(days=213))["deleted"] == 0
    assert freshen(at + timedelta(days=215))["deleted"] == 1
    assert Need.objects.count() == 0


def test_the_register_counts_a_need_once_on_its_first_acceptance(world, at):
    from kechuang.base.periods import Period

    need = accepted_need(world, at)
    actions.reconfirm_need(need=need, by=world.filler.actor, at=at)
    rows = queries.needs_accepted(Period.parse("2026-11"), world.city.path)
    assert [(row.number, row.value) for row in rows] == [(need.number, 1)]
    assert queries.needs_accepted(Period.parse("2026-10"), world.city.path) == []
    assert queries.needs_accepted(Period.parse("2026-11"), world.other_county.path) == []
