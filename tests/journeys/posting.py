"""From an enterprise's post to an introduction: sign, check with a return, accept, match."""

from tests.journeys import cast
from tests.journeys.cast import Cast

TITLE = "高压功率模块用氮化硅陶瓷基板覆铜可靠性"
BODY = (
    "现用氧化铝基板在 1700 V 模块里热循环 500 次后铜层起翘，试过加厚铜层和换焊料，都不到 800 次。"
    "求氮化硅陶瓷基板流延成型、活性钎焊覆铜的整套工艺和小批量供货，配合整机装车验证。"
)
ROUND_BODY = BODY + "失效照片和热循环曲线可在签保密协议后提供。"
TARGETS = [
    {"name": "热循环次数", "comparison": "AT_LEAST", "value": 3000, "unit": "次",
     "test_method": "−40～150 ℃ 循环，超声扫描"},
    {"name": "热导率", "comparison": "AT_LEAST", "value": 80, "unit": "W/(m·K)",
     "test_method": "激光闪射法"},
]  # fmt: skip
WANTED = {
    "title": TITLE, "body": BODY, "keywords": "氮化硅、陶瓷基板、覆铜、功率模块", "budget": 300,
}  # fmt: skip


def post_need(people: Cast) -> str:
    """The filler writes and hands in; gives the need's number."""
    filler = people(cast.FILLER)
    filler.open("/work/")
    filler.follow("发布需求")
    filler.press("提交给单位管理员", refused=True)
    filler.shows("处需要改", "请")
    filler.fill(**WANTED, due=people.day(600)).choose("chain", "集成电路")
    filler.fill_rows("targets", TARGETS).tick("公开　").choose("contact", cast.FILLER)
    filler.press("提交给单位管理员")
    filler.shows("编号", TITLE, "热循环次数")
    number = filler.number()
    filler.awaits("需求签发", cast.UNIT_ADMIN, number)
    return number


def sign_need(people: Cast, number: str) -> None:
    """The unit's administrator consents and signs; nobody else could."""
    people(cast.RIVAL).cannot_open(f"/needs/{number}/")
    people(cast.COUNTY).has_nothing("需求", number)
    admin = people(cast.UNIT_ADMIN).take("需求签发", number)
    admin.press("同意公开并签发", refused=True)
    admin.shows("同意")
    admin.tick("本单位同意按上面的程度公开").press("同意公开并签发")
    admin.has_nothing("需求签发", number)


def check_need(people: Cast, number: str) -> None:
    """The county returns it with a field marked, gets it back mended, passes; the city accepts."""
    people(cast.CITY).has_nothing("需求筛选", number)
    county = people(cast.COUNTY).take("需求核实", number)
    county.follow("退回补正")
    county.fill(**{"mark-body": "请写明失效的证据能不能看", "note": "补正后当天可办"})
    county.press("按标注退回")
    county.has_nothing("需求核实", number)
    filler = people(cast.FILLER).take("需求退回补正", number)
    filler.shows("退回时标出 1 栏要改", "请写明失效的证据能不能看")
    filler.fill(body=ROUND_BODY).press("提交给单位管理员")
    admin = people(cast.UNIT_ADMIN).take("需求签发", number)
    admin.tick("本单位同意按上面的程度公开").press("同意公开并签发")
    people(cast.COUNTY).take("需求核实", number).follow("通过这条需求")
    people(cast.COUNTY).fill(note="属实").press("通过这条需求")
    people(cast.FILLER).awaits("需求筛选", cast.CITY, number)
    city = people(cast.CITY).take("需求筛选", number).follow("通过这条需求")
    city.tick("入库").press("通过这条需求")
    city.shows("已入库", TITLE)
    public = people("")
    public.open("/needs/")
    public.shows(TITLE)


def introduce(people: Cast, need: str) -> str:
    """The liaison reads why the offers fit, accepts one, and gets both sides to answer."""
    liaison = people(cast.LIAISON)
    liaison.open(f"/needs/{need}/matches/")
    liaison.shows("可能解决它的成果与团队", "匹配分", "各项之和", "文字相合")
    card = liaison.page.locator("article.card", has_text="示例大学").first
    offer = str(card.get_attribute("id")).removeprefix("m-")
    field = offer.lower()
    if not card.locator(".kc-verdict").is_visible():
        card.locator("details.kc-judge summary").click()
    liaison.choose(f"{field}-reason_code", "指标接近").fill(
        **{f"{field}-note": "同一团队做过流延成型，热循环差一截，可以联合攻关。"}
    )
    liaison.press_in(card, "保存判断，推荐的发出引荐")
    number = liaison.number()
    liaison.shows(TITLE, "示例大学", "指标接近，可联合攻关", "未答复")
    return number


def hear_both(people: Cast, introduction: str) -> None:
    """Both sides answer, the liaison records a contact with a next step."""
    for name in (cast.FILLER, cast.LEADER):
        side = people(name).take("引荐", introduction)
        side.tick("愿意").press("提交答复")
    people(cast.RIVAL).cannot_open(f"/introductions/{introduction}/")
    liaison = people(cast.LIAISON)
    liaison.open(f"/introductions/{introduction}/")
    later = people.day(5)
    liaison.fill(words="双方见面，样片热循环 1,200 次，须攻关。", next_step="寄 20 片样片试烧",
                 next_date=later).press("记下这次联络")  # fmt: skip
    liaison.shows("寄 20 片样片试烧", later)
    leader = people(cast.LEADER)
    leader.open(f"/introductions/{introduction}/")
    leader.hides("双方见面，样片热循环")
