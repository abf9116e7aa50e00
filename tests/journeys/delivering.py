"""The project: agreement, money by three people, milestone evidence and acceptance."""

from tests.journeys import cast
from tests.journeys.cast import Cast

TOTAL, PUBLIC = "90,000,000", "30,000,000"
FIRST, SECOND = ("600 万元", "6,000,000"), ("900 万元", "9,000,000")
SLIP = {"name": "slip.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 slip"}
REPORT = {"name": "report.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4 report"}


def sign_agreement(people: Cast, project: str) -> None:
    """What the bid knew stands in the draft; the unit completes and signs, then the head."""
    leader = people(cast.LEADER)
    leader.open(f"/projects/{project}/")
    leader.follow("任务书").follow("修改草稿")
    assert leader.value("instalments-0-amount_fen") == "600"
    assert leader.value("milestones-0-title") == "小片验证"
    leader.fill(**{"instalments-1-own_due_fen": 1200, "instalments-2-amount_fen": 900,
                   "instalments-2-own_due_fen": 3000})  # fmt: skip
    leader.press("保存草稿")
    leader.shows("各期拨付之和", TOTAL, PUBLIC)
    leader.follow("修改草稿")
    leader.fill_rows("instalments", [{}, {}, {}, {
        "gate": "ACCEPTANCE", "amount_fen": 600, "own_due_fen": 6000,
    }])  # fmt: skip
    leader.press("保存草稿").hides("各期拨付之和")
    admin = people(cast.LEADER_ADMIN).take("代表单位签署", project)
    admin.press("代表单位签署")
    people(cast.LEADER).awaits("代表部门签署", cast.HEAD, project)
    people(cast.HEAD).take("代表部门签署", project).press("代表部门签署")
    people("").cannot_open(f"/projects/{project}/agreements/1/")


def receive_own_money(people: Cast, project: str) -> None:
    """The unit enters own funds with the bank's slip."""
    leader = people(cast.LEADER)
    leader.open(f"/projects/{project}/")
    leader.follow("登记到位资金")
    leader.fill(amount=1200, received_date=people.day(0), text="自筹第一笔，银行回单")
    leader.page.set_input_files("main [name='file']", SLIP)
    leader.press("登记到位资金")
    leader.shows("自筹第一笔，银行回单")


def pay(people: Cast, project: str, wan: str, yuan: str) -> str:
    """The leader asks, finance reviews, the payer pays; three people. Gives the month."""
    people(cast.PAYER).has_nothing("拨付", project)
    people(cast.LEADER).take("申请拨付", project, due=False).press("申请拨付")
    people(cast.PAYER).has_nothing("拨付", project)
    reviewer = people(cast.FINANCE).take("审核拨付", project)
    reviewer.shows("申请、审核、拨付须三个人", cast.LEADER, wan)
    reviewer.press("审核拨付")
    payer = people(cast.PAYER).take("拨付", project)
    payer.shows(cast.FINANCE).press("拨付")
    payer.take("确认到账", project).press("确认到账")
    payer.shows(yuan)
    people(cast.LEADER).shows_at(f"/projects/{project}/", wan, f"{yuan}.00")
    return f"{people.now():%Y-%m}"


def report_milestone(people: Cast, project: str) -> None:
    """The milestone comes near; evidence goes in; three experts and the officer accept it."""
    people.days_pass(30)
    leader = people(cast.LEADER).take("报送里程碑材料", project)
    leader.fill(report="小片热循环 3,260 次，送第三方检测。",
                **{"evidence-0-figure": 3260, "evidence-0-text": "第三方报告第 7 页"})  # fmt: skip
    leader.choose("evidence-0-target_code", "热循环次数")
    leader.page.set_input_files("main [name='evidence-0-file']", REPORT)
    leader.press("报送里程碑材料")
    leader.shows("第三方报告第 7 页", "report.pdf")
    officer = people(cast.CITY).take("组织考核", project)
    officer.tick(*cast.ACCEPTORS).press("组织考核")
    for name in cast.ACCEPTORS:
        expert = people(name).take("签署验收意见", project)
        expert.shows("第三方报告第 7 页")
        expert.tick("通过").fill(opinion="报告与任务书一致。").press("签署验收意见")
    officer.take("签署考核结论", project)
    officer.tick("通过").fill(opinion="三位专家一致通过。").press("签署考核结论")
    people(cast.LEADER).waits("申请拨付", project, due=False)


def publish_figures(people: Cast, project: str, month: str) -> None:
    """The month's paid money is measured, published by a head, and opens its evidence.

    Inside one reads which payment it is; the public reads the sum, since one row would tell.
    """
    public, said = people(""), f"{int(month[:4])}年{int(month[5:])}月"
    before = _on_home(people)
    officer = people(cast.CITY)
    officer.open("/indicators/public_funding_paid/")
    officer.follow("测算指标").fill(period=month).press("测算并固定佐证")
    officer.shows("待发布", "600 万元", project)
    public.open("/indicators/public_funding_paid/")
    public.hides(said)
    head = people(cast.OTHER_HEAD).take(f"发布指标：财政资助拨付额 {said}")
    head.shows(project).press("发布这个数")
    public.open("/indicators/public_funding_paid/")
    evidence = public.evidence_at(said, "1 笔拨付")
    assert "6,000,000.00 元" in evidence and "共 1 行" in evidence, evidence
    assert project not in evidence
    after = _on_home(people)
    assert "万元" in after and after != before, (before, after)


def _on_home(people: Cast) -> str:
    """What the line of the city says of paid money on the public home page; empty where nothing."""
    public = people("")
    public.open("/")
    said = public.page.locator("main li", has_text="财政已拨付")
    return str(said.first.inner_text()) if said.count() else ""
