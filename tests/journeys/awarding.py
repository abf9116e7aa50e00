"""Choice, proposal, approvals with a return, a notice with an objection, and the award."""

from tests.journeys import cast
from tests.journeys.cast import Cast
from tests.journeys.posting import TITLE

FACTS = "公示的示例大学与出题方去年合作过一个课题，评审时有没有考虑回避，请核对双方合同和专家名单。"


def choose_and_propose(people: Cast, challenge: str, reason: str) -> None:
    """The poser chooses above the threshold, the officer proposes with a reserve."""
    admin = people(cast.UNIT_ADMIN).take("出题方选定", challenge)
    admin.tick("示例大学").fill(reason=reason).press("选定这份方案")
    officer = people(cast.CITY).take("提出拟立项", challenge)
    officer.choose("reserve", "北辰材料研究院").fill(reason="同意出题方选定。").press("提出拟立项")
    officer.awaits("审批拟立项", cast.FINANCE, challenge)


def approve(people: Cast, challenge: str) -> None:
    """Finance agrees, the head returns with a reason; a second round goes through to the notice."""
    people(cast.HEAD).has_nothing("审批拟立项", challenge)
    finance = people(cast.FINANCE).take("审批拟立项", challenge)
    finance.shows("示例大学", "财务处意见").fill(note="预算已预留").press("同意")
    head = people(cast.HEAD).take("审批拟立项", challenge)
    head.follow("退回，写明理由").fill(reason="请写明与第二名比较的理由").press("退回")
    people(cast.UNIT_ADMIN).shows_at(f"/challenges/{challenge}/", "请写明与第二名比较的理由")
    choose_and_propose(people, challenge, "备用路线更稳，第二名没有样片报告。")
    people(cast.OTHER_FINANCE).take("审批拟立项", challenge).fill(note="同意").press("同意")
    people(cast.HEAD).take("审批拟立项", challenge).fill(note="同意").press("同意")
    people(cast.CITY).open(f"/challenges/{challenge}/")
    people(cast.CITY).shows("公示中")


def object_to(people: Cast, challenge: str) -> tuple[str, str]:
    """Somebody named objects; the clock of the notice stops; gives notice and objection."""
    public = people("")
    public.open(f"/challenges/{challenge}/")
    public.follow("GS-")
    public.shows(TITLE, "示例大学")
    notice = public.number()
    objector = people(cast.RIVAL)
    objector.open(f"/notices/{notice}/")
    objector.follow("提出异议")
    objector.press("提交异议", refused=True)
    objector.shows("还没有选异议的理由", "至少 20 字")
    objector.tick("回避").fill(statement=FACTS, request="核实后重新评定。", email="mq@example.org")
    objector.press("提交异议")
    objection = objector.number()
    public.open(f"/notices/{notice}/")
    public.shows("公示计时已停")
    public.hides(cast.RIVAL, FACTS)
    return notice, objection


def decide_objection(people: Cast, objection: str) -> None:
    """Who took part stands aside: another officer answers, another head decides."""
    for name in (cast.CITY, cast.HEAD):
        people(name).has_nothing("异议", objection)
    handler = people(cast.OTHER_OFFICER).take("异议", objection)
    handler.follow("受理异议").press("受理异议")
    handler.take("异议", objection).follow("答复异议")
    handler.fill(answer="已核对：合作课题在三年之外，评审专家与双方均无关系。").press("答复异议")
    judge = people(cast.OTHER_HEAD).take("异议", objection).follow("作出决定")
    judge.tick("异议不成立").fill(decision="核查属实，理由不成立。").press("作出决定")
    people(cast.RIVAL).shows_at(f"/objections/{objection}/", "核查属实，理由不成立。")


def award(people: Cast, challenge: str, notice: str) -> str:
    """The term ends on working days; a head makes it final; the project is there at once."""
    head = people(cast.HEAD)
    head.open(f"/challenges/{challenge}/award/")
    head.press("确定立项", refused=True)
    people.days_pass(10)
    people.until_shown("", f"/notices/{notice}/", "公示期满")
    head.take("期满确定立项", challenge).press("确定立项")
    head.shows("已立项")
    head.follow("XM-")
    head.shows(TITLE, "示例大学", "9,000 万元")
    return head.number()
