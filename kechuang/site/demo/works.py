"""Projects under way: agreements, milestones, payments; the worked example among them."""

from datetime import datetime, timedelta
from typing import Any

from kechuang.base.actor import Actor, Role
from kechuang.challenges import actions as challenges
from kechuang.challenges.models import Challenge
from kechuang.files.actions import keep_blob
from kechuang.parties.models import Person
from kechuang.projects import actions, rules
from kechuang.projects.actions.acceptances import EvidenceItem
from kechuang.projects.models import Instalment, Milestone, Project
from kechuang.site.demo import texts
from kechuang.site.demo.cast import Cast

ACCEPTORS = ("yuchen", "baixue", "geyi")
FEN = 100


def run(cast: Cast, awarded: dict[str, Project]) -> None:
    """Sign, fund, report, accept and pay as the projects' file says."""
    for row in texts.rows("projects.jsonl"):
        project = awarded.get(row["challenge"] or "") or _open(cast, row)
        _sign(cast, row, project)
        for act in _acts(cast, row, project):
            act()
        if row["challenge"]:
            challenge = Challenge.objects.get(number=project.origin_number)
            challenges.follow_project(
                challenge=challenge, by=Actor.CLOCK, at=cast.clock.now
            )


def _open(cast: Cast, row: dict[str, Any]) -> Project:
    lead = cast.organisations[row["lead"]]
    return actions.open_project(
        origin_number=f"示例立项-{row['code']}", title=row["title"], lead_organisation=lead,
        leader=_leader(cast, row),
        members=[cast.organisations[name].code for name in row["members"]],
        region_path=cast.city.path, total_fen=row["total_yuan"] * FEN,
        public_fen=row["public_yuan"] * FEN, own_fen=row["own_yuan"] * FEN,
        other_fen=row["other_yuan"] * FEN,
        targets=[{"indicator": one["title"], "comparator": "AT_LEAST", "value": "1", "unit": "项",
                  "test_method": one["acceptance"]} for one in row["milestones"][:1]],
        by=cast.actor("guoxun"), at=cast.clock.at(-row["awarded_days_ago"]),
    )  # fmt: skip


def _leader(cast: Cast, row: dict[str, Any]) -> Person:
    """Who leads it: by name, else whoever the unit sends."""
    name = row["leader"]
    return cast.people[name] if name else cast.unit_person(row["lead"], Role.MEMBER)


def _sign(cast: Cast, row: dict[str, Any], project: Project) -> None:
    lead = cast.unit_actor(row["lead"], Role.MEMBER)
    admin = cast.unit_actor(row["lead"], Role.UNIT_ADMIN)
    at = cast.clock.at(-row["signed_days_ago"])
    terms = _terms(cast, row, project)
    actions.draft_agreement(project=project, terms=terms, by=lead, at=at - timedelta(days=3))
    project.refresh_from_db()
    actions.sign_for_unit(project=project, by=admin, at=at - timedelta(days=1))
    project.refresh_from_db()
    actions.sign_for_department(project=project, by=cast.actor("guoxun"), at=at)
    project.refresh_from_db()


def _terms(cast: Cast, row: dict[str, Any], project: Project) -> rules.Terms:
    stages = [one for one in row["milestones"] if one["code"] != "ACCEPTANCE"]
    since = (cast.clock.day - timedelta(days=row["signed_days_ago"])).isoformat()
    last = max(one["due_days"] for one in row["milestones"])
    money = sum(one["amount_yuan"] for one in row["own_receipts"])
    own_due = 0
    instalments = []
    for place, one in enumerate(row["instalments"], 1):
        gate = one["gate"] if one["gate"] in ("SIGNING", "ACCEPTANCE") else "MILESTONE"
        if place > 1:
            share = row["own_yuan"] * (place - 1) // (len(row["instalments"]) - 1)
            own_due = min(share, money) if one["state"] != "PLANNED" else share
        milestone = one["gate"] if gate == "MILESTONE" else ""
        instalments.append(
            rules.InstalmentTerm(place, gate, milestone, one["amount_yuan"] * FEN, own_due * FEN)
        )
    return rules.Terms(
        total_fen=row["total_yuan"] * FEN, public_fen=row["public_yuan"] * FEN,
        own_fen=row["own_yuan"] * FEN, other_fen=row["other_yuan"] * FEN, since=since,
        until=(cast.clock.day + timedelta(days=max(last, 0) + 60)).isoformat(),
        summary=f"{row['title']}：" + "；".join(one["title"] for one in row["milestones"]) + "。",
        targets=(rules.TargetTerm("T1", row["milestones"][0]["title"], "AT_LEAST", "1", "项",
                                  row["milestones"][0]["acceptance"][:100]),),
        milestones=tuple(
            rules.MilestoneTerm(
                one["code"], one["title"], one["acceptance"],
                (cast.clock.day + timedelta(days=one["due_days"])).isoformat(),
            )
            for one in stages
        ),
        instalments=tuple(instalments),
    )  # fmt: skip


def _acts(cast: Cast, row: dict[str, Any], project: Project) -> list[Any]:
    """Everything that happened since signing, in the order of its days."""
    acts: list[tuple[int, Any]] = []
    for one in row["own_receipts"]:
        if one["amount_yuan"] > 0:
            acts.append((one["days_ago"], lambda one=one: _receive(cast, row, project, one)))
        else:
            acts.append((one["days_ago"], lambda one=one: _correct(cast, row, project, one)))
    for one in row["milestones"]:
        if one["code"] != "ACCEPTANCE" and "passed_days_ago" in one:
            acts.append(
                (one["passed_days_ago"], lambda one=one: _pass(cast, row, project, one))
            )
    if "accepted_days_ago" in row:
        acts.append((row["accepted_days_ago"], lambda: _accept(cast, row, project)))
    for place, one in enumerate(row["instalments"], 1):
        if one["state"] in ("PAID", "REQUESTED"):
            acts.append(
                (one["days_ago"], lambda one=one, place=place: _pay(cast, row, project, place, one))
            )
    acts.sort(key=lambda pair: -pair[0])
    return [act for _days, act in acts]


def _receive(cast: Cast, row: dict[str, Any], project: Project, one: dict[str, Any]) -> None:
    lead = cast.unit_actor(row["lead"], Role.MEMBER)
    at = cast.clock.at(-one["days_ago"], 10)
    slip = f"%PDF-1.4\n{project.number} {one['amount_yuan']}\n%%EOF\n".encode()
    blob = keep_blob(content=slip, filename="receipt.pdf", by=lead, at=at)
    project.refresh_from_db()
    receipt = actions.receive_funds(
        project=project, source="OWN", amount_fen=one["amount_yuan"] * FEN,
        received_date=at.date(), text=one["memo"], blob=blob, filename="银行回单.pdf", by=lead,
        at=at,
    )  # fmt: skip
    row["last_voucher"] = receipt.entry_set.number


def _correct(cast: Cast, row: dict[str, Any], project: Project, one: dict[str, Any]) -> None:
    project.refresh_from_db()
    actions.correct_receipt(
        project=project, voucher=row["last_voucher"], amount_fen=-one["amount_yuan"] * FEN,
        idempotency_key=f"demo-{project.number}-correct", by=cast.actor("chenli"),
        at=cast.clock.at(-one["days_ago"], 11),
    )  # fmt: skip


def _pass(cast: Cast, row: dict[str, Any], project: Project, one: dict[str, Any]) -> None:
    at = cast.clock.at(-one["passed_days_ago"])
    milestone = Milestone.objects.select_related("project").get(
        project=project, code=one["code"]
    )
    evidence = [EvidenceItem(target_code="T1", text="第三方检测报告，结论页与原始记录。")]
    acceptance = actions.submit_milestone(
        milestone=milestone, report="按任务书完成，附检测报告。", evidence=evidence,
        by=cast.unit_actor(row["lead"], Role.MEMBER), at=at - timedelta(days=6),
    )  # fmt: skip
    acceptance = actions.open_check(
        milestone=_again(milestone), acceptors=[cast.person(name) for name in ACCEPTORS],
        by=cast.actor("linjing"), at=at - timedelta(days=4),
    )  # fmt: skip
    for name in ACCEPTORS:
        actions.give_opinion(
            acceptance=acceptance, verdict="PASSED", opinion="数据完整，达到任务书要求。",
            by=cast.actor(name), at=at - timedelta(days=1),
        )  # fmt: skip
    actions.check_milestone(
        milestone=_again(milestone), verdict="PASSED", opinion="三位专家一致同意通过。",
        by=cast.actor("linjing"), at=at,
    )  # fmt: skip


def _again(milestone: Milestone) -> Milestone:
    return Milestone.objects.select_related("project").get(pk=milestone.pk)


def _accept(cast: Cast, row: dict[str, Any], project: Project) -> None:
    at: datetime = cast.clock.at(-row["accepted_days_ago"])
    project.refresh_from_db()
    actions.apply_for_acceptance(
        project=project, report="全部指标完成，附验收材料。",
        evidence=[EvidenceItem(target_code="T1", text="验收检测报告。")],
        by=cast.unit_actor(row["lead"], Role.MEMBER), at=at - timedelta(days=12),
    )  # fmt: skip
    project.refresh_from_db()
    acceptance = actions.open_acceptance(
        project=project, acceptors=[cast.person(name) for name in ACCEPTORS],
        by=cast.actor("linjing"), at=at - timedelta(days=8),
    )  # fmt: skip
    for name in ACCEPTORS:
        actions.give_opinion(
            acceptance=acceptance, verdict="PASSED", opinion="五项指标全部达到。",
            by=cast.actor(name), at=at - timedelta(days=2),
        )  # fmt: skip
    project.refresh_from_db()
    actions.decide_acceptance(
        project=project, verdict="PASSED", opinion="通过验收。", by=cast.actor("guoxun"), at=at
    )


def _pay(
    cast: Cast, row: dict[str, Any], project: Project, place: int, one: dict[str, Any]
) -> None:
    at = cast.clock.at(-one["days_ago"])
    requester = cast.unit_actor(row["lead"], Role.MEMBER)

    def part() -> Instalment:
        return Instalment.objects.select_related("project").get(project=project, sequence=place)

    actions.request_payment(
        instalment=part(), idempotency_key=f"demo-{project.number}-{place}", by=requester, at=at
    )
    if one["state"] != "PAID":
        return
    actions.review_payment(
        instalment=part(), by=cast.actor("chenli"), at=at + timedelta(hours=4)
    )
    actions.pay_instalment(instalment=part(), by=cast.actor("heyun"), at=at + timedelta(hours=6))
    actions.confirm_payment(
        instalment=part(), by=cast.actor("heyun"), at=at + timedelta(days=1)
    )
