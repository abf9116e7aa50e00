"""A benefit as people give it: registers corrected, batches approved and paid, sums taken back."""

from tests.journeys import cast
from tests.journeys.cast import Cast
from tests.journeys.walker import Walker
from tests.site.sheets import xlsx

REGISTRAR = "吴桐"  # the city's registrar of technology contracts
UNIT = "示例芯封科技有限公司"
POLICY = "技术合同成交额奖补"
HEADS = ("单位信用代码", "合同登记编号", "签订日期", "成交额（万元）", "来源", "数据主管部门")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def enterprise_of(people: Cast) -> tuple[str, str]:
    """The number and the credit code of the enterprise, as its own page says them."""
    filler = people(cast.FILLER)
    filler.open("/evaluations/")
    filler.shows(UNIT)
    code = filler.page.locator("main .kc-title .kc-2").first.inner_text().split(" ")[0]
    return filler.number(), code


def sheet_comes(people: Cast, code: str, wan: int, title: str) -> None:
    """The registrar brings the corrected register of one contract of last year."""
    row = (code, "JH-XF-001", f"{people.now().year - 1}-06-30", wan, title, "科技局")
    file = {"name": "合同.xlsx", "mimeType": XLSX, "buffer": xlsx(HEADS, row)}
    walker = people(REGISTRAR)
    walker.open("/enterprise-contracts/import/")
    walker.page.locator("input[type=file]").set_input_files(files=[file])
    walker.press("检查这张表").shows("1 行，没有问题，还没有写入")
    walker.press("确认导入").shows("已导入")


def return_waiting(people: Cast) -> None:
    """The head gives the batch of the night before back: the register is being corrected."""
    head = people(cast.HEAD)
    head.take("批准批次并公示").hides(UNIT)
    head.follow("退回批次").fill(reason="合同登记正在更正，更正后再算。").press("退回批次")
    head.shows("这一批已退回")


def night_proposes(people: Cast) -> str:
    """A night passes; a batch waits for the head in which the enterprise stands."""
    people.days_pass(1)
    people.until_shown(cast.HEAD, "/benefits/batches/?state=drafted", "/benefits/batches/PC-")
    head = people(cast.HEAD)
    head.take("批准批次并公示").shows("由夜间任务计算", UNIT, "20 万元")
    return head.page.url.rstrip("/").rsplit("/", 1)[-1]


def approve(people: Cast, batch: str) -> None:
    """A second person approves; anybody reads the notice."""
    head = people(cast.HEAD)
    head.open(f"/benefits/batches/{batch}/")
    head.follow("批准批次并公示").press("批准批次并公示").shows("公示中")
    notice = head.page.locator("main a[href*='/notices/']").first.get_attribute("href")
    people("").shows_at(str(notice), UNIT, "200,000.00 元", "内容指纹")


def pay(people: Cast, batch: str) -> None:
    """The notice runs its term; three people request, review and pay, and the money arrives."""
    people.days_pass(10)
    people.until_shown(cast.CITY, f"/benefits/batches/{batch}/", "公示期满")
    for name, task in ((cast.CITY, "申请拨付"), (cast.FINANCE, "审核拨付"), (cast.PAYER, "拨付"),
                       (cast.PAYER, "确认到账")):  # fmt: skip
        people(name).take(task, batch).follow(task).press(task)
    people(cast.PAYER).shows("已到账")


def reclaim(people: Cast) -> str:
    """The correction opens a case; the enterprise is heard, a head decides, the money is back."""
    people.until_shown(cast.OTHER_HEAD, "/benefits/reclaims/", POLICY)
    admin = people(cast.UNIT_ADMIN)
    admin.take("陈述意见").shows("哪项数据变了", "技术合同", "登记更正之二", "应退回 20 万元")
    case = admin.page.url.rstrip("/").rsplit("/", 1)[-1]
    admin.follow("陈述意见").fill(answer="无异议，合同确有变更。").press("陈述意见")
    head = people(cast.OTHER_HEAD)
    head.take("作出决定", case).shows("无异议，合同确有变更。").follow("作出决定")
    head.page.get_by_label("追回", exact=True).check()
    head.fill(decision="更正后不符合条件，全额退回。").press("作出决定")
    people(cast.PAYER).take("确认退回到账", case).follow("确认退回到账").press("确认退回到账")
    return case


def own_page(people: Cast, *words: str) -> Walker:
    """What the enterprise's own people read of their benefits."""
    filler = people(cast.FILLER)
    filler.shows_at("/benefits/", *words)
    return filler
