"""`make bench-ranking`: one table of the ranking engine's bars, its peers in the same run.

Offers are mixed from the sentences of the demonstration's own texts by a fixed seed; a need is a
title and some four hundred characters. With DATA=folder (corpus_*.jsonl, queries_K*.jsonl and
qrels_K*.tsv) the quality is measured too. SIZE sets the offers of the engine, PEERS those of the
peers, which are held against the engine at the same size; 0 leaves the peers out.
"""

import json
import multiprocessing
import os
import random
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from kechuang.engines.ranking import Document, Kind, Query, Ranker, Writer, quantities
from kechuang.engines.ranking.batch import rank_all
from kechuang.engines.ranking.evaluation import bootstrap_bound, evaluate, ndcg
from kechuang.engines.ranking.spans import taken_apart

TEXTS = Path(__file__).resolve().parents[1] / "kechuang" / "site" / "demo" / "data"
NEEDS, SENTENCES, TOP, NEW = 60, 6, 100, 1_000
NEED_LENGTH = 400  # characters of a need
SIZES = {"town": 200, "city": 40_000, "province": 400_000}
BATCH = 200  # needs that are ranked one by one and all at once
JUDGED, FEW = 400, 25

Row = tuple[str, str, str, str]


def run(sizes: list[str]) -> None:
    """Print the table for the largest of these sizes, or for SIZE."""
    size = int(os.environ.get("SIZE", SIZES[sizes[-1]]))
    peers = min(size, int(os.environ.get("PEERS", "20000")))
    table = Table(title="engines/ranking")
    for head in ("bar", "figure", "at least", "how"):
        table.add_column(head)
    data = os.environ.get("DATA")
    rows = [*speed(size, peers), *(quality(Path(data)) if data else ())]
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)
    console.print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    if not data:
        console.print("DATA=folder measures the quality too")


# --- speed ---------------------------------------------------------------------------------


def speed(size: int, peers: int) -> Iterator[Row]:
    """Time and memory of the engine at `size`, and against the peers at `peers` offers."""
    with tempfile.TemporaryDirectory(prefix="kechuang-bench-") as place:
        built, held = apart(build, Path(place) / "all", size)
        yield (f"index {size:,} offers", f"{built:.1f} s", "", "tantivy and forward store")
        taken, needed = apart(asked, Path(place) / "all")
        yield (
            f"need of {NEED_LENGTH} characters, ranked and top {TOP} explained",
            f"p50 {statistics.median(taken):.1f} p95 {p95(taken):.1f} ms",
            "p95 50 ms",
            f"{size:,} offers",
        )
        yield ("memory", f"index {held} MiB, asking {needed} MiB", "", f"{size:,} offers, peak")
        yield (
            f"{NEW:,} new offers searchable", f"{added(Path(place) / 'all', size):.2f} s", "2 s", ""
        )  # fmt: skip
        one, all_at_once, same = batch(Path(place) / "all")
        yield (
            f"batch of {BATCH} needs against one by one",
            f"{one / all_at_once:.2f} x, {'the same hits' if same else 'OTHER HITS'}",
            "3 x",
            f"{one:.1f} s and {all_at_once:.1f} s",
        )
        if peers:
            yield from against_peers(Path(place) / "few", peers)


def against_peers(folder: Path, size: int) -> Iterator[Row]:
    """The engine and its peers at a size that the peers can be waited for."""
    ours, held = apart(build, folder, size)
    taken, _ = apart(asked, folder)
    theirs, memory = apart(peer_bm25s, size)
    yield (
        "index, against bm25s + jieba",
        f"{theirs[0] / ours:.1f} x",
        "5 x",
        f"{size:,} offers: {ours:.1f} s and {theirs[0]:.1f} s",
    )
    yield (
        "memory, against bm25s + jieba",
        f"1/{memory / held:.1f}",
        "1/10",
        f"{size:,} offers, peak: {held} and {memory} MiB",
    )
    yield (
        "p95 of a need, bm25s + jieba", f"{p95(theirs[1]):.1f} ms", "", f"ours {p95(taken):.1f} ms"
    )  # fmt: skip
    if os.environ.get("DATABASE_URL"):
        slow = ts_rank(size)
        yield (
            "need, against ts_rank",
            f"{p95(slow) / p95(taken):.1f} x",
            "20 x",
            f"{size:,} offers, p95 {p95(slow):.0f} and {p95(taken):.1f} ms",
        )


def apart(work: Callable[..., Any], *given: Any) -> tuple[Any, int]:
    """The answer of some work in a process of its own, and the MiB that it held at most."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (work, given))


def _measured(work: Callable[..., Any], given: tuple[Any, ...]) -> tuple[Any, int]:
    answer = work(*given)
    return answer, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def build(folder: Path, size: int) -> float:
    """Seconds to index so many offers."""
    began = time.perf_counter()
    with Writer(folder) as writer:
        writer.put(mixed_offers(size))
        writer.commit()
    return time.perf_counter() - began


def asked(folder: Path) -> list[float]:
    """Milliseconds of each need: ranked, and its hits explained figure by figure and term by
    term; the first one with the places in its text."""
    ranker = Ranker(folder)
    ranker.rank(Query("预热"))
    taken = []
    for query in demo_needs():
        began = time.perf_counter()
        ranked = ranker.rank(query, TOP)
        quantities(query.body)
        for place in range(len(ranked.hits)):
            taken_apart(ranked, place, {})
        taken.append(1000 * (time.perf_counter() - began))
    return taken


def added(folder: Path, size: int) -> float:
    """Seconds until new offers are found by a reader that was there before."""
    ranker = Ranker(folder)
    with Writer(folder) as writer:
        began = time.perf_counter()
        writer.put(
            Document(f"new-{number}", f"全新成果{number}", "", "丄丅专用工艺")
            for number in range(NEW)
        )
        writer.commit()
        ranker.refresh()
        found = ranker.rank(Query("丄丅专用"), 10).total
        passed = time.perf_counter() - began
    assert found == NEW, found
    return passed


def batch(folder: Path) -> tuple[float, float, bool]:
    """Seconds one by one and all at once, and whether every hit is the same."""
    needs = (demo_needs() * (BATCH // NEEDS + 1))[:BATCH]
    ranker = Ranker(folder)
    ranker.rank(needs[0])
    began = time.perf_counter()
    singly = [ranker.rank(query, TOP).hits for query in needs]
    between = time.perf_counter()
    together = list(rank_all(folder, needs, TOP))
    return between - began, time.perf_counter() - between, singly == together


def mixed_offers(count: int) -> Iterator[Document]:
    """Offers mixed from the sentences of the demonstration's offers."""
    chance = random.Random(2026)
    rows = _rows(TEXTS / "offers.jsonl")
    sentences = [part for row in rows for part in row["body"].split("。") if part]
    titles = [row["title"] for row in rows]
    for number in range(count):
        body = "。".join(chance.choices(sentences, k=SENTENCES))
        yield Document(number, chance.choice(titles), "", body)


def demo_needs() -> list[Query]:
    rows = _rows(TEXTS / "needs.jsonl")[:NEEDS]
    return [Query(row["title"], (row["body"] * 3)[:NEED_LENGTH], kind=Kind.RELATED) for row in rows]


def _rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


# --- peers ---------------------------------------------------------------------------------


def jieba_words() -> Callable[[str], list[str]]:
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    return lambda text: [
        word.lower() for word in jieba.cut_for_search(text) if any(map(str.isalnum, word))
    ]


def peer_bm25s(size: int) -> tuple[float, list[float]]:
    """Seconds to index, and milliseconds of each need."""
    import bm25s
    import numpy as np

    words = jieba_words()
    began = time.perf_counter()
    index = bm25s.BM25()
    texts = (words(f"{each.title}\n{each.body}") for each in mixed_offers(size))
    index.index(list(texts), show_progress=False)
    built = time.perf_counter() - began
    taken = []
    for query in demo_needs():
        start = time.perf_counter()
        scores = index.get_scores(words(f"{query.text}\n{query.body}"))
        np.argpartition(-scores, TOP)[:TOP]
        taken.append(1000 * (time.perf_counter() - start))
    return built, taken


def ts_rank(size: int) -> list[float]:
    """Milliseconds of each need with PostgreSQL's own search over jieba's words."""
    import psycopg

    words = jieba_words()
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TEMP TABLE held (id int, words tsvector)")
        with connection.cursor().copy("COPY held FROM STDIN") as copy:
            for each in mixed_offers(size):
                text = " ".join(words(f"{each.title}\n{each.body}")).replace("'", " ")
                copy.write_row((each.id, "'" + "' '".join(text.split()) + "'"))
        connection.execute("CREATE INDEX ON held USING gin (words)")
        connection.execute("ANALYZE held")
        taken = []
        for query in demo_needs()[:20]:
            terms = dict.fromkeys(words(f"{query.text}\n{query.body}"))
            said = " | ".join("'" + term.replace("'", " ") + "'" for term in terms)
            start = time.perf_counter()
            connection.execute(
                "SELECT id FROM held, to_tsquery('simple', %s) asked WHERE words @@ asked"
                " ORDER BY ts_rank(words, asked) DESC LIMIT %s",
                [said, TOP],
            ).fetchall()
            taken.append(1000 * (time.perf_counter() - start))
        connection.rollback()
    return taken


# --- quality -------------------------------------------------------------------------------

Found = dict[str, list[str]]


def quality(data: Path) -> Iterator[Row]:
    """nDCG@10 of each task against the better of the two peers, and learning from feedback."""
    corpus = next(iter(sorted(data.glob("corpus_*.jsonl"))))
    documents = [Document(str(row["id"]), body=row["body"]) for row in _rows(corpus)]
    peers = peer_rankers(documents)
    with tempfile.TemporaryDirectory(prefix="kechuang-bench-") as place:
        with Writer(Path(place) / "index") as writer:
            writer.put(documents)
            writer.commit()
        ranker = Ranker(Path(place) / "index")
        for task, least in (("K1", ".998 x"), ("K2", ".998 x"), ("K3", "1.05 x"), ("K5", "1.15 x")):
            queries, gains = task_of(data, task)
            ours = {qid: ids(ranker.rank(query, TOP).hits) for qid, query in queries.items()}
            theirs = {
                name: {qid: rank(query) for qid, query in queries.items()}
                for name, rank in peers.items()
            }
            yield compared(task, ours, theirs, gains, least)
            if task == "K5":
                yield from learning(ranker, queries, gains, ours, theirs)


def ids(hits: list[Any]) -> list[str]:
    return [str(hit.id) for hit in hits]


def task_of(data: Path, task: str) -> tuple[dict[str, Query], dict[str, dict[str, int]]]:
    gains: dict[str, dict[str, int]] = {}
    for line in (data / f"qrels_{task}.tsv").read_text().splitlines():
        qid, document, gain = line.split()
        gains.setdefault(qid, {})[document] = int(gain)
    queries = {}
    for row in _rows(data / f"queries_{task}.jsonl"):
        excluded = frozenset() if row.get("exclude") is None else frozenset({str(row["exclude"])})
        if str(row["qid"]) in gains:
            queries[str(row["qid"])] = Query(
                row["text"], row.get("body") or "", excluded, Kind(row["kind"])
            )
    return queries, gains


def compared(
    name: str, ours: Found, theirs: dict[str, Found], gains: dict[str, dict[str, int]], least: str
) -> Row:
    mine = evaluate(ours, gains)["nDCG@10"]
    peers = {peer: evaluate(found, gains)["nDCG@10"] for peer, found in theirs.items()}
    best = max(peers, key=lambda peer: peers[peer])
    gained = [
        ndcg(ours.get(qid, ()), each) - ndcg(theirs[best].get(qid, ()), each)
        for qid, each in gains.items()
        if any(each.values())
    ]
    said = ", ".join(f"{peer} {value:.4f}" for peer, value in peers.items())
    return (
        f"{name} nDCG@10",
        f"{mine:.4f}  {mine / peers[best]:.3f} x, bound {bootstrap_bound(gained):+.4f}",
        least,
        said,
    )


def peer_rankers(documents: list[Document]) -> dict[str, Callable[[Query], list[str]]]:
    """bm25s and rank_bm25 on the words of jieba's search mode, as they come."""
    import bm25s
    import numpy as np
    from rank_bm25 import BM25Okapi

    words = jieba_words()
    texts = [words(each.body) for each in documents]
    names = [str(each.id) for each in documents]
    quick = bm25s.BM25()
    quick.index(texts, show_progress=False)
    plain = BM25Okapi(texts)

    def ranker(scores_of: Callable[[list[str]], Any]) -> Callable[[Query], list[str]]:
        def rank(query: Query) -> list[str]:
            scores = np.asarray(scores_of(words(query.text)), dtype=np.float64)
            order = np.argsort(-scores, kind="stable")[: TOP + len(query.exclude)]
            found = [names[at] for at in order if scores[at] != 0]
            return [each for each in found if each not in query.exclude][:TOP]

        return rank

    return {"bm25s": ranker(quick.get_scores), "rank_bm25": ranker(plain.get_scores)}


def learning(
    ranker: Ranker,
    queries: dict[str, Query],
    gains: dict[str, dict[str, int]],
    ours: Found,
    theirs: dict[str, Found],
) -> Iterator[Row]:
    """Learn from some needs, rank the others."""
    from kechuang.engines.ranking.learning import judged, learnt
    from kechuang.engines.ranking.models import FIXED
    from kechuang.engines.ranking.ranker import CANDIDATES

    order = sorted(queries)
    random.Random(2026).shuffle(order)
    test = order[JUDGED:] if len(order) > JUDGED else order[len(order) // 2 :]
    held = {qid: gains[qid] for qid in test}
    needs = [
        judged(ranker.rank(queries[qid], CANDIDATES, every_figure=True), gains[qid])
        for qid in order
        if qid not in held
    ]
    for count, least in ((FEW, "1.00 x of our own"), (JUDGED, "1.22 x")):
        ranker.model, trials = learnt({Kind.RELATED: needs[:count]})
        found = {qid: ids(ranker.rank(queries[qid], TOP).hits) for qid in test}
        against = {"without": ours} if count == FEW else theirs
        kept = {peer: {qid: rows[qid] for qid in test} for peer, rows in against.items()}
        row = compared(f"K5 with {min(count, len(needs))} judged", found, kept, held, least)
        yield (*row[:3], f"{row[3]}; {ranker.model.id}; {len(test)} test queries")
    ranker.model = FIXED


if __name__ == "__main__":
    run(["province"])
