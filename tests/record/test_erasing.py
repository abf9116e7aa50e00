"""What an entry says is erased by two people alone; its proof stays, and verify says who it was."""

import json

import pytest
from django.db import IntegrityError, transaction
from typer.testing import CliRunner

from kechuang.base.actor import Actor
from kechuang.base.refusals import NotPermitted, Refused
from kechuang.record import actions, queries
from kechuang.record.commands import app
from kechuang.record.models import Entry, Erasure, Payload
from kechuang.record.rules.verifying import Kind
from kechuang.site.work import work_of

pytestmark = pytest.mark.django_db
WHY = "当事人书面撤回同意，见来函第三号。"


@pytest.fixture
def entry(world, at):
    """An entry with a payload, published."""
    made = actions.append(
        verb="needs.sign", object_number="XQ-2026-000001", by=world.unit_admin.actor, at=at,
        payload={"state": "COUNTY_CHECK"},
    )  # fmt: skip
    actions.sequence_entries()
    actions.take_checkpoint(at=at)
    return made


@pytest.fixture
def asked(entry, world, at):
    return actions.ask_erasure(
        entry=entry, ground="CONSENT", reason=WHY, by=world.officer.actor, at=at
    )


def published(at):
    actions.sequence_entries()
    actions.take_checkpoint(at=at)


def test_one_asks_another_erases_and_the_record_is_whole(asked, entry, world, at):
    assert Payload.objects.get(entry=entry).content == {"state": "COUNTY_CHECK"}
    done = actions.approve_erasure(erasure=asked, by=world.head.actor, at=at)
    assert (done.state, done.decided_by) == ("ERASED", world.head.person.number)
    assert Payload.objects.get(entry=entry).content is None
    published(at)
    report = queries.report_on()
    assert (report.findings, report.erased) == ([], [entry.number])
    verbs = Entry.objects.filter(object_number=entry.number).order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == ["record.ask_erasure", "record.erase"]
    said = CliRunner().invoke(app, ["verify"])
    assert (said.exit_code, entry.number in said.stdout) == (0, True)
    told = json.loads(CliRunner().invoke(app, ["verify", "--json"]).stdout)
    assert told["erased"] == [entry.number]
    proofs = queries.proofs_file(queries.history_of("XQ-2026-000001"), queries.checkpoint(),
                                 ["needs.sign"])
    assert "payload" not in proofs["entries"][0]


def test_who_asked_cannot_approve_and_nobody_else_may(asked, world, at, entry):
    same = actions.ask_erasure(entry=_other(world, at), ground="ORDER", reason=WHY,
                               by=world.head.actor, at=at)
    with pytest.raises(Refused) as refused:
        actions.approve_erasure(erasure=same, by=world.head.actor, at=at)
    assert refused.value.code == "record.same_person"
    for member in (world.officer2, world.supervisor, world.operator, world.finance):
        with pytest.raises(NotPermitted):
            actions.approve_erasure(erasure=asked, by=member.actor, at=at)
    for member in (world.supervisor, world.operator, world.filler):
        with pytest.raises(NotPermitted):
            actions.ask_erasure(entry=entry, ground="CONSENT", reason=WHY, by=member.actor, at=at)


def _other(world, at):
    return actions.append(verb="needs.pass", object_number="XQ-2026-000002", by=Actor.CLOCK, at=at,
                          payload={"state": "ACCEPTED"})


@pytest.mark.parametrize(("change", "code"), [
    ({"reason": "太短"}, "record.no_reason"), ({}, "record.asked_already"),
])
def test_an_erasure_needs_a_reason_and_is_asked_once(asked, entry, world, at, change, code):
    with pytest.raises(Refused) as refused:
        actions.ask_erasure(**{"entry": entry, "ground": "CONSENT", "reason": WHY, **change},
                            by=world.officer2.actor, at=at)
    assert refused.value.code == code


def test_a_refused_erasure_changes_nothing_and_can_be_asked_anew(asked, entry, world, at):
    done = actions.refuse_erasure(erasure=asked, reason="内容里没有个人信息，不予删除。",
                                  by=world.head.actor, at=at)
    assert (done.state, Payload.objects.get(entry=entry).content) == (
        "REFUSED", {"state": "COUNTY_CHECK"})
    with pytest.raises(Refused) as refused:
        actions.approve_erasure(erasure=asked, by=world.head2.actor, at=at)
    assert refused.value.code == "record.decided_already"
    again = actions.ask_erasure(entry=entry, ground="ORDER", reason=WHY, by=world.officer.actor,
                                at=at)
    actions.approve_erasure(erasure=again, by=world.head.actor, at=at)
    with pytest.raises(Refused) as refused:
        actions.ask_erasure(entry=entry, ground="ORDER", reason=WHY, by=world.officer.actor, at=at)
    assert refused.value.code == "record.nothing_to_erase"
    about = Entry.objects.get(verb="record.erase")
    with pytest.raises(Refused) as refused:
        actions.ask_erasure(entry=about, ground="ORDER", reason=WHY, by=world.officer.actor, at=at)
    assert refused.value.code == "record.about_erasing"


def test_the_database_lets_no_payload_go_without_two(asked, entry, world):
    payload = Payload.objects.filter(entry=entry)
    for change in (lambda: payload.update(content=None), lambda: payload.update(content={}),
                   lambda: payload._raw_delete("default")):
        with pytest.raises(IntegrityError, match="record_is_written_once"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError, match="decided_by_another"), transaction.atomic():
        Erasure.objects.update(state="ERASED", decided_by=world.officer.person.number,
                               decided_at=asked.asked_at)
    with pytest.raises(IntegrityError, match="decided_once"), transaction.atomic():
        Erasure.objects.filter(pk=asked.pk)._raw_delete("default")


def test_an_erasure_that_stands_in_a_table_alone_is_found(asked, entry, world, at):
    """Whoever owns the database may write the table, and so empty a payload: the log tells."""
    Erasure.objects.update(state="ERASED", decided_by=world.head.person.number, decided_at=at)
    Payload.objects.filter(entry=entry).update(content=None)
    [one] = queries.report_on().findings
    assert (one.kind, one.number) == (Kind.PAYLOAD, entry.number)


def test_it_waits_for_a_head_who_did_not_ask(asked, world, at, django_assert_num_queries):
    rows = {name: work_of(getattr(world, name).actor, at) for name in ("head", "officer", "head2")}
    mine = {name: [m.mine for m in work.matters if m.number == asked.number]
            for name, work in rows.items()}
    assert mine == {"head": [True], "officer": [False], "head2": [True]}
    from kechuang.record.waiting import matters_for

    with django_assert_num_queries(1):
        matters_for(world.head.actor, at)


def test_it_is_asked_and_approved_by_pages(entry, world, client_as, at):
    officer, head = client_as(world.officer), client_as(world.head)
    number = entry.number
    assert f"?entry={number}" in officer.get(f"/verify/{number}/").content.decode()
    path = "/record/erasures/"
    assert "还没有删除申请" in officer.get(path).content.decode()
    for member in (world.supervisor, world.filler, world.operator):
        assert client_as(member).get(f"{path}new/").status_code == 404
    assert number in officer.get(f"{path}new/?entry={number}").content.decode()
    wrong = officer.post(f"{path}new/", {"entry": "0" * 11, "ground": "CONSENT", "reason": WHY})
    assert (wrong.status_code, "没有这个编号的条目" in wrong.content.decode()) == (422, True)
    made = officer.post(f"{path}new/", {"entry": number, "ground": "CONSENT", "reason": WHY})
    page = made["Location"]
    assert "批准并删除" not in officer.get(page).content.decode()
    assert officer.post(page, {"act": "approve"}).status_code == 422
    assert "批准并删除" in head.get(page).content.decode()
    assert head.post(page, {"act": "refuse", "reason": "短"}).status_code == 422
    assert head.post(page, {"act": "approve"}).status_code == 302
    assert Payload.objects.get(entry=entry).content is None
    assert "已删除" in head.get(path).content.decode()
    assert client_as(world.filler).get(page).status_code == 404
    assert client_as(world.supervisor).get(page).status_code == 200


def test_it_is_asked_and_approved_by_the_api(entry, world, api_as):
    officer, head, base = api_as(world.officer), api_as(world.head), "/api/v1/record/erasures"
    asked = {"entry": entry.number, "ground": "ORDER", "reason": WHY}
    made = officer.post(base, asked, content_type="application/json")
    assert made.status_code == 201, made.content
    number = made.json()["number"]
    assert officer.get(base).json()["items"][0]["entry"] == entry.number
    assert officer.post(f"{base}/{number}/approve").status_code == 422
    refused = head.post(f"{base}/{number}/refuse", {"reason": "短"},
                        content_type="application/json")
    assert refused.json()["refusals"][0]["code"] == "record.no_reason"
    done = head.post(f"{base}/{number}/approve").json()
    assert (done["state"], done["decided_by"]) == ("ERASED", world.head.person.number)
    assert head.get(f"{base}/{number}").json()["state"] == "ERASED"
