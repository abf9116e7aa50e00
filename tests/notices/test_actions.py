"""Each action of the notices: one test per way out."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, RefusedTogether, Stale
from kechuang.notices import actions, queries, rules
from kechuang.notices.models import Notice, Objection, Pause
from kechuang.parties.queries import contact_of
from kechuang.record.queries import history_of

STATEMENT = "公示的牵头单位在 2025 年已就同一内容获得市级财政资助，见该项目公告。"
FILLED = {"ground": "FACTS", "statement": STATEMENT, "request": "请核实并取消公示。"}
CLOCK = Actor.CLOCK


def shanghai(text):
    return datetime.fromisoformat(f"{text}+08:00")


MONDAY = shanghai("2026-11-23T09:00:00")


@pytest.fixture
def notice(world):
    return actions.open_notice(
        subject_number="JB-2026-000020", kind="AWARD", title="高速主轴轴承榜单拟立项公示",
        facts={"揭榜单位": "示例大学", "财政资助": "3000 万元"}, region_path=world.city.path,
        working_days=5, by=world.head.actor, at=MONDAY,
    )  # fmt: skip


@pytest.fixture
def filed(notice, world):
    return actions.object_to(notice=notice, by=world.rival_admin.actor, at=day(24), **FILLED)


@pytest.fixture
def accepted(filed, world):
    return actions.accept_objection(objection=filed, by=world.officer.actor, at=day(25))


@pytest.fixture
def answered(accepted, world):
    return actions.answer_objection(
        objection=accepted, answer="已核实，两项目内容不同。", by=world.officer.actor, at=day(26)
    )


def day(number, clock="10:00:00"):
    return shanghai(f"2026-11-{number:02d}T{clock}")


def reloaded(row):
    return type(row).objects.get(pk=row.pk)


# open_notice


def test_a_notice_opens_with_its_end_by_working_days(notice, world):
    assert notice.number == "GS-2026-000001"
    assert (notice.state, notice.is_provisional) == ("OPEN", False)
    assert notice.ends_at == shanghai("2026-12-01T00:00:00")
    assert notice.facts == [["揭榜单位", "示例大学"], ["财政资助", "3000 万元"]]
    assert notice.involved == [world.head.person.number]
    assert [entry.verb for entry in history_of(notice.number)] == ["notices.open_notice"]


def test_nobody_but_the_regions_office_opens_a_notice(world):
    for member in (world.filler, world.officer_county, world.supervisor, world.operator):
        with pytest.raises(NotPermitted):
            actions.open_notice(
                subject_number="JB-1", kind="GENERAL", title="公示", facts={},
                region_path=world.city.path, working_days=5, by=member.actor, at=MONDAY,
            )  # fmt: skip
    assert Notice.objects.count() == 0


def test_one_notice_runs_per_subject_and_kind(notice, world):
    with pytest.raises(IntegrityError), transaction.atomic():
        actions.open_notice(
            subject_number="JB-2026-000020", kind="AWARD", title="再次公示", facts={},
            region_path=world.city.path, working_days=5, by=world.head.actor, at=MONDAY,
        )  # fmt: skip


def test_whoever_the_record_names_for_the_subject_is_involved(world):
    from kechuang.record.actions import append

    append(verb="challenges.propose", object_number="JB-9", by=world.officer.actor, at=MONDAY)
    notice = actions.open_notice(
        subject_number="JB-9", kind="AWARD", title="公示", facts={}, working_days=5,
        region_path=world.city.path, by=world.head.actor, at=MONDAY,
        involved=[world.member.person.number],
    )  # fmt: skip
    assert set(notice.involved) == {
        world.officer.person.number, world.head.person.number, world.member.person.number,
    }  # fmt: skip


# the clock and its end


def test_a_notice_is_over_at_the_end_of_its_last_day(notice, world):
    assert queries.is_over(notice, day(30, "23:59:59")) is False
    assert queries.is_over(notice, shanghai("2026-12-01T00:00:00")) is True


def test_the_clock_ends_a_notice_that_is_over(notice):
    ended = actions.close_notice(notice=notice, by=CLOCK, at=shanghai("2026-12-01T00:00:00"))
    assert (ended.state, queries.is_over(ended, MONDAY)) == ("ENDED", True)
    again = actions.close_notice(notice=notice, by=CLOCK, at=shanghai("2026-12-02T00:00:00"))
    assert again.version == ended.version


def test_nobody_ends_a_notice_before_its_term(notice, world):
    with pytest.raises(rules.NoticeRefused) as refused:
        actions.close_notice(notice=notice, by=world.head.actor, at=day(30))
    assert refused.value.code == "notices.notice_not_over"


def test_a_filed_objection_stops_the_clock_and_its_refusal_runs_it_on(notice, filed, world):
    assert (reloaded(notice).state, reloaded(notice).ends_at) == ("PAUSED", None)
    assert queries.has_open_objection(notice) is True
    actions.refuse_objection(
        objection=filed, reason="不属于公示内容。", by=world.officer.actor, at=day(26)
    )
    running = reloaded(notice)
    assert (running.state, running.ends_at) == ("OPEN", shanghai("2026-12-04T00:00:00"))
    assert queries.has_open_objection(notice) is False


def test_two_objections_stop_it_until_the_last_is_gone(notice, filed, world):
    second = actions.object_to(notice=notice, by=world.filler.actor, at=day(25), **FILLED)
    actions.withdraw_objection(objection=filed, by=world.rival_admin.actor, at=day(25))
    assert reloaded(notice).state == "PAUSED"
    actions.withdraw_objection(objection=second, by=world.filler.actor, at=day(27))
    assert reloaded(notice).ends_at == shanghai("2026-12-05T00:00:00")


def test_a_notice_is_cancelled_with_a_reason(notice, world):
    cancelled = actions.cancel_notice(
        notice=notice, reason="附件有误。", by=world.head.actor, at=day(24)
    )
    assert (cancelled.state, cancelled.reason) == ("CANCELLED", "附件有误。")
    assert queries.is_over(cancelled, shanghai("2027-01-01T00:00:00")) is False
    assert queries.notice_for("JB-2026-000020") is None
    with pytest.raises(rules.ObjectionRefused):
        actions.cancel_notice(notice=notice, reason="再撤", by=world.head.actor, at=day(24))


def test_reckoning_moves_nothing_while_the_calendar_stands(notice):
    assert actions.reckon_notice(notice=notice, by=CLOCK, at=day(24)) is False


def test_reckoning_corrects_an_end_that_was_computed_before_a_notice_was_known(notice):
    Notice.objects.filter(pk=notice.pk).update(
        ends_at=shanghai("2026-11-30T00:00:00"), is_provisional=True
    )
    assert actions.reckon_notice(notice=notice, by=CLOCK, at=day(24)) is True
    assert (reloaded(notice).ends_at, reloaded(notice).is_provisional) == (
        shanghai("2026-12-01T00:00:00"), False,
    )  # fmt: skip


def test_nobody_but_the_clock_reckons(notice, world):
    with pytest.raises(NotPermitted):
        actions.reckon_notice(notice=notice, by=world.head.actor, at=day(24))


# save_objection and object_to


def test_a_draft_is_kept_without_stopping_the_clock(notice, world):
    first = actions.save_objection(
        notice=notice, statement="公示的", by=world.rival_admin.actor, at=day(24)
    )
    second = actions.save_objection(
        notice=notice, statement="公示的牵头单位", version=first.version,
        by=world.rival_admin.actor, at=day(24),
    )  # fmt: skip
    assert (first.pk, second.statement, second.state) == (second.pk, "公示的牵头单位", "DRAFT")
    assert reloaded(notice).state == "OPEN"
    assert not second.number.startswith("YY")
    assert history_of(second.number).count() == 0


def test_a_stale_draft_is_refused(notice, world):
    by = world.rival_admin.actor
    first = actions.save_objection(notice=notice, statement="一", by=by, at=day(24))
    actions.save_objection(notice=notice, statement="二", by=by, at=day(24))
    with pytest.raises(Stale):
        actions.save_objection(
            notice=notice, statement="三", version=first.version, by=by, at=day(24)
        )


def test_an_objection_is_filed_by_name_and_gets_its_number(filed, world):
    assert (filed.number, filed.state) == ("YY-2026-000001", "FILED")
    assert filed.objector == world.rival_admin.person
    assert filed.due_at == shanghai("2026-11-28T00:00:00")
    assert Pause.objects.get(objection=filed).until is None


def test_what_is_missing_is_said_together_and_nothing_is_kept(notice, world):
    person = world.rival_admin.person
    contact = contact_of(person)
    contact.phone = contact.email = ""
    contact.save()
    with pytest.raises(RefusedTogether) as refused:
        actions.object_to(
            notice=notice, ground="", statement="", request="", by=world.rival_admin.actor,
            at=day(24),
        )  # fmt: skip
    assert [one.fields[0] for one in refused.value.refusals] == [
        "ground", "statement", "request", "phone",
    ]  # fmt: skip
    assert (Objection.objects.count(), reloaded(notice).state) == (0, "OPEN")


def test_a_contact_given_with_the_objection_is_kept_apart(notice, world):
    actions.object_to(
        notice=notice, by=world.rival_admin.actor, at=day(24), phone="13900000001", **FILLED
    )
    assert contact_of(world.rival_admin.person).phone == "13900000001"


@pytest.mark.parametrize("name", ["supervisor", "operator"])
def test_who_watches_or_operates_does_not_object(notice, world, name):
    with pytest.raises(NotPermitted):
        actions.object_to(notice=notice, by=getattr(world, name).actor, at=day(24), **FILLED)


def test_nobody_objects_unnamed(notice):
    with pytest.raises(NotPermitted):
        actions.object_to(notice=notice, by=Actor.PUBLIC, at=day(24), **FILLED)


def test_an_objection_at_the_end_is_late(notice, world):
    end = shanghai("2026-12-01T00:00:00")
    with pytest.raises(rules.NoticeRefused) as refused:
        actions.object_to(notice=notice, by=world.rival_admin.actor, at=end, **FILLED)
    assert refused.value.code == "notices.notice_is_over"
    moment = timedelta(microseconds=1)
    filed = actions.object_to(
        notice=notice, by=world.rival_admin.actor, at=end - moment, **FILLED
    )
    assert filed.state == "FILED"


# the way of an objection


def test_accepting_names_the_handler_and_the_term_of_the_answer(accepted, world):
    assert (accepted.state, accepted.handler) == ("ACCEPTED", world.officer.person)
    assert accepted.due_at == shanghai("2026-12-17T00:00:00")


def test_whoever_took_part_does_not_handle(filed, world):
    with pytest.raises(NotPermitted):
        actions.accept_objection(objection=filed, by=world.head.actor, at=day(25))
    with pytest.raises(NotPermitted):
        actions.refuse_objection(
            objection=filed, reason="不受理", by=world.head.actor, at=day(25)
        )


def test_nobody_handles_outside_the_region(filed, world):
    with pytest.raises(NotPermitted):
        actions.accept_objection(objection=filed, by=world.officer_county.actor, at=day(25))


def test_an_objection_is_accepted_once(accepted, world):
    with pytest.raises(rules.ObjectionRefused) as refused:
        actions.accept_objection(objection=accepted, by=world.officer2.actor, at=day(25))
    assert refused.value.code == "notices.wrong_state"


def test_only_the_handler_answers(accepted, world):
    with pytest.raises(NotPermitted):
        actions.answer_objection(
            objection=accepted, answer="答复", by=world.officer2.actor, at=day(26)
        )


def test_dismissed_runs_the_clock_on(answered, notice, world):
    decided = actions.decide_objection(
        objection=answered, verdict="DISMISSED", decision="内容不同。", by=world.head2.actor,
        at=day(27),
    )  # fmt: skip
    assert (decided.state, decided.verdict, decided.due_at) == ("DECIDED", "DISMISSED", None)
    assert (reloaded(notice).state, reloaded(notice).ends_at) == (
        "OPEN", shanghai("2026-12-05T00:00:00"),
    )  # fmt: skip


def test_upheld_cancels_the_notice_and_says_so_in_the_record(answered, notice, world):
    decided = actions.decide_objection(
        objection=answered, verdict="UPHELD", decision="属实。", by=world.head2.actor, at=day(27)
    )
    assert (decided.state, reloaded(notice).state) == ("DECIDED", "CANCELLED")
    assert queries.is_over(reloaded(notice), shanghai("2027-01-01T00:00:00")) is False
    entry = history_of(decided.number).last()
    assert entry.verb == "notices.decide_objection"
    done = actions.execute_objection(
        objection=decided, execution="已撤销公示，退回重评。", by=world.officer.actor, at=day(28)
    )
    assert done.state == "EXECUTED"


def test_partly_upheld_holds_the_clock_until_it_is_executed(answered, notice, world):
    decided = actions.decide_objection(
        objection=answered, verdict="PARTLY", decision="金额笔误。", by=world.head2.actor,
        at=day(27),
    )  # fmt: skip
    assert reloaded(notice).state == "PAUSED"
    assert queries.has_open_objection(notice) is True
    actions.execute_objection(
        objection=decided, execution="已更正。", by=world.officer.actor, at=day(30)
    )
    assert (reloaded(notice).state, queries.has_open_objection(notice)) == ("OPEN", False)
    assert reloaded(notice).ends_at == shanghai("2026-12-08T00:00:00")


def test_a_dismissed_objection_needs_no_execution(answered, world):
    decided = actions.decide_objection(
        objection=answered, verdict="DISMISSED", by=world.head2.actor, at=day(27)
    )
    with pytest.raises(rules.ObjectionRefused):
        actions.execute_objection(
            objection=decided, execution="无", by=world.officer.actor, at=day(30)
        )


def test_neither_the_handler_nor_an_involved_head_decides(answered, world):
    for member in (world.officer, world.head, world.officer2):
        with pytest.raises(NotPermitted):
            actions.decide_objection(
                objection=answered, verdict="DISMISSED", by=member.actor, at=day(27)
            )


def test_an_unanswered_objection_is_not_decided(accepted, world):
    with pytest.raises(rules.ObjectionRefused):
        actions.decide_objection(
            objection=accepted, verdict="DISMISSED", by=world.head2.actor, at=day(27)
        )


def test_only_the_objector_withdraws_and_only_before_the_decision(answered, notice, world):
    with pytest.raises(NotPermitted):
        actions.withdraw_objection(objection=answered, by=world.officer.actor, at=day(27))
    gone = actions.withdraw_objection(
        objection=answered, by=world.rival_admin.actor, at=day(27)
    )
    assert (gone.state, reloaded(notice).state) == ("WITHDRAWN", "OPEN")
    with pytest.raises(rules.ObjectionRefused):
        actions.withdraw_objection(objection=gone, by=world.rival_admin.actor, at=day(27))


# who sees what


def test_who_objected_is_seen_by_handlers_the_supervisor_and_the_objector_alone(filed, world):
    seen = {
        name
        for name, member in world.members.items()
        if queries.objections_visible_to(member.actor, day(25)).exists()
    }
    assert seen == {
        "rival_admin", "officer", "officer2", "head2", "officer_province", "supervisor",
    }  # fmt: skip


def test_a_draft_is_seen_by_its_author_alone(notice, world):
    actions.save_objection(
        notice=notice, statement="草稿", by=world.rival_admin.actor, at=day(24)
    )
    seen = {
        name
        for name, member in world.members.items()
        if queries.objections_visible_to(member.actor, day(25)).exists()
    }
    assert seen == {"rival_admin"}


def test_the_database_keeps_handler_and_objector_apart(accepted):
    with pytest.raises(IntegrityError), transaction.atomic():
        Objection.objects.filter(pk=accepted.pk).update(handler=accepted.objector)


def test_the_database_keeps_a_paused_notice_without_an_end(notice, filed):
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice.objects.filter(pk=notice.pk).update(ends_at=MONDAY)
