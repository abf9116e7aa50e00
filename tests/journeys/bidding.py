"""Two units bid: draft, signature, sealed submission, receipt; nobody else reads a word."""

from tests.journeys import cast
from tests.journeys.cast import Cast

WINNING, LOSING = "双层流延与活性钎焊一体化路线", "凝胶注模与直接键合路线"
SECRET = "锦鲤七七四一"
MARKERS = (WINNING, LOSING, SECRET)
ROUTE = f"先做小片验证热循环，再放大到 138×190 mm；备用路线为直接键合。{SECRET}"
SIGNING, FIRST, SECOND = 600, 900, 1500  # 万元 of the worked example, the last with acceptance


def _proposal(people: Cast, title: str) -> dict[str, object]:
    return {
        "title": title, "summary": f"{title}，分三步做到热循环 3,000 次。", "route": ROUTE,
        "basis": "已有流延线一条、样片热循环 1,200 次的第三方报告。", "total_fen": 9000,
        "public_fen": 3000, "own_fen": 6000, "other_fen": 0, "signing_fen": SIGNING,
    }  # fmt: skip


def write_bid(people: Cast, challenge: str, name: str, title: str) -> str:
    """A team leader writes; what does not add up is said before anybody signs."""
    leader = people(name)
    leader.open("/challenges/")
    leader.open(f"/challenges/{challenge}/")
    leader.follow("提交密封方案").press("开始起草")
    bid = leader.number()
    leader.fill(**_proposal(people, title)).choose("lead", name)
    leader.fill_rows("commitments", [
        {"value": "3,200 次", "how": "第三方按榜单方法检验"},
        {"value": "85 W/(m·K)", "how": "激光闪射法"},
    ])  # fmt: skip
    leader.fill_rows("team", [{"name": name, "role": "负责人", "organisation": "本单位",
                               "task": "总体"}])  # fmt: skip
    leader.fill_rows("milestones", [
        {"title": "小片验证", "due": people.day(70), "evidence": "第三方检测报告",
         "public_fen": FIRST},
        {"title": "整板装车", "due": people.day(500), "evidence": "装车记录",
         "public_fen": SECOND - 500},
    ])  # fmt: skip
    leader.tick("否").press("保存草稿")
    leader.shows("提交前还缺这些", "相差 500 万元", "单位管理员")
    leader.follow("修改方案")
    leader.fill(**{"milestones-1-public_fen": SECOND}).press("保存草稿")
    leader.follow("送单位签发").press("送单位管理员")
    leader.waits("填写揭榜方案", bid)
    return bid


def seal_bid(people: Cast, bid: str, name: str, admin: str) -> str:
    """The unit signs with the commitment letter, the leader submits; gives the receipt's number."""
    signer = people(admin).take("签发揭榜方案", bid)
    signer.press("签发", refused=True)
    signer.tick("军令状").press("签发")
    signer.has_nothing("签发揭榜方案", bid)
    leader = people(name).take("提交密封方案", bid)
    leader.press("提交密封方案")
    leader.shows("揭榜收据", "密文指纹", bid)
    receipt = leader.page.url.rstrip("/").rsplit("/", 1)[-1]
    leader.has_nothing("提交密封方案", bid)
    return receipt


def nobody_reads(people: Cast, challenge: str, bids: dict[str, str]) -> None:
    """Before the deadline: no page, no list, no search, no count, for whoever did not write it."""
    others = {
        "", cast.CITY, cast.OTHER_OFFICER, cast.HEAD, cast.SUPERVISOR, cast.SECRETARY, cast.CHAIR,
        cast.UNIT_ADMIN, cast.LIAISON, cast.FINANCE,
    }  # fmt: skip
    for name in sorted(others):
        walker = people(name)
        for bid in bids.values():
            walker.cannot_open(f"/bids/{bid}/")
        walker.cannot_open(f"/challenges/{challenge}/bids/")
        walker.open(f"/challenges/{challenge}/")
        walker.hides(*MARKERS, *bids.values(), "看开封的方案")
    for name in (cast.CITY, cast.RIVAL):
        walker = people(name)
        walker.open(f"/search/?q={SECRET}")
        walker.hides(*bids.values(), WINNING)
    people(cast.RIVAL).cannot_open(f"/bids/{bids[cast.LEADER]}/")
    people(cast.LEADER).cannot_open(f"/bids/{bids[cast.RIVAL]}/")


def deadline_passes(people: Cast, challenge: str) -> None:
    """The clock closes; the supervisor comes, then the officer may open."""
    people.days_pass(10)
    people.days_pass(6)
    people.until_shown(cast.CITY, f"/challenges/{challenge}/", "已截止，待开标")
    officer = people(cast.CITY)
    officer.awaits("开标签到", cast.SUPERVISOR, challenge)
    officer.open(f"/challenges/{challenge}/unseal/")
    officer.press("开封全部方案", refused=True)
    officer.shows("监督还没有到场，不能开标")
    people(cast.HEAD).cannot_open(f"/challenges/{challenge}/attend/")
    supervisor = people(cast.SUPERVISOR).take("开标签到", challenge)
    supervisor.press("我已到场")
    officer.take("开标", challenge)
    officer.shows(cast.SUPERVISOR)
    officer.press("开封全部方案")
    officer.shows("示例大学", "北辰材料研究院", "开标记录", cast.SUPERVISOR)
    public = people("")
    public.open(f"/challenges/{challenge}/")
    public.shows("开标记录", "指纹已公布")
    public.hides(*MARKERS)
