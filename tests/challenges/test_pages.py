"""The pages: who finds what, and every act of the line done from its page."""

import json
import subprocess
import sys

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from kechuang.challenges.models import Bid, Challenge
from kechuang.challenges.waiting import matters_for
from kechuang.record.actions import sequence_entries, take_checkpoint
from tests.challenges import stages

pytestmark = pytest.mark.django_db


@pytest.fixture
def now():
    """Pages take the clock themselves, so the line begins in the past."""
    return timezone.now()


def seen(client, path, status=200):
    response = client.get(path)
    assert response.status_code == status, (path, response.status_code)
    return response


def test_an_open_challenge_is_read_by_everybody(world, at, client, client_as):
    line = stages.opened(world, at)
    path = f"/challenges/{line.challenge.number}/"
    page = seen(client, path).content.decode()
    assert line.challenge.title in page
    assert line.challenge.rulesets.get().sha256[:16] in page
    assert seen(client, "/challenges/").content.decode().count(line.challenge.number) >= 1
    for member in ("officer", "head", "supervisor", "member", "expert1", "filler", "operator"):
        seen(client_as(getattr(world, member)), path)


def test_a_draft_is_hidden_from_the_public_and_shown_to_the_office(world, at, client, client_as):
    line = stages.written(world, at)
    path = f"/challenges/{line.challenge.number}/"
    seen(client, path, 404)
    seen(client_as(world.member), path, 404)
    assert line.challenge.number not in seen(client, "/challenges/").content.decode()
    seen(client_as(world.officer), path)
    seen(client_as(world.unit_admin), path)
    for verb in ("edit", "fit-test", "ask-consent", "send", "cancel"):
        who = world.head if verb == "cancel" else world.officer
        seen(client_as(who), f"{path}{verb}/")
    seen(client_as(world.unit_admin), f"{path}consent/")
    seen(client_as(world.officer), f"{path}consent/", 404)


def test_a_need_is_turned_into_a_challenge_from_its_page(world, at, client_as):
    need = stages.accepted_need(world, at)
    path = f"/needs/{need.number}/convert/"
    for member in (world.head, world.liaison, world.unit_admin, world.officer_other_county):
        client = client_as(member)
        seen(client, path, 404)
        assert path not in client.get(f"/needs/{need.number}/").content.decode()
    officer = client_as(world.officer)
    assert path in seen(officer, f"/needs/{need.number}/").content.decode()
    assert "额定功率" in seen(officer, path).content.decode()
    assert "MERIT" in seen(officer, path).content.decode()
    assert officer.post(path, {"mode": "NONE"}).status_code == 422
    made = officer.post(path, {"mode": "OPEN"})
    challenge = Challenge.objects.get(need=need)
    assert (challenge.mode, challenge.mode_version) == ("OPEN", 1)
    assert made["Location"] == f"/challenges/{challenge.number}/edit/"
    draft = seen(officer, made["Location"]).content.decode()
    for said in ("额定功率", 'value="16"', "MW", need.title):
        assert said in draft, said
    seen(officer, path, 404)
    assert officer.post(path, {}).status_code == 422
    assert Challenge.objects.count() == 1


def test_the_line_is_walked_by_its_pages(world, now, client_as):
    line = stages.opened(world, now - timezone.timedelta(days=15))
    line.at = now
    writer, admin = client_as(world.member), client_as(world.research_admin)
    path = f"/challenges/{line.challenge.number}/"
    made = writer.post(f"{path}bids/new/", {})
    assert made.status_code == 302
    bid = Bid.objects.get()
    page = f"/bids/{bid.number}/"
    for verb in ("", "edit/", "attach/", "submit/", "withdraw/", "ask-signature/"):
        seen(writer, page + verb)
    saved = writer.post(f"{page}autosave/", typed(line, bid))
    assert (saved.status_code, saved.json()) == (200, {"version": bid.version + 1})
    assert writer.post(f"{page}edit/", typed(line, bid)).status_code == 409
    bid.refresh_from_db()
    assert writer.post(f"{page}edit/", typed(line, bid)).status_code == 302
    seen(admin, f"{page}sign/")
    assert admin.post(f"{page}sign/", {}).status_code == 422
    assert admin.post(f"{page}sign/", {"commitment": "on"}).status_code == 302
    sealed = writer.post(f"{page}submit/", {})
    assert sealed.status_code == 302, sealed.content.decode()
    seen(writer, sealed["Location"])
    seen(writer, sealed["Location"].rstrip("/") + ".json")
    seen(client_as(world.officer), page, 404)
    seen(client_as(world.officer), f"{path}bids/", 404)


def typed(line, bid):
    """What a writer types into the form of a bid, as the browser sends it."""
    proposal = stages.proposal(line, "")
    data = {name: proposal[name] for name in ("title", "summary", "route", "basis")}
    data |= {"version": bid.version, "lead": bid.lead.number, "members": "",
             "other_public": "no", "total_fen": "9000", "public_fen": "3000", "own_fen": "6000",
             "other_fen": "0", "signing_fen": "600"}
    rows = {
        "commitments": [{"target": one["target"], "value": "达到", "how": "台架"}
                        for one in proposal["commitments"]],
        "team": [], "milestones": [
            {**one, "public_fen": one["public_fen"] // stages.WAN}
            for one in proposal["milestones"]],
    }
    for prefix, found in rows.items():
        data |= {f"{prefix}-TOTAL_FORMS": len(found), f"{prefix}-INITIAL_FORMS": 0}
        for place, row in enumerate(found):
            data |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return data


def test_the_office_decides_by_its_pages(world, now, client_as):
    line = stages.closed(world, now - timezone.timedelta(days=60))
    path = f"/challenges/{line.challenge.number}/"
    seen(client_as(world.officer), f"{path}unseal/")
    seen(client_as(world.supervisor), f"{path}attend/")
    client_as(world.supervisor).post(f"{path}attend/", {})
    assert client_as(world.officer).post(f"{path}unseal/", {}).status_code == 302
    secretary = client_as(world.liaison)
    for bid in line.bids:
        seen(secretary, f"/bids/{bid.number}/check/")
        done = secretary.post(f"/bids/{bid.number}/check/", {"verdict": "ADMISSIBLE"})
        assert done.status_code == 302
    for member in (world.officer, world.supervisor, world.head, world.liaison):
        seen(client_as(member), f"{path}bids/")
        seen(client_as(member), f"/bids/{line.bids[0].number}/")
    assert secretary.post(f"{path}finish-check/", {}).status_code == 302
    assert line.fresh().state == "REVIEWING"


def test_a_list_asks_the_same_of_the_database_with_1_and_with_30_rows(
    world, at, client, django_assert_num_queries
):
    line = stages.opened(world, at)
    client.get("/challenges/")
    with CaptureQueriesContext(connection) as one:
        client.get("/challenges/")
    for serial in range(30):
        row = Challenge.objects.get(pk=line.challenge.pk)
        row.pk, row.number = None, f"JB-2026-9{serial:05d}"
        row.save(force_insert=True)
    with django_assert_num_queries(len(one)):
        client.get("/challenges/")


def test_the_work_list_names_each_step_with_its_holder(world, at):
    def tasks(member, when):
        return [(m.task, m.mine) for m in matters_for(member.actor, when)]

    line = stages.arguing(world, at)
    assert tasks(world.expert1, line.at) == [("签署论证意见", True)]
    assert tasks(world.officer, line.at) == [("专家论证", False)]
    assert tasks(world.head, line.at) == []
    line = stages.approved(world, at, 2)
    assert tasks(world.head, line.at) == [("榜单审定", True)]
    stages.budget_line(world, at)
    line = stages.opened(world, at, 3)
    bid = stages.written_bid(line, world.member)
    assert ("填写揭榜方案", True) in tasks(world.member, line.at)
    assert tasks(world.research_admin, line.at) == [("签发揭榜方案", True)]
    assert all(m.number != bid.number for m in matters_for(world.officer.actor, line.at))
    line = stages.closed(world, at, 4)
    assert ("开标签到", True) in tasks(world.supervisor, line.at)


def test_anybody_downloads_what_proves_a_published_challenge(world, at, client, tmp_path):
    line = stages.on_notice(world, at)
    number = line.challenge.number
    assert "还没有检查点" in seen(client, f"/challenges/{number}/proofs/").content.decode()
    seen(client, f"/challenges/{number}/proofs.json", 404)
    sequence_entries()
    take_checkpoint(at=line.at)
    page = seen(client, f"/challenges/{number}/proofs/").content.decode()
    assert "challenges.unseal" in page
    file = tmp_path / "proofs.json"
    file.write_bytes(seen(client, f"/challenges/{number}/proofs.json").content)
    told = json.loads(file.read_text())
    assert told == json.loads(client.get(f"/api/v1/challenges/{number}/proofs").content)
    payloads = {one["leaf"]["verb"]: one.get("payload") for one in told["entries"]}
    assert payloads["challenges.open"]["rules_sha256"] == told["texts"][0]["sha256"]
    assert payloads["challenges.unseal"]["minutes_sha256"] == line.challenge.opening.sha256
    assert payloads["challenges.propose"] is None
    said = subprocess.run(
        [sys.executable, "-I", "tools/verify_log.py", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (said.returncode, said.stdout.splitlines()[-1]) == (
        0, f"proved     {len(told['entries'])} entries stand in this log as told"
    )  # fmt: skip
    told["texts"][0]["text"] += " "
    file.write_text(json.dumps(told))
    changed = subprocess.run(
        [sys.executable, "-I", "tools/verify_log.py", str(file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (changed.returncode, "rules 1" in changed.stdout) == (1, True)


def test_nobody_is_named_in_the_proofs_of_an_open_challenge(world, at, client, client_as):
    line = stages.opened(world, at)
    stages.sealed_bid(line, world.member, world.research_admin)
    sequence_entries()
    take_checkpoint(at=line.at)
    text = seen(client, f"/challenges/{line.challenge.number}/proofs.json").content.decode()
    assert "RY-" not in text and "bids." not in text
    assert world.officer.appointment.number not in text
    draft = stages.written(world, at, serial=7).challenge.number
    for name in ("proofs/", "proofs.json"):
        seen(client_as(world.officer), f"/challenges/{draft}/{name}", 404)
        seen(client, f"/challenges/{draft}/{name}", 404)
