"""A challenge made of the need: fit test, consent, argument, authorisation, publication."""

from tests.journeys import cast
from tests.journeys.cast import Cast
from tests.journeys.posting import TITLE

SUMMARY = "做出能在 1700 V 功率模块里稳定工作的氮化硅覆铜基板，小批量供货并装车验证。"
CRITERIA = [
    {"code": "TECH", "name": "技术路线", "weight": 40},
    {"code": "FEAS", "name": "可行性", "weight": 30},
    {"code": "TEAM", "name": "团队", "weight": 20},
    {"code": "COST", "name": "经费", "weight": 10},
]
REASONS = {
    "CLEAR_TARGET": "两项指标都有检验方法", "PATH_UNKNOWN": "流延与凝胶注模两条路线并存",
    "ENOUGH_TAKERS": "市内外至少四家", "POSER_WILLING": "出题方已列预算并提供装车条件",
}  # fmt: skip
QUESTION, ANSWER = "样片尺寸以哪一版图纸为准？", "以附件第 3 版图纸为准，138×190 mm。"


def enter_budget(people: Cast) -> str:
    """Finance enters a line of the budget; gives its name."""
    finance = people(cast.FINANCE)
    finance.open("/challenges/")
    finance.follow("预算")
    stamp = f"{people.now():%m%d%H%M%S}"
    name = f"科技重大专项 {stamp}"
    finance.fill(code=f"206{stamp}", name=name, year=people.now().year, amount_fen=3500)
    finance.press("登记预算")
    finance.shows(name, "3,500 万元")
    return name


def draft_challenge(people: Cast, need: str) -> str:
    """The officer makes it of the need; what the need knows is there; gives its number."""
    officer = people(cast.CITY)
    officer.open(f"/needs/{need}/")
    officer.follow("转为榜单").press("起草榜单")
    assert officer.value("title") == TITLE
    assert officer.value("targets-0-value") == "3000"
    officer.fill(
        summary=SUMMARY, total_fen=9000, public_fen=3000, own_fen=5000, months=24,
        opens_at=people.moment(days=1, hours=-1), deadline_at=people.moment(days=17, hours=-1),
        expert_fields="陶瓷、功率封装", conflict_rules="近三年与揭榜单位有任职、合作或持股的回避。",
    )  # fmt: skip
    officer.fill_rows("targets", [{"tester": "第三方检测机构"}, {"tester": "出题方与第三方"}])
    officer.fill_rows("criteria", CRITERIA)
    officer.choose("secretary", cast.SECRETARY).choose("chair", cast.CHAIR)
    officer.press("保存草稿")
    number = officer.number()
    people("").cannot_open(f"/challenges/{number}/")
    people(cast.LEADER).cannot_open(f"/challenges/{number}/")
    return number


def fit_and_consent(people: Cast, number: str) -> None:
    """Four questions answered; money that does not add up is said; the poser consents."""
    officer = people(cast.CITY).take("榜单起草", number)
    officer.follow("适合性自查")
    for code, reason in REASONS.items():
        officer.page.locator(f"[name='{code}'][value='yes']").check()
        officer.fill(**{f"{code}_reason": reason})
    officer.press("保存自查")
    officer.follow("送专家论证")
    officer.tick(*cast.ARGUERS).choose("lead", cast.ARGUERS[0])
    officer.press("送论证", refused=True)
    officer.shows("之和须等于总经费", "出题方还没有同意")
    officer.open(f"/challenges/{number}/edit/")
    officer.fill(own_fen=6000).press("保存草稿")
    officer.follow("请出题方同意").press("通知出题方")
    admin = people(cast.UNIT_ADMIN).take("出题方同意榜单", number)
    admin.shows("自筹经费 6000 万元")
    admin.press("同意发榜")


def argue(people: Cast, number: str) -> None:
    """Three experts sign; the lead concludes last."""
    officer = people(cast.CITY)
    officer.open(f"/challenges/{number}/")
    officer.follow("送专家论证")
    officer.tick(*cast.ARGUERS).choose("lead", cast.ARGUERS[0]).press("送论证")
    officer.awaits("专家论证", "0 / 3", number)
    lead, *others = cast.ARGUERS
    for name in (*others, lead):
        expert = people(name).take("签署论证意见", number)
        expert.tick("通过").fill(opinion=f"{name}：指标可检验，路线开放，同意发榜。")
        expert.press("签署意见")
        expert.has_nothing("签署论证意见", number)


def authorise(people: Cast, number: str, line: str) -> None:
    """The head authorises on the budget line; on its day the clock publishes."""
    people(cast.CITY).awaits("榜单审定", cast.HEAD, number)
    head = people(cast.HEAD).take("榜单审定", number)
    head.tick(line).press("审定并预留经费")
    head.has_nothing("榜单审定", number)
    finance = people(cast.FINANCE)
    finance.open("/challenges/budget-lines/")
    row = finance.page.locator("tr", has_text=line).inner_text()
    assert "3,500 万元" in row and "3,000 万元" in row and "\t500 万元" in row, row
    people("").cannot_open(f"/challenges/{number}/")
    people.days_pass(1)
    people.until_shown(cast.CITY, f"/challenges/{number}/", "还没有人提问")
    public = people("")
    public.open(f"/challenges/{number}/")
    public.shows(TITLE, "9,000 万元", "3,000 万元", "公开核验", "sha256:")


def question(people: Cast, number: str) -> None:
    """A bidder asks, the officer answers, everybody reads both and nobody who asked."""
    rival = people(cast.RIVAL)
    rival.open(f"/challenges/{number}/")
    rival.follow("提问").fill(text=QUESTION).press("提交问题")
    officer = people(cast.CITY).take("揭榜答疑", number)
    officer.follow("答复").fill(answer=ANSWER).press("公布答复")
    officer.has_nothing("揭榜答疑", number)
    public = people("")
    public.open(f"/challenges/{number}/")
    public.shows(QUESTION, ANSWER)
    public.hides("北辰材料研究院", cast.RIVAL)
