"""From the opening of the bids to the award that opens the project."""

from tests.line.calling import BIDDERS, MARKER
from tests.line.city import City

EXPERTS = ("expert1", "expert2", "expert3", "expert5")
RECUSED = "expert5"


def unseal(city: City) -> None:
    """Not without the supervisor present; then every bid is readable to who has to read it."""
    path = f"/challenges/{city.numbers['challenge']}"
    alone = city.refused("officer", f"{path}/unseal")
    assert len(alone) == 1
    city.waiting("supervisor", city.numbers["challenge"])
    city.post("supervisor", f"{path}/attend")
    minutes = city.post("officer", f"{path}/unseal")
    assert city.get("supervisor", f"{path}/opening")["sha256"] == minutes["sha256"]
    seen = city.get("officer", f"{path}/bids")["items"]
    assert {one["number"] for one in seen} == {city.numbers[f"bid of {w}"] for w in BIDDERS}
    number = city.numbers["bid of member"]
    assert MARKER in city.get("officer", f"/bids/{number}/content")["content"]["route"]
    assert city.status("rival_admin", f"/bids/{number}") == 404


def check(city: City) -> None:
    """The secretary checks the form; a panel stands ready, its secretary not its chair."""
    challenge = city.numbers["challenge"]
    for writer in BIDDERS:
        number = city.numbers[f"bid of {writer}"]
        city.post("liaison", f"/bids/{number}/check", {"verdict": "ADMISSIBLE"})
    city.post("liaison", f"/challenges/{challenge}/finish-check")
    (panel,) = city.get("liaison", f"/reviews/panels?subject={challenge}")["items"]
    city.numbers["panel"] = panel["number"]
    assert (panel["secretary"], panel["chair"]) == (city.person("liaison"), city.person("expert4"))
    people = {"experts": [city.person(expert) for expert in EXPERTS]}
    city.post("liaison", f"/reviews/panels/{panel['number']}/experts", people)


def declare_and_score(city: City) -> None:
    """Seats accepted; conflicts declared before anything is read; then scores by criteria."""
    first, second = (city.numbers[f"bid of {writer}"] for writer in BIDDERS)
    for expert in EXPERTS:
        (seat,) = city.get(expert, "/reviews/seats")["items"]
        city.post(expert, f"/reviews/seats/{seat['number']}/accept")
    for expert in EXPERTS:
        for row in city.get(expert, "/reviews")["items"]:
            assert city.status(expert, f"/bids/{row['case']}/content") == 404
            conflict = expert == RECUSED and row["case"] == first
            said = {"conflict": conflict, "ground": "两年前同一课题组。" if conflict else ""}
            city.post(expert, f"/reviews/{row['number']}/declare", said)
            expected = 404 if conflict else 200
            assert city.status(expert, f"/bids/{row['case']}/content") == expected
    recused = city.get(RECUSED, "/reviews")["items"]
    assert [row["case"] for row in recused] == [second]
    for expert in EXPERTS:
        for row in city.get(expert, "/reviews")["items"]:
            score(city, expert, row, 88 if row["case"] == first else 74)


def score(city: City, expert: str, review: dict, points: int) -> None:
    sheet = {"points": dict.fromkeys(("TECH", "FEAS", "TEAM", "COST"), points),
             "opinion": "路线可行。"}  # fmt: skip
    city.put(expert, f"/reviews/{review['number']}/score", sheet)
    done = city.post(expert, f"/reviews/{review['number']}/submit", sheet)
    assert (done["state"], done["total"]) == ("SUBMITTED", f"{points}.00")


def rank(city: City) -> None:
    """The chair signs the minutes; the ranking goes over to the challenge by itself."""
    path = f"/reviews/panels/{city.numbers['panel']}"
    city.waiting("expert4", city.numbers["panel"])
    minutes = city.post("expert4", f"{path}/finish", {"remark": "意见一致。"})
    assert (len(minutes["content_hash"]), minutes["signed_by"]) == (64, city.person("expert4"))
    assert city.get("liaison", f"{path}/minutes")["content_hash"] == minutes["content_hash"]
    ranking = city.get("liaison", f"{path}/ranking")
    assert [(row["case"], row["rank"], row["mean"], row["counted"]) for row in ranking] == [
        (city.numbers["bid of member"], 1, "88.00", 3),
        (city.numbers["bid of institute_member"], 2, "74.00", 4),
    ]
    city.work()
    challenge = city.get("officer", f"/challenges/{city.numbers['challenge']}")
    assert challenge["state"] == "DECIDING"


def propose(city: City) -> None:
    """The poser chooses, the office proposes, finance returns it once, then all approve."""
    number = city.numbers["challenge"]
    path = f"/challenges/{number}"
    first, second = (city.numbers[f"bid of {writer}"] for writer in BIDDERS)
    city.waiting("unit_admin", number)
    city.post("unit_admin", f"{path}/choose", {"bid": first, "reason": "路线最稳。"})
    award = {"bid": first, "reserve": second, "reason": "同意出题方选定。"}
    city.post("officer", f"{path}/propose", award)
    city.waiting("finance", number)
    city.post("finance", f"{path}/return", {"reason": "请写明自筹资金到位安排。"})
    city.post("officer", f"{path}/propose", {**award, "reason": "自筹资金已有承诺函。"})
    assert city.refused("head", f"{path}/approve", {"note": "同意"})
    city.post("finance", f"{path}/approve", {"note": "同意"})
    assert city.post("head", f"{path}/approve", {"note": "同意"})["state"] == "ON_NOTICE"
    decision = city.get("officer", f"{path}/decision")
    returned, approved = decision["proposals"]
    assert (returned["state"], returned["approvals"][-1]["note"]) == (
        "RETURNED", "请写明自筹资金到位安排。",
    )  # fmt: skip
    assert [one["verdict"] for one in approved["approvals"]] == ["APPROVED", "APPROVED"]
    city.numbers["notice"] = approved["notice"]


def object_and_decide(city: City) -> None:
    """An objection by name stops the clock of the notice; dismissed, the clock runs on."""
    path = f"/notices/{city.numbers['notice']}"
    promised = city.get("public", path)["ends_at"]
    city.pass_time(days=1)
    filed = city.post("rival_admin", f"{path}/object", {
        "ground": "FACTS", "statement": "公示的牵头单位在 2025 年已就同一内容获得财政资助。",
        "request": "请核实并取消公示。",
    })  # fmt: skip
    number = city.numbers["objection"] = filed["number"]
    assert city.get("public", path)["ends_at"] is None
    city.wait_until(promised)
    challenge = f"/challenges/{city.numbers['challenge']}"
    assert city.refused("head", f"{challenge}/award")
    way = f"/objections/{number}"
    city.post("officer2", f"{way}/accept")
    city.post("officer2", f"{way}/answer", {"answer": "两个项目的指标不同，已核实。"})
    city.post("head2", f"{way}/decide", {"verdict": "DISMISSED", "decision": "异议不成立。"})
    ends = city.get("public", path)["ends_at"]
    assert ends > promised
    city.wait_until(ends)


def award(city: City) -> None:
    """The head finalises; the project is open in the same act."""
    number = city.numbers["challenge"]
    city.waiting("head", number)
    done = city.post("head", f"/challenges/{number}/award")
    assert done["state"] == "AWARDED"
    city.numbers["project"] = done["project_number"]
    project = city.get("member", f"/projects/{done['project_number']}")
    assert (project["total_fen"], project["public_fen"], project["origin_number"]) == (
        9_000_000_000, 3_000_000_000, number,
    )  # fmt: skip
    assert project["members"] == [
        city.world.university.code, city.numbers["code of supplier"],
    ]  # fmt: skip
