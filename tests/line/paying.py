"""From the agreement to a paid milestone and a published figure, by the worked example.

Source: design/procedures.md#money
"""

from datetime import timedelta
from typing import Any

from tests.line.city import City

WAN = 1_000_000
ACCEPTORS = ("expert1", "expert2", "expert3")


def agreement(city: City) -> dict[str, Any]:
    """90,000,000 yuan, 30,000,000 public, 600/900/900/600 万元."""
    days = [(city.now + timedelta(days=days)).date().isoformat() for days in (1, 180, 420, 700)]
    return {
        "public_fen": 3000 * WAN, "own_fen": 6000 * WAN, "since": days[0], "until": days[3],
        "summary": "研制大功率海上风电机组主轴轴承，完成样圈、台架与首台装机。",
        "targets": [{"code": "T1", "indicator": "滚道变形量", "comparator": "AT_MOST",
                     "value": "0.15", "unit": "mm", "test_method": "三坐标"}],
        "milestones": [
            {"code": "M1", "title": "样圈", "content": "变形不大于 0.15 mm", "due_date": days[1]},
            {"code": "M2", "title": "台架", "content": "3,000 h", "due_date": days[2]},
        ],
        "instalments": [
            {"gate": "SIGNING", "amount_fen": 600 * WAN},
            {"gate": "MILESTONE", "milestone": "M1", "amount_fen": 900 * WAN,
             "own_due_fen": 1200 * WAN},
            {"gate": "MILESTONE", "milestone": "M2", "amount_fen": 900 * WAN,
             "own_due_fen": 3000 * WAN},
            {"gate": "ACCEPTANCE", "amount_fen": 600 * WAN, "own_due_fen": 6000 * WAN},
        ],
    }  # fmt: skip


def sign(city: City) -> None:
    """Drafted by the leader, signed by the unit and by the department."""
    number = city.numbers["project"]
    city.put("member", f"/projects/{number}/agreement", agreement(city))
    city.waiting("research_admin", number)
    city.post("research_admin", f"/projects/{number}/sign-for-unit")
    city.waiting("head", number)
    signed = city.post("head", f"/projects/{number}/sign-for-department")
    assert [one["amount_fen"] // WAN for one in signed["inside"]["instalments"]] == [
        600, 900, 900, 600,
    ]  # fmt: skip
    assert len(city.get("member", f"/projects/{number}/agreements/1")["terms_hash"]) == 64
    city.work()
    assert city.get("public", f"/challenges/{city.numbers['challenge']}")["state"] == "RUNNING"


def pay(city: City, sequence: int) -> dict[str, Any]:
    """Requester, reviewer and payer are three people; the same request twice is one payment."""
    number = city.numbers["project"]
    path = f"/projects/{number}/instalments/{sequence}"
    key = {"Idempotency-Key": f"{number}-{sequence}"}
    once = city.post("member", f"{path}/request", **key)
    assert city.post("member", f"{path}/request", **key) == once
    city.waiting("finance", number)
    city.post("finance", f"{path}/review")
    assert city.refused("finance", f"{path}/pay")
    city.waiting("payer", number)
    paid = city.post("payer", f"{path}/pay")
    assert city.refused("payer", f"{path}/pay")
    city.post("payer", f"{path}/confirm")
    return paid["inside"]


def pay_first(city: City) -> None:
    """6,000,000 yuan in fen, released by the signatures."""
    inside = pay(city, 1)
    assert (inside["approved_fen"], inside["released_fen"], inside["paid_fen"]) == (
        3_000_000_000, 600_000_000, 600_000_000,
    )  # fmt: skip


def upload(city: City, who: str, name: str, content: bytes) -> str:
    """A file sent in pieces, and its number."""
    begun = city.post(who, "/uploads", {"filename": name, "size": len(content)})["number"]
    piece = city.client(who).put(f"/api/v1/uploads/{begun}/pieces/0", content,
                                 content_type="application/octet-stream")  # fmt: skip
    assert piece.json()["missing"] == []
    city.post(who, f"/uploads/{begun}/finish")
    return begun


def pass_milestone(city: City) -> None:
    """Own money arrives, evidence is handed in, three acceptors sign, the office decides."""
    number = city.numbers["project"]
    city.pass_time(days=120)
    city.post("member", f"/projects/{number}/receive-funds", {
        "source": "OWN", "amount_fen": 1200 * WAN, "received_date": city.now.date().isoformat(),
        "text": "银行回单", "upload": upload(city, "member", "slip.pdf", b"%PDF-1.4 slip"),
    })  # fmt: skip
    path = f"/projects/{number}/milestones/M1"
    city.post("member", f"{path}/submit", {"report": "样圈检测合格。", "evidence": [
        {"target_code": "T1", "figure": "0.12", "text": "检测报告第 7 页",
         "upload": upload(city, "member", "report.pdf", b"%PDF-1.4 report")},
    ]})  # fmt: skip
    city.waiting("officer", number)
    city.post("officer", f"{path}/open-check", {"acceptors": [city.person(x) for x in ACCEPTORS]})
    said = {"verdict": "PASSED", "opinion": "符合任务书。"}
    for expert in ACCEPTORS:
        city.waiting(expert, number)
        city.post(expert, f"{path}/give-opinion", said)
    passed = city.post("officer", f"{path}/check", said)
    assert [one["state"] for one in passed["milestones"]] == ["PASSED", "PLANNED"]
    assert [one["state"] for one in passed["inside"]["instalments"]] == [
        "CONFIRMED", "ELIGIBLE", "PLANNED", "PLANNED",
    ]  # fmt: skip


def pay_milestone(city: City) -> None:
    """9,000,000 yuan more; what no gate released cannot be asked for."""
    inside = pay(city, 2)
    assert (inside["released_fen"], inside["paid_fen"], inside["own_received_fen"]) == (
        1_500_000_000, 1_500_000_000, 1_200_000_000,
    )  # fmt: skip
    assert [line["amount_fen"] for line in inside["ledger"]] == [
        600_000_000, 1_200_000_000, 900_000_000,
    ]  # fmt: skip
    assert city.refused("member", f"/projects/{city.numbers['project']}/instalments/3/request")


def publish_figure(city: City) -> None:
    """The month's payments: measured by the office, published by the head, opened by anybody."""
    month = city.now.strftime("%Y-%m")
    asked = {"region": city.world.city.code, "period": month}
    measured = city.post("officer", "/indicators/public_funding_paid/measure", asked)
    number = city.numbers["observation"] = measured["number"]
    assert (measured["state"], measured["value"]) == ("MEASURED", "9000000")
    assert city.status("public", f"/observations/{number}") == 404
    assert city.refused("officer", f"/observations/{number}/publish")
    city.waiting("head", number)
    city.post("head", f"/observations/{number}/publish")
    found = city.get("public", f"/observations?indicator=public_funding_paid&period={month}")
    assert [(one["number"], one["value"], one["unit"]) for one in found["items"]] == [
        (number, "9000000", "元")
    ]
    proof = city.get("officer", f"/observations/{number}/evidence")
    assert (proof["count"], proof["total"], proof["root"]) == (
        1, "9000000", measured["evidence_root"],
    )  # fmt: skip
    inside = city.get("member", f"/projects/{city.numbers['project']}")["inside"]
    assert [row["number"] for row in proof["rows"]] == [inside["instalments"][1]["order"]]
    shown = city.get("public", f"/observations/{number}/evidence")
    assert shown["listed_count"] + shown["hidden_count"] == 1
