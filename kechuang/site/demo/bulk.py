"""Needs and offers by the ten thousand, varied from the texts, for the larger sizes."""

from collections.abc import Iterator
from typing import Any

from rich.progress import Progress

from kechuang.needs.actions import import_needs
from kechuang.offers.actions.importing import import_offers
from kechuang.parties.models import Organisation
from kechuang.site.demo import texts
from kechuang.site.demo.cast import Cast
from kechuang.site.demo.desk import HOLDERS

BATCH = 5_000
SETTINGS = (
    "用于寒区工况", "面向高湿沿海环境", "适配老线改造", "小批量多品种", "在线连续运行",
    "要求全程可追溯", "按出口标准验证", "兼顾能耗与节拍", "限一个检修期内完成", "面向关键工序替代",
)  # fmt: skip


def fill(cast: Cast, needs: int, offers: int, progress: Progress) -> None:
    """Bring in so many needs and offers more, in sheets of five thousand rows."""
    officer = cast.actor("linjing")
    for number, rows in _sheets(_needs(cast, needs), needs, progress, "needs"):
        import_needs(
            rows=list(enumerate(rows, 2)), source=f"demo-{number}", by=officer, at=cast.clock.now
        )
    for number, rows in _sheets(_offers(cast, offers), offers, progress, "offers"):
        import_offers(
            rows=list(enumerate(rows, 2)), source=f"demo-{number}", by=officer, at=cast.clock.now
        )


def _sheets(
    rows: Iterator[dict[str, Any]], count: int, progress: Progress, words: str
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    if count <= 0:
        return
    task = progress.add_task(words, total=count)
    for number, _start in enumerate(range(0, count, BATCH)):
        sheet = [row for row, _turn in zip(rows, range(BATCH), strict=False)]
        yield number, sheet
        progress.update(task, advance=len(sheet))
    progress.remove_task(task)


def _needs(cast: Cast, count: int) -> Iterator[dict[str, Any]]:
    known = texts.rows("needs.jsonl")
    owners = _by_chain(cast.owners("ENTERPRISE"))
    for serial in range(max(count, 0)):
        row = known[serial % len(known)]
        turn = serial // len(known)
        fitting = owners[row["chain"]]
        setting = SETTINGS[turn % len(SETTINGS)]
        yield {
            "id": f"B{serial:06d}", "owner": fitting[(serial * 7 + turn) % len(fitting)].code,
            "title": f"{row['title'][:30]}（{turn + 2}）",
            "body": f"{row['body']}{setting}，第 {turn + 2} 条产线提出。", "chain": row["chain"],
            "keywords": "、".join(row["keywords"]),
            "budget": str(row["budget_wan"] + turn % 50), "targets": row["targets"],
            "due": cast.clock.at(200 + serial % 700).date().isoformat(),
            "publication": row["publication"], "state": "ACCEPTED",
            "since": cast.clock.at(-(serial % 330) - 1).date().isoformat(),
        }  # fmt: skip


def _offers(cast: Cast, count: int) -> Iterator[dict[str, Any]]:
    known = [row for row in texts.rows("offers.jsonl") if row["kind"] != "PATENT"]
    owners = [cast.organisations[name] for name in HOLDERS]
    owners += cast.owners("UNIVERSITY", "INSTITUTE", "NEW_RND")
    for serial in range(max(count, 0)):
        row = known[serial % len(known)]
        turn = serial // len(known)
        setting = SETTINGS[turn % len(SETTINGS)]
        yield {
            "id": f"B{serial:06d}", "owner": owners[(serial * 11 + turn) % len(owners)].code,
            "kind": row["kind"], "title": f"{row['title']}（{turn + 2}）",
            "summary": row["summary"], "body": f"{row['body']}{setting}的第 {turn + 2} 版。",
            "keywords": "、".join(row["keywords"]), "chains": row["chain"],
            "trl": str(row["trl"]),
        }  # fmt: skip


def _by_chain(organisations: list[Organisation]) -> dict[str, list[Organisation]]:
    found: dict[str, list[Organisation]] = {}
    for one in organisations:
        found.setdefault(one.chain, []).append(one)
    return found
