"""Needs and offers by the ten thousand, varied from the texts, for the larger sizes."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from rich.progress import Progress

from kechuang.needs.actions import import_needs
from kechuang.needs.models import Need, NeedStage, Target
from kechuang.offers.actions.importing import import_offers
from kechuang.offers.models import Figure, Offer, OfferStage
from kechuang.parties.models import Organisation
from kechuang.search.models import Document
from kechuang.site.demo import texts, variety
from kechuang.site.demo.cast import Cast
from kechuang.site.demo.desk import HOLDERS
from kechuang.site.demo.tables import taking_in

BATCH = 5_000
MANY = 5_000  # from so many rows on, indexes are built afterwards
TABLES = (Need, NeedStage, Target, Offer, OfferStage, Figure, Document)
WAITING = {0: "COUNTY_CHECK", 20: "CITY_CHECK"}  # of every forty needs, those that still wait


def fill(cast: Cast, needs: int, offers: int, progress: Progress) -> None:
    """Bring in so many needs and offers more, in sheets of five thousand rows."""
    if needs + offers < MANY:
        _fill(cast, needs, offers, progress)
        return
    with taking_in(*TABLES):
        _fill(cast, needs, offers, progress)
        last = progress.add_task("索引", total=None)
    progress.remove_task(last)


def _fill(cast: Cast, needs: int, offers: int, progress: Progress) -> None:
    officer = cast.actor("linjing")
    for number, rows in _sheets(_needs(cast, needs), needs, progress, "需求"):
        import_needs(
            rows=list(enumerate(rows, 2)), source=f"demo-{number}", by=officer, at=cast.clock.now
        )
    for number, rows in _sheets(_offers(cast, offers), offers, progress, "成果"):
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
        sheet = list(islice(rows, BATCH))
        yield number, sheet
        progress.update(task, advance=len(sheet))
    progress.remove_task(task)


def _needs(cast: Cast, count: int) -> Iterator[dict[str, Any]]:
    owners = _by_chain(cast.owners("ENTERPRISE"))
    made = variety.needs(texts.rows("needs.jsonl"), max(count, 0), "needs")
    for serial, row in enumerate(made):
        fitting = owners[row["chain"]]
        state = WAITING.get(serial % 40, "ACCEPTED")
        back = serial % 330 + 1 if state == "ACCEPTED" else serial // 40 % 12
        yield {
            "id": f"B{serial:06d}", "owner": fitting[serial * 7 % len(fitting)].code,
            "title": row["title"], "body": row["body"], "chain": row["chain"],
            "keywords": row["keywords"], "targets": row["targets"],
            "budget": str(row["budget_wan"]), "budget_is_right": str(row["budget_wan"]),
            "due": cast.clock.at(200 + serial % 700).date().isoformat(),
            "publication": row["publication"], "state": state,
            "since": cast.clock.at(-back).date().isoformat(),
        }  # fmt: skip


def _offers(cast: Cast, count: int) -> Iterator[dict[str, Any]]:
    known = [row for row in texts.rows("offers.jsonl") if row["kind"] != "PATENT"]
    owners = [cast.organisations[name] for name in HOLDERS]
    owners += cast.owners("UNIVERSITY", "INSTITUTE", "NEW_RND")
    for serial, row in enumerate(variety.offers(known, max(count, 0), "offers")):
        yield {
            "id": f"B{serial:06d}", "owner": owners[serial * 11 % len(owners)].code,
            "kind": row["kind"], "title": row["title"], "summary": row["summary"],
            "body": row["body"], "keywords": row["keywords"], "chains": row["chain"],
            "trl": str(row["trl"]),
        }  # fmt: skip


def _by_chain(organisations: list[Organisation]) -> dict[str, list[Organisation]]:
    found: dict[str, list[Organisation]] = {}
    for one in organisations:
        found.setdefault(one.chain, []).append(one)
    return found
