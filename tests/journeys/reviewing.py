"""The opened bids are checked, judged by experts who declare first, and ranked with minutes."""

from tests.journeys import cast
from tests.journeys.bidding import LOSING, SECRET, WINNING
from tests.journeys.cast import Cast
from tests.journeys.posting import TITLE

UNITS = ("示例大学", "北辰材料研究院")
POINTS = {WINNING: 88, LOSING: 74}


def check_forms(people: Cast, challenge: str) -> None:
    """The secretary checks the form of each bid and sends them to the panel."""
    secretary = people(cast.SECRETARY).take("形式审查", challenge)
    for unit in UNITS:
        secretary.open(f"/challenges/{challenge}/bids/")
        secretary.follow_at(unit, "审查")
        secretary.tick("合格").press("作出结论")
    secretary.follow("结束形式审查").press("送评审")
    people(cast.CITY).awaits("专家评审", cast.CITY, challenge)


def invite(people: Cast, challenge: str) -> str:
    """The secretary, who is not the chair, invites; gives the panel's number."""
    secretary = people(cast.SECRETARY)
    panel = max(
        one.number for one in secretary.work(lambda row: f"选聘评审专家：{TITLE}" in row.what)
    )
    secretary.take("选聘评审专家", panel)
    secretary.tick(*cast.JUDGES).press("发出邀请")
    secretary.shows(*cast.JUDGES, cast.CHAIR, cast.SECRETARY)
    secretary.awaits("等专家答复邀请", "您", panel)
    for name in cast.JUDGES:
        people(name).take("答复评审邀请", panel).press("接受邀请")
    return panel


def declare(people: Cast, panel: str) -> None:
    """Nobody reads before declaring; who declares a conflict sees the case no more."""
    for name in cast.JUDGES:
        expert = people(name)
        cases = expert.work(lambda row: row.number == panel)
        assert len(cases) == len(POINTS), cases
        for _case in cases:
            expert.take("申报是否回避", panel)
            expert.hides(SECRET)
            expert.follow("申报是否回避")
            conflicted = name == cast.RECUSED and LOSING in expert.text()
            expert.tick("有，我回避" if conflicted else "没有　")
            expert.press("提交申报")
    recused = people(cast.RECUSED)
    recused.open("/reviews/")
    recused.hides(LOSING)
    recused.shows(WINNING)


def score(people: Cast, panel: str) -> None:
    """Every expert scores what may be read; three sheets for each bid."""
    sheets = dict.fromkeys(POINTS, 0)
    for name in cast.JUDGES:
        expert = people(name)
        for _case in expert.work(lambda row: row.number == panel):
            row = expert.waits("评分", panel)
            title = next(one for one in POINTS if one in row.what)
            expert.take("评分", panel).follow("打分")
            points = POINTS[title] + cast.JUDGES.index(name)
            for code in ("TECH", "FEAS", "TEAM", "COST"):
                expert.fill(**{code: points})
            expert.fill(opinion="路线清楚，风险有备用。").press("提交评审")
            sheets[title] += 1
        expert.has_nothing("评分", panel)
    assert sheets == {WINNING: 4, LOSING: 3}


def sign_minutes(people: Cast, panel: str, challenge: str) -> None:
    """The chair opens the consensus and signs; the ranking goes to the decision."""
    secretary = people(cast.SECRETARY)
    secretary.open(f"/reviews/panels/{panel}/finish/")
    secretary.press("签署并结束评审", refused=True)
    chair = people(cast.CHAIR).take("开始合议", panel).press("开始合议")
    chair.take("签署评审纪要", panel)
    chair.shows(WINNING, LOSING)
    chair.fill(remark="两案均可行，示例大学一案备用路线更稳。").press("签署并结束评审")
    chair.shows("评审纪要", "sha256", WINNING, LOSING)
    people.days_pass(1)
    people.until_shown(cast.CITY, f"/challenges/{challenge}/", "评定中")
