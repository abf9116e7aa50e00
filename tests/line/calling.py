"""From the need to a challenge with two sealed bids, closed by the clock."""

import json
from datetime import timedelta
from typing import Any

from tests.line.city import BASE, City

WAN = 1_000_000
MARKER = "暗号-白鹭-3308"
TARGETS = [
    {"indicator": "额定功率", "comparison": "AT_LEAST", "value": "16", "unit": "MW",
     "test_method": "整机匹配台架", "tester": "示例检测中心"},
    {"indicator": "滚道变形量", "comparison": "AT_MOST", "value": "0.15", "unit": "mm",
     "test_method": "三坐标逐件", "tester": "第三方"},
]  # fmt: skip
CRITERIA = [
    {"code": "TECH", "name": "技术", "weight": 40, "threshold": 60},
    {"code": "FEAS", "name": "可行", "weight": 30}, {"code": "TEAM", "name": "团队", "weight": 20},
    {"code": "COST", "name": "费用", "weight": 10},
]  # fmt: skip
ANSWERS = [
    {"question": "CLEAR_TARGET", "yes": True, "reason": "两项指标都可检验"},
    {"question": "PATH_UNKNOWN", "yes": True, "reason": "两条路线并存"},
    {"question": "ENOUGH_TAKERS", "yes": True, "reason": "市内外至少五家"},
    {"question": "POSER_WILLING", "yes": True, "reason": "出题方已列预算"},
]
BIDDERS = {"member": "research_admin", "institute_member": "institute_admin"}
EVERYBODY_ELSE = (
    "officer", "officer_county", "head", "finance", "payer", "supervisor", "operator", "liaison",
    "filler", "unit_admin", "rival_admin", "expert1", "expert4", "public",
)  # fmt: skip


def draft_challenge(city: City) -> None:
    """The need becomes a challenge with targets, criteria, the fit test and the poser's consent."""
    made = city.post("officer", "/challenges/", {"need": city.numbers["need"]})
    number = city.numbers["challenge"] = made["number"]
    path = f"/challenges/{number}"
    assert [one["indicator"] for one in made["targets"]] == ["额定功率", "滚道变形量"]
    assert city.get("filler", f"/needs/{city.numbers['need']}")["state"] == "CONVERTED"
    early = city.refused("officer", f"{path}/send", argument(city))
    assert "challenges.no_criterion" in early
    city.patch("officer", path, {
        "conflict_rules": "近三年与揭榜单位有任职、合作或持股的专家回避。",
        "expert_fields": "轴承、风电", "total_fen": 9000 * WAN, "public_fen": 3000 * WAN,
        "own_fen": 6000 * WAN, "months": 24, "targets": TARGETS, "criteria": CRITERIA,
        "opens_at": (city.now + timedelta(days=10)).isoformat(),
        "deadline_at": (city.now + timedelta(days=40)).isoformat(),
        "secretary": city.person("liaison"), "chair": city.person("expert4"),
    })  # fmt: skip
    city.post("officer", f"{path}/fit-test", {"answers": ANSWERS})
    city.post("officer", f"{path}/ask-consent")
    city.waiting("unit_admin", number)
    city.post("unit_admin", f"{path}/consent")
    read = city.get("officer", f"{path}/preparation")
    assert {one["question"] for one in read["fit_answers"]} == {
        one["question"] for one in ANSWERS
    }
    assert read["consent_by"] == city.person("unit_admin")


def argument(city: City) -> dict[str, Any]:
    return {
        "experts": [city.person(f"expert{n}") for n in (1, 2, 3)], "lead": city.person("expert1")
    }


def argue_and_authorise(city: City) -> None:
    """Three experts argue; finance has entered the line of the budget; the head authorises."""
    number = city.numbers["challenge"]
    path = f"/challenges/{number}"
    city.post("officer", f"{path}/send", argument(city))
    for expert in ("expert2", "expert3", "expert1"):
        city.waiting(expert, number)
        said = {"verdict": "PASS", "opinion": "指标可检验，同意。"}
        state = city.post(expert, f"{path}/argue", said)["state"]
    assert state == "APPROVED"
    seats = city.get("officer", f"{path}/preparation")["seats"]
    assert [(one["verdict"], one["is_lead"]) for one in seats] == [
        ("PASS", True), ("PASS", False), ("PASS", False),
    ]  # fmt: skip
    line = {"code": "2060404", "name": "科技重大专项", "year": city.now.year,
            "amount_fen": 10_000 * WAN}  # fmt: skip
    assert city.refused("officer", "/budget-lines/", line) == ["challenges.not_permitted"]
    budget = city.post("finance", "/budget-lines/", line)["number"]
    city.waiting("head", number)
    city.post("head", f"{path}/authorise", {"budget_line": budget})
    rows = city.get("finance", "/budget-lines/")["items"]
    assert [row["reserved_fen"] for row in rows] == [3000 * WAN]


def publish_and_answer(city: City) -> None:
    """The clock publishes with frozen rules; a question is asked unnamed and answered for all."""
    path = f"/challenges/{city.numbers['challenge']}"
    assert city.status("public", path) == 404
    city.wait_until(city.get("officer", path)["opens_at"])
    public = city.get("public", path)
    assert public["state"] == "OPEN"
    frozen = city.get("public", f"{path}/rules/1")
    assert frozen["sha256"] == public["rulesets"][0]["sha256"]
    assert "40" in frozen["canonical"]
    asked = city.post("institute_member", f"{path}/questions", {"text": "台架由谁提供？"})
    city.waiting("officer", city.numbers["challenge"])
    city.post("officer", f"{path}/questions/{asked['number']}/answer", {"answer": "由出题方提供。"})
    (row,) = city.get("public", f"{path}/questions")["items"]
    assert (row["text"], row["answer"]) == ("台架由谁提供？", "由出题方提供。")
    assert not {"asker", "person", "organisation"} & row.keys()


def proposal(city: City) -> dict[str, Any]:
    """A whole proposal, with a marker word in every text."""
    due = [(city.now + timedelta(days=days)).date().isoformat() for days in (180, 450)]
    return {
        "title": f"整圈锻造路线 {MARKER}", "summary": f"分三步 {MARKER}",
        "route": f"整圈锻造加无软带淬火 {MARKER}", "basis": f"已有台架 {MARKER}",
        "commitments": [{"target": str(place), "value": f"达到 {MARKER}", "how": f"台架 {MARKER}"}
                        for place in (1, 2)],
        "team": [{"name": f"甲 {MARKER}", "role": "总师", "organisation": "本单位",
                  "task": f"总体 {MARKER}"}],
        "milestones": [
            {"title": f"样圈 {MARKER}", "due": due[0], "evidence": "报告",
             "public_fen": 900 * WAN},
            {"title": f"装机 {MARKER}", "due": due[1], "evidence": "记录",
             "public_fen": 1500 * WAN},
        ],
        "budget": {"total_fen": 9000 * WAN, "public_fen": 3000 * WAN, "own_fen": 6000 * WAN,
                   "other_fen": 0, "signing_fen": 600 * WAN},
    }  # fmt: skip


def bid(city: City, writer: str, admin: str) -> None:
    """Drafted, signed by the unit, submitted against a receipt."""
    made = city.post(writer, "/bids/", {"challenge": city.numbers["challenge"]})
    number = city.numbers[f"bid of {writer}"] = made["number"]
    path = f"/bids/{number}"
    partner = [city.numbers["code of supplier"]] if writer == "member" else []
    city.patch(writer, path, {
        "content": proposal(city), "other_public": False, "members": partner,
    })  # fmt: skip
    if partner:
        city.waiting("supplier_admin", number)
        assert city.status("supplier_admin", f"{path}/content") == 200
        city.post("supplier_admin", f"{path}/confirm")
    assert city.get(writer, f"{path}/content")["content"]["title"].endswith(MARKER)
    city.post(writer, f"{path}/ask-signature")
    city.waiting(admin, number)
    assert city.post(admin, f"{path}/sign")["signed_version"] == 1
    receipt = city.post(writer, f"{path}/submit")
    assert city.get(writer, f"{path}/receipts")[-1]["sha256"] == receipt["sha256"]


def bid_twice(city: City) -> None:
    for writer, admin in BIDDERS.items():
        bid(city, writer, admin)


def nobody_else_reads(city: City) -> None:
    """By API nothing of a bid is there for anybody but its own people: not even that it is."""
    challenge = city.numbers["challenge"]
    for writer in BIDDERS:
        number = city.numbers[f"bid of {writer}"]
        other = next(one for one in BIDDERS if one != writer)
        for who in (*EVERYBODY_ELSE, other):
            absent = 401 if who == "public" else 404
            for path in ("", "/content", "/receipts"):
                assert city.status(who, f"/bids/{number}{path}") == absent, (who, path)
    for who in EVERYBODY_ELSE:
        assert city.status(who, f"/challenges/{challenge}/bids") == 404
        read = [f"/challenges/{challenge}", "/challenges/", f"/verify/{challenge}"]
        read += [] if who == "public" else ["/bids/", "/work", "/reviews"]
        for path in read:
            answer = city.client(who).get(BASE + path)
            assert MARKER not in answer.content.decode(), (who, path)
        if who != "public":
            assert city.get(who, "/bids/")["items"] == []
    record = city.get("supervisor", "/record?limit=200")
    assert record["items"] and city.world.university.code not in json.dumps([
        one for one in record["items"] if one["verb"].split(".")[0] in ("bids", "challenges")
    ])  # fmt: skip
    assert not [one for one in record["items"] if one["verb"].startswith("bids.")]


def close(city: City) -> None:
    """The clock closes; what comes late is refused, and nothing is readable yet."""
    challenge = city.numbers["challenge"]
    city.wait_until(city.get("public", f"/challenges/{challenge}")["deadline_at"])
    assert city.get("public", f"/challenges/{challenge}")["state"] == "CLOSED"
    late = city.refused("member", f"/bids/{city.numbers['bid of member']}/withdraw")
    assert len(late) == 1
    nobody_else_reads(city)
