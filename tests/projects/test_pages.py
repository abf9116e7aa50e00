"""The pages of projects: who sees what, acts by their buttons, refusals in place."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from kechuang.projects import actions
from kechuang.projects.models import Agreement, Evidence, Instalment, Milestone, Project
from tests.projects import line
from tests.projects.line import WAN
from tests.world import World

ClientAs = Callable[[Any], Client]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_public_sees_what_the_notice_said(world: World, at: datetime) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    page = text(Client().get(f"/projects/{project.number}/"))
    assert project.title in page
    assert "9,000" in page
    assert "资金台账" not in page
    assert "已到账" not in page
    assert Client().get(f"/projects/{project.number}/ledger.csv").status_code == 404
    assert Client().get(f"/projects/{project.number}/agreements/1/").status_code == 404
    assert Client().get(f"/projects/{project.number}/milestones/M1/").status_code == 404
    assert Client().get(f"/projects/{project.number}/instalments/1/").status_code == 404


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("member", 200), ("filler", 200), ("officer", 200), ("finance", 200), ("supervisor", 200),
        ("rival_admin", 404), ("officer_county", 404), ("operator", 404), ("liaison", 404),
        ("institute_member", 404), ("expert1", 404),
    ],
)  # fmt: skip
def test_the_ledger_is_for_the_units_and_the_region(
    world: World, at: datetime, client_as: ClientAs, who: str, status: int
) -> None:
    project = line.running(world, at)
    client = client_as(getattr(world, who))
    assert client.get(f"/projects/{project.number}/ledger.csv").status_code == status
    assert client.get(f"/projects/{project.number}/instalments/1/").status_code == status


def test_the_page_shows_money_payment_and_ledger(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    line.fund(world, at, project, 1200 * WAN)
    line.pass_milestone(world, at, project, "M1")
    actions.request_payment(
        instalment=line.part(project, 2), idempotency_key="k2", by=world.member.actor, at=at
    )
    page = text(client_as(world.finance).get(f"/projects/{project.number}/"))
    assert "占 33.33%" in page
    assert "财政部分的 20%" in page
    assert "第二笔拨付" in page
    assert "6,000,000.00" in page
    assert "逐笔借贷相等" in page
    assert f"/projects/{project.number}/instalments/2/review/" in page


def test_a_requester_who_may_review_is_refused_in_place_and_told_who_can(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    """One person, two appointments: leader of the project and reviewer of the region."""
    from kechuang.base.actor import Role
    from kechuang.parties.models import Appointment
    from tests.world import SINCE, Member

    project = line.running(world, at)
    actions.request_payment(
        instalment=line.part(project, 1), idempotency_key="k1", by=world.member.actor, at=at
    )
    second = Appointment.objects.create(
        person=world.member.person, role=Role.FINANCE, region=world.city, since=SINCE
    )
    client = client_as(Member(world.member.person, world.member.account, second))
    page = text(client.get(f"/projects/{project.number}/"))
    assert "您不能审核这笔拨付" in page
    assert "ledger.reviewer_requested" in page
    assert world.finance.person.name in page
    answer = client.post(f"/projects/{project.number}/instalments/1/review/")
    assert answer.status_code == 422
    assert "您不能审核这笔拨付" in text(answer)
    assert line.part(project, 1).state == "REQUESTED"


def test_a_payment_by_three_people_through_pages(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    project = line.running(world, at)
    for who, slug, state in [
        (world.member, "request", "REQUESTED"),
        (world.finance, "review", "REVIEWED"),
        (world.payer, "pay", "PAID"),
        (world.payer, "confirm", "CONFIRMED"),
    ]:
        address = f"/projects/{project.number}/instalments/1/{slug}/"
        assert client_as(who).get(address).status_code == 200
        answer = client_as(who).post(address, {"idempotency_key": f"page-{slug}"})
        assert answer.status_code == 302, text(answer)
        assert line.part(project, 1).state == state


def agreement_fields() -> dict[str, str]:
    fields = {
        "agreement-public_fen": "3000", "agreement-own_fen": "6000", "agreement-other_fen": "0",
        "agreement-since": "2026-12-01", "agreement-until": "2028-12-01",
        "agreement-summary": "研制主轴轴承", "agreement-reason": "",
    }  # fmt: skip
    rows: dict[str, list[dict[str, str]]] = {
        "targets": [
            {"code": "T1", "indicator": "变形量", "comparator": "AT_MOST", "value": "0.15",
             "unit": "mm", "test_method": "三坐标"},
        ],
        "milestones": [
            {"code": "M1", "title": "样圈", "content": "变形", "due_date": "2027-06-01"},
        ],
        "instalments": [
            {"gate": "SIGNING", "milestone": "", "amount_fen": "600", "own_due_fen": "0"},
            {"gate": "MILESTONE", "milestone": "m1", "amount_fen": "2400", "own_due_fen": "1200"},
        ],
    }  # fmt: skip
    for name, found in rows.items():
        fields |= {f"{name}-TOTAL_FORMS": str(len(found)), f"{name}-INITIAL_FORMS": "0"}
        for index, row in enumerate(found):
            fields |= {f"{name}-{index}-{key}": value for key, value in row.items()}
    return fields


def test_an_agreement_is_drafted_and_signed_through_pages(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    project = line.award(world, at)
    unit, head = client_as(world.research_admin), client_as(world.head)
    leader = client_as(world.member)
    address = f"/projects/{project.number}/draft-agreement/"
    assert "主轴轴承设计寿命" in text(leader.get(address))
    answer = leader.post(address, agreement_fields())
    assert answer.status_code == 302, text(answer)
    assert answer["Location"] == f"/projects/{project.number}/agreements/1/"
    assert "项目任务书" in text(leader.get(answer["Location"]))
    assert unit.post(f"/projects/{project.number}/sign-for-unit/").status_code == 302
    assert head.post(f"/projects/{project.number}/sign-for-department/").status_code == 302
    project.refresh_from_db()
    assert project.state == "ACTIVE"
    found = list(Instalment.objects.filter(project=project).values_list("amount_fen", flat=True))
    assert found == [600 * WAN, 2400 * WAN]


def test_a_draft_with_a_wrong_amount_keeps_what_was_typed(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    project = line.award(world, at)
    fields = agreement_fields() | {"agreement-public_fen": "三千"}
    answer = client_as(world.member).post(f"/projects/{project.number}/draft-agreement/", fields)
    assert answer.status_code == 422
    assert "三千" in text(answer)
    assert not Agreement.objects.exists()


def test_a_milestone_is_reported_judged_and_passed_through_pages(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    project = line.running(world, at)
    base = f"/projects/{project.number}/milestones/M1"
    report = {
        "report": "样圈合格", "evidence-TOTAL_FORMS": "1", "evidence-INITIAL_FORMS": "0",
        "evidence-0-target_code": "T1", "evidence-0-figure": "0.12", "evidence-0-text": "报告",
    }  # fmt: skip
    assert client_as(world.member).get(f"{base}/submit/").status_code == 200
    assert client_as(world.member).post(f"{base}/submit/", report).status_code == 302
    people = {"acceptors": [p.number for p in line.experts(world)]}
    assert client_as(world.officer).post(f"{base}/open-check/", people).status_code == 302
    for expert in (world.expert1, world.expert2, world.expert3):
        opinion = {"verdict": "PASSED", "opinion": "符合"}
        assert client_as(expert).get(f"{base}/give-opinion/").status_code == 200
        assert client_as(expert).post(f"{base}/give-opinion/", opinion).status_code == 302
    verdict = {"verdict": "PASSED", "opinion": "通过", "rectify_date": ""}
    assert client_as(world.officer).post(f"{base}/check/", verdict).status_code == 302
    assert Milestone.objects.get(project=project, code="M1").state == "PASSED"
    assert line.part(project, 2).state == "ELIGIBLE"
    assert "0.12" in text(client_as(world.member).get(f"{base}/"))


VERBS = [
    "sign-for-unit", "sign-for-department", "return-agreement", "begin-amendment",
    "withdraw-amendment", "receive-funds", "correct-receipt", "freeze", "unfreeze",
    "begin-termination", "withdraw-termination", "terminate", "revoke", "apply-for-acceptance",
    "open-acceptance", "give-opinion", "decide-acceptance", "rectify-project", "archive",
    "draft-agreement", "milestones/M1", "milestones/M1/submit", "milestones/M1/open-check",
    "milestones/M1/check", "milestones/M1/give-opinion", "milestones/M1/rectify",
    "instalments/1", "instalments/1/request", "instalments/1/review", "instalments/1/pay",
    "instalments/1/confirm", "instalments/1/hold", "instalments/1/resume", "instalments/1/return",
    "instalments/1/reclaim", "instalments/1/settle", "agreements/1",
]  # fmt: skip


@pytest.mark.parametrize("who", ["member", "officer", "head", "supervisor"])
def test_every_page_opens_in_both_languages(
    world: World, at: datetime, client_as: ClientAs, who: str
) -> None:
    project = line.running(world, at)
    client = client_as(getattr(world, who))
    for verb in VERBS:
        for prefix in ("", "/en"):
            address = f"{prefix}/projects/{project.number}/{verb}/"
            assert client.get(address).status_code == 200, address


@pytest.mark.parametrize("verb", ["freeze", "revoke", "sign-for-department", "archive"])
def test_an_act_that_is_not_mine_is_refused_and_changes_nothing(
    world: World, at: datetime, client_as: ClientAs, verb: str
) -> None:
    project = line.running(world, at)
    answer = client_as(world.member).post(f"/projects/{project.number}/{verb}/", {"reason": "x"})
    assert answer.status_code == 422
    assert "您现在的身份不能办" in text(answer)
    project.refresh_from_db()
    assert (project.state, project.is_frozen) == ("ACTIVE", False)


def test_the_list_filters_and_downloads(world: World, at: datetime, client_as: ClientAs) -> None:
    first = line.running(world, at)
    second = line.award(world, at, origin_number="JB-2026-000021", title="数控机床主轴")
    page = text(Client().get("/projects/?state=contracting"))
    assert second.number in page
    assert first.number not in page
    assert first.number in text(Client().get("/projects/?q=轴承国产化"))
    assert "没有符合条件的项目" in text(Client().get("/projects/?q=不存在"))
    assert first.number in text(Client().get("/projects/?region=990100"))
    assert first.number not in text(Client().get("/projects/?region=990104"))
    rows = Client().get("/projects.csv").content.decode("utf-8-sig").splitlines()
    assert len(rows) == 3
    assert "90,000,000.00" in rows[1]


@pytest.mark.parametrize("count", [1, 30])
def test_the_list_reads_the_same_number_of_times(
    world: World, at: datetime, django_assert_num_queries: Any, count: int
) -> None:
    for serial in range(count):
        line.award(world, at, origin_number=f"JB-2026-{serial:06d}")
    assert Project.objects.count() == count
    client = Client()
    client.get("/projects/")
    with django_assert_num_queries(QUERIES_OF_LIST):
        client.get("/projects/")


QUERIES_OF_LIST = 2


def test_evidence_for_the_acceptance_is_brought_and_fetched_by_who_may_read_inside(
    world: World, at: datetime, client_as: ClientAs
) -> None:
    project = line.running(world, at)
    line.pay(world, at, project, 1)
    line.fund(world, at, project, 6000 * WAN)
    for code, sequence in (("M1", 2), ("M2", 3)):
        line.pass_milestone(world, at, project, code)
        line.pay(world, at, project, sequence)
    report = {
        "report": "全部完成", "evidence-TOTAL_FORMS": "1", "evidence-INITIAL_FORMS": "0",
        "evidence-0-target_code": "T1", "evidence-0-figure": "0.12",
        "evidence-0-file": SimpleUploadedFile("检测报告.pdf", b"%PDF-1.7 report"),
    }  # fmt: skip
    base = f"/projects/{project.number}"
    answer = client_as(world.member).post(f"{base}/apply-for-acceptance/", report)
    assert answer.status_code == 302, text(answer)
    row = Evidence.objects.get(acceptance__project=project, acceptance__milestone=None)
    address = f"{base}/evidence/{row.number}/"
    assert address in text(client_as(world.officer).get(f"{base}/"))
    for member in (world.member, world.officer, world.head):
        answer = client_as(member).get(address)
        assert answer.status_code == 200
        assert b"".join(answer.streaming_content) == b"%PDF-1.7 report"
        assert answer["Content-Disposition"].startswith("attachment;")
    assert client_as(world.rival_admin).get(address).status_code == 404
    other = line.award(world, at, origin_number="JB-2026-000021")
    wrong = f"/projects/{other.number}/evidence/{row.number}/"
    assert client_as(world.officer).get(wrong).status_code == 404
