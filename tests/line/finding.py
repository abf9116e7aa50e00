"""From an enterprise's need to a contact between the two sides."""

from datetime import timedelta

from kechuang.base.codes import credit_code_with_check
from tests.line.city import City

BODY = (
    "大功率海上风电主轴轴承依赖进口，单套交付周期超过十四个月。试过分段淬火，软带处早期剥落；"
    "试过国产钢材，纯净度不稳定。"
)


def need_in_draft(city: City) -> dict:
    """What the filler types; money in fen, numbers as texts."""
    return {
        "title": "大功率海上风电机组主轴轴承", "body": BODY, "chain": "HIGH_END_EQUIPMENT",
        "keywords": ["主轴轴承", "淬火", "海上风电"], "budget_fen": 9_000_000_000,
        "due_date": (city.now + timedelta(days=700)).date().isoformat(), "publication": "REDACTED",
        "targets": [
            {"name": "额定功率", "comparison": "AT_LEAST", "value": "16", "unit": "MW",
             "test_method": "整机匹配台架"},
            {"name": "滚道变形量", "comparison": "AT_MOST", "value": "0.15", "unit": "mm",
             "test_method": "三坐标"},
        ],
    }  # fmt: skip


OFFER = {
    "kind": "RESULT", "title": "无软带感应淬火大型主轴轴承工艺",
    "summary": "整圈无软带淬火，已做出三米级样圈。",
    "body": "面向海上风电主轴轴承，采用整圈无软带感应淬火，滚道变形量为0.12 mm，额定功率达16 MW。",
    "keywords": ["主轴轴承", "感应淬火"], "chains": ["HIGH_END_EQUIPMENT"], "trl": 6,
    "figures": [{"name": "滚道变形量", "value": "0.12", "unit": "mm"}],
    "people": ["沈知远"], "works": ["三米级样圈一件"], "modes": ["LICENSE", "JOINT_DEVELOPMENT"],
    "price_low_fen": 100_000_000, "price_high_fen": 500_000_000,
}  # fmt: skip


def register(city: City) -> None:
    """The office registers a supplier; the operator appoints its administrator."""
    code = credit_code_with_check("91990104MA0000077")
    unit = {"code": code, "name": "示例热处理有限公司", "kind": "ENTERPRISE", "region": "990104"}
    wrong = code[:17] + next(letter for letter in "0123" if letter != code[17])
    assert city.refused("officer", "/organisations", {**unit, "code": wrong}) == ["code.check"]
    assert city.refused("filler", "/organisations", unit) == ["parties.may_not_register"]
    number = city.post("officer", "/organisations", unit)["number"]
    assert city.get("public", f"/organisations/{number}")["code"] == code
    who = {"name": "白晓", "username": "supplier", "role": "UNIT_ADMIN"}
    city.admit("supplier_admin", city.post("operator", f"/organisations/{number}/appoint", who))
    (mine,) = city.get("supplier_admin", "/appointments/mine")
    assert (mine["role"], mine["organisation"]) == ("UNIT_ADMIN", number)
    city.numbers["supplier"], city.numbers["code of supplier"] = number, code


def post_need(city: City) -> None:
    """Drafted, handed in, signed; returned with a field marked; passed county by city."""
    typed = need_in_draft(city)
    draft = city.post("filler", "/needs", typed)
    read = city.get("filler", f"/needs/{draft['number']}")
    names = ("title", "body", "chain", "keywords", "budget_fen", "due_date", "publication")
    assert {name: read[name] for name in names} == {name: typed[name] for name in names}
    assert (draft["state"], draft["number"].startswith("XQ-")) == ("DRAFT", False)
    number = city.post("filler", f"/needs/{draft['number']}/submit")["number"]
    city.numbers["need"] = number
    path = f"/needs/{number}"
    assert city.status("rival_admin", path) == city.status("public", path) == 404
    assert city.waiting("unit_admin", number)["until"]
    assert city.refused("unit_admin", f"{path}/sign", {"consent": False}) == [
        "need.consent_missing"
    ]
    city.post("unit_admin", f"{path}/sign", {"consent": True})
    assert city.refused("officer", f"{path}/pass") == ["need.may_not_pass"]
    city.waiting("officer_county", number)
    marks = [{"field": "targets", "words": "请写明变形量的检验标准。"}]
    city.post("officer_county", f"{path}/return", {"marks": marks, "note": "请补一处。"})
    mended = city.get("filler", path)
    assert (mended["state"], mended["marks"]) == ("DRAFT", marks)
    body = need_in_draft(city)
    body["targets"][1]["test_method"] = "GB/T 1958 三坐标"
    city.put("filler", path, body)
    city.post("filler", f"{path}/submit")
    city.post("unit_admin", f"{path}/sign", {"consent": True})
    city.post("officer_county", f"{path}/pass", {"note": "属实。"})
    assert city.post("officer", f"{path}/pass")["state"] == "ACCEPTED"
    public = city.get("public", path)
    assert (public["extent"], public["targets"], public["organisation"]) == ("SUMMARY", None, None)
    stages = [one["stage"] for one in city.get("filler", f"{path}/history")]
    assert stages == ["UNIT_CHECK", "COUNTY_CHECK", "DRAFT", "UNIT_CHECK", "COUNTY_CHECK",
                      "CITY_CHECK", "ACCEPTED"]  # fmt: skip


def post_offer(city: City) -> None:
    """The university drafts an offer, reads it back as written, and publishes it."""
    draft = city.post("member", "/offers", OFFER)
    read = city.get("member", f"/offers/{draft['number']}")
    assert {name: read[name] for name in OFFER} == OFFER
    number = city.post("member", f"/offers/{draft['number']}/submit")["number"]
    city.numbers["offer"] = number
    city.waiting("research_admin", number)
    assert city.post("research_admin", f"/offers/{number}/sign")["state"] == "PUBLISHED"
    assert city.get("public", f"/offers/{number}")["figures"] == OFFER["figures"]


def match(city: City) -> None:
    """The liaison sees the offer ranked with reasons, judges, introduces, keeps contact."""
    need, offer = city.numbers["need"], city.numbers["offer"]
    city.work()
    (row,) = city.get("liaison", f"/needs/{need}/matches")["matches"]
    parts = ("text_tenths", "targets_tenths", "chain_tenths", "local_tenths")
    assert (row["offer"], row["score_tenths"]) == (offer, sum(row[name] for name in parts))
    assert {one["name"]: one["verdict"] for one in row["findings"]}["滚道变形量"] == "MET"
    way = f"/needs/{need}/matches/{offer}"
    said = {"choice": "ACCEPT", "reason_code": "TARGETS_MET", "note": "变形量 0.12，达标。"}
    assert city.post("liaison", f"{way}/judge", said)["reason_code"] == "TARGETS_MET"
    made = city.post("liaison", f"{way}/introduce",
                     {"reason_code": "TARGETS_MET", "note": "可先看样圈。"})  # fmt: skip
    number = city.numbers["introduction"] = made["number"]
    assert city.get("member", f"/needs/{need}")["targets"] is not None
    for side in ("filler", "member"):
        city.waiting(side, number)
        city.post(side, f"/introductions/{number}/answer", {"answer": "YES"})
    next_date = (city.now + timedelta(days=7)).date().isoformat()
    city.post("liaison", f"/introductions/{number}/contact", {
        "date": city.now.date().isoformat(), "kind": "VISIT", "words": "双方看过样圈。",
        "next_step": "签保密协议", "next_date": next_date,
    })  # fmt: skip
    assert city.get("liaison", f"/introductions/{number}")["next_step"] == "签保密协议"
    assert city.waiting("liaison", number)["until"].startswith(next_date)
