"""The ranking engine in its plain form: index time, memory, and p50 and p95 of a need, by size.

Offers are mixed from the sentences of the demonstration's own texts by a fixed seed, so that the
numbers of two runs can be compared; a need is a title and some four hundred characters.
"""

import json
import random
import resource
import statistics
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from kechuang.engines.ranking import Document, Index, Query, explain

TEXTS = Path(__file__).resolve().parents[1] / "kechuang" / "site" / "demo" / "data"
OFFERS = {"town": 200, "city": 40_000, "province": 100_000}
NEEDS, SENTENCES, TOP = 60, 6, 100


def run(sizes: list[str]) -> None:
    """Print one table for these sizes."""
    table = Table(title="engines/ranking: BM25 over bigrams in memory")
    for head in ("size", "offers", "index s", "index MiB", "p50 ms", "p95 ms", "explained ms"):
        table.add_column(head, justify="right")
    for size in sizes:
        table.add_row(size, *_measured(OFFERS[size]))
    Console().print(table)


def _measured(count: int) -> list[str]:
    documents = mixed_offers(count)
    before, began = _resident(), time.perf_counter()
    index = Index(documents)
    built = time.perf_counter() - began
    held = max(0, _resident() - before)
    taken, explained = _timings(index, documents)
    ninety_fifth = statistics.quantiles(taken, n=20)[-1]
    return [
        f"{count:,}",
        f"{built:.1f}",
        f"{held / 2**20:.0f}",
        f"{statistics.median(taken):.1f}",
        f"{ninety_fifth:.1f}",
        f"{statistics.median(explained):.1f}",
    ]


def _resident() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _timings(index: Index, documents: list[Document]) -> tuple[list[float], list[float]]:
    """Milliseconds to rank each need, and to explain its first hit."""
    taken, explained = [], []
    for query in demo_needs():
        began = time.perf_counter()
        hits = index.rank(query, TOP)
        taken.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        explain(index, query, hits[0].id, documents[int(str(hits[0].id))].body)
        explained.append(1000 * (time.perf_counter() - began))
    return taken, explained


def mixed_offers(count: int) -> list[Document]:
    """Offers mixed from the sentences of the demonstration's offers."""
    chance = random.Random(2026)
    rows = _rows("offers.jsonl")
    sentences = [part for row in rows for part in row["body"].split("。") if part]
    titles = [row["title"] for row in rows]
    return [
        Document(n, chance.choice(titles), "", "。".join(chance.choices(sentences, k=SENTENCES)))
        for n in range(count)
    ]


def demo_needs() -> list[Query]:
    rows = _rows("needs.jsonl")
    return [
        Query(" ".join([row["title"], *row["keywords"]]), row["body"] * 3) for row in rows[:NEEDS]
    ]


def _rows(name: str) -> list[dict]:
    lines = (TEXTS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines if line.strip()]
