"""`make bench-ranking`: one table of the ranking engine's bars, its peers in the same run.

SIZE sets the offers of the engine, PEERS those of the peers, which need minutes for more and are
held against the engine at the same size; 0 leaves the peers out. DATA=folder (corpus_*.jsonl,
queries_K*.jsonl, qrels_K*.tsv) measures the quality too and lends its texts to the offers. Each
stage runs in a process of its own; STAGES=index,ask,new,batch,peers,quality names those to run,
and with KEEP=folder the offers and the index stay there, so that stages can be run one by one.
"""

import json
import multiprocessing
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench import corpus
from bench.corpus import NEED_LENGTH, rows
from kechuang.engines.ranking import Document, Kind, Query, Ranker, Writer, quantities
from kechuang.engines.ranking.batch import rank_all
from kechuang.engines.ranking.evaluation import bootstrap_bound, evaluate, ndcg
from kechuang.engines.ranking.spans import all_taken_apart

TOP, NEW = 100, 1_000
SIZES = {"town": 200, "city": 40_000, "province": 400_000}
BATCH = 400  # needs, all different, that are ranked one by one and all at once
SLOW_NEEDS = 20  # asked of the slow peers
JUDGED, FEW = 400, 25
STAGES = ("index", "ask", "new", "batch", "peers", "quality")

Row = tuple[str, str, str, str]


def run(sizes: list[str]) -> None:
    """Print the table for the largest of these sizes, or for SIZE."""
    size = int(os.environ.get("SIZE", SIZES[sizes[-1]]))
    peers = min(size, int(os.environ.get("PEERS", "20000")))
    data = Path(os.environ["DATA"]) if os.environ.get("DATA") else None
    stages = [each for each in os.environ.get("STAGES", "").split(",") if each] or STAGES
    console = Console(width=150)
    with tempfile.TemporaryDirectory(prefix="kechuang-bench-") as place:
        folder = Path(os.environ.get("KEEP") or place)
        table = Table(title=f"engines/ranking: {size:,} offers, peers {peers:,}")
        for head in ("bar", "figure", "at least", "how"):
            table.add_column(head)
        for row in measured(folder, size, peers, data, stages):
            console.print(" | ".join(row), highlight=False)
            table.add_row(*row)
    console.print(table)
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    console.print(f"{os.cpu_count()} cores, load {load} (1, 5, 15 minutes)")
    if data is None:
        console.print("DATA=folder measures the quality too")


def measured(
    folder: Path, size: int, peers: int, data: Path | None, stages: Any
) -> Iterator[Row]:
    """The rows of all stages that are wanted."""
    folder.mkdir(parents=True, exist_ok=True)
    offers = folder / f"offers-{size}.jsonl"
    if not offers.exists():
        corpus.write_offers(offers, size, data)
    index = folder / f"index-{size}"
    yield from speed(offers, index, size, data, stages)
    if "peers" in stages and peers:
        yield from against_peers(offers, folder / "few", peers, data)
    if "quality" in stages and data:
        yield from quality(data)


# --- speed ---------------------------------------------------------------------------------


def speed(
    offers: Path, index: Path, size: int, data: Path | None, stages: Any
) -> Iterator[Row]:
    """Time and memory of the engine at `size`."""
    how = f"{size:,} offers"
    if "index" in stages:
        (wall, processor), held = apart(build, index, offers, size)
        figure = f"{wall:.0f} s, processor {processor:.0f} s, {held} MiB at most"
        yield (f"index {how}", figure, "", "tantivy, forward store and topics")
    if "ask" in stages:
        (taken, used, parts), held = apart(asked, index, offers, data)
        name = f"need of {NEED_LENGTH} characters, ranked and top {TOP} explained"
        yield (name, said(taken), "p95 50 ms, aim 25", f"{how}, {held} MiB at most")
        yield ("  processor time of it", said(used), "", how)
        for part, times in parts.items():
            yield (f"  of it {part}", said(times), "", how)
    if "new" in stages:
        seconds, held = apart(added, index, data)
        yield (f"{NEW:,} new offers searchable", f"{seconds:.2f} s", "2 s, aim .5", how)
    if "batch" in stages:
        one, all_at_once, same = batch(index, data)
        figure = f"{one / all_at_once:.2f} x, {'the same hits' if same else 'OTHER HITS'}"
        seconds = f"{how}: {one:.1f} s and {all_at_once:.1f} s"
        yield (f"batch of {BATCH} needs against one by one", figure, "3 x, aim 8", seconds)


def against_peers(
    offers: Path, folder: Path, size: int, data: Path | None
) -> Iterator[Row]:
    """The engine and its peers at a size that the peers can be waited for."""
    how = f"{size:,} offers each"
    (wall, processor), held = apart(build, folder, offers, size)
    (ours, _, _), asking = apart(asked, folder, offers, data)
    (theirs, their_processor, quick), memory = apart(peer_bm25s, offers, size, data)
    seconds = f"{how}: {wall:.1f} and {theirs:.1f} s, processor {processor:.1f} and"
    ratio = f"{theirs / wall:.1f} x, by processor time {their_processor / processor:.1f} x"
    yield (
        "index, against bm25s + jieba", ratio, "5 x, aim 10", f"{seconds} {their_processor:.1f} s"
    )  # fmt: skip
    yield (
        "memory, against bm25s + jieba",
        f"index 1/{memory / held:.1f}, asking 1/{memory / asking:.1f}",
        "1/10, aim 1/40",
        f"{how}: {held} and {asking} against {memory} MiB",
    )
    yield ("need, bm25s + jieba, ranked only", said(quick), "", how)
    (slow, _), memory = apart(peer_rank_bm25, offers, size, data)
    yield ("need, rank_bm25 + jieba, ranked only", said(slow), "", f"{how}, {memory} MiB")
    if os.environ.get("DATABASE_URL"):
        slow = ts_rank(offers, size, data)
        ratio = f"{p95(slow) / p95(ours):.1f} x at p95"
        yield ("need, against ts_rank", ratio, "20 x", f"{how}: {said(slow)}; ours {said(ours)}")


def apart(work: Callable[..., Any], *given: Any) -> tuple[Any, int]:
    """The answer of some work in a process of its own, and the MiB that it held at most."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_measured, (work, given))


def _measured(work: Callable[..., Any], given: tuple[Any, ...]) -> tuple[Any, int]:
    answer = work(*given)
    held = Path("/proc/self/status").read_text()
    return answer, int(held.partition("VmHWM:")[2].split()[0]) // 1024


def p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]


def said(taken: list[float]) -> str:
    return f"p50 {statistics.median(taken):.1f} p95 {p95(taken):.1f} ms"


def build(folder: Path, offers: Path, size: int) -> tuple[float, float]:
    """Seconds and processor seconds to read and index so many offers."""
    began, processor = time.perf_counter(), time.process_time()
    with Writer(folder) as writer:
        writer.put(corpus.offers(offers, size))
        writer.commit()
    return time.perf_counter() - began, time.process_time() - processor


class Split:
    """Milliseconds of the processor in the steps of a ranking, by wrapping what does them."""

    def __init__(self, ranker: Ranker) -> None:
        import kechuang.engines.ranking.ranker as steps

        self.times: dict[str, list[float]] = {}
        for name, where, step in (
            ("reading the need", steps, "question_of"),
            ("candidates from tantivy", ranker, "_look_up"),
            ("forward store", steps, "candidates_of"),
            ("figures", steps, "figured"),
        ):
            setattr(where, step, partial(self.timed, name, getattr(where, step)))

    def timed(self, name: str, step: Callable[..., Any], *given: Any, **named: Any) -> Any:
        began = time.process_time()
        answer = step(*given, **named)
        self.times.setdefault(name, []).append(1000 * (time.process_time() - began))
        return answer


def asked(
    folder: Path, offers: Path, data: Path | None
) -> tuple[list[float], list[float], dict[str, list[float]]]:
    """Milliseconds of each need: ranked, and its hits explained with the places in their texts;
    those of the processor, and those of its steps. Fetching the texts is left to their holder."""
    ranker = Ranker(folder)
    texts = Texts(offers)
    needs = corpus.needs(data)
    for query in needs[:3]:
        ranker.rank(query, TOP)
    split = Split(ranker)
    taken, used = [], []
    for query in needs:
        began, processor = time.perf_counter(), time.process_time()
        ranked = ranker.rank(query, TOP)
        quantities(query.body)
        between, spent = time.perf_counter(), time.process_time()
        held = [texts[str(hit.id)] for hit in ranked.hits]
        again, anew = time.perf_counter(), time.process_time()
        split.timed("explanation", all_taken_apart, ranked, held)
        taken.append(1000 * (time.perf_counter() - again + between - began))
        used.append(1000 * (time.process_time() - anew + spent - processor))
    return taken, used, split.times


class Texts:
    """The fields of offers by their number, read from their file."""

    def __init__(self, offers: Path) -> None:
        self._file = offers.open("rb")
        self._at = [0]
        for line in self._file:
            self._at.append(self._at[-1] + len(line))

    def __getitem__(self, id: str) -> dict[str, str]:
        self._file.seek(self._at[int(id)])
        row = json.loads(self._file.readline())
        return {"title": row["title"], "body": row["body"]}


def added(folder: Path, data: Path | None) -> float:
    """Seconds until new offers are found by a reader that was there before; they are taken out
    again."""
    ranker = Ranker(folder)
    new = corpus.new_offers(NEW, data)
    began = time.perf_counter()
    with Writer(folder) as writer:
        writer.put(new)
        writer.commit()
        ranker.refresh()
        found = ranker.rank(Query('"丄丅"'), 10).total
        passed = time.perf_counter() - began
        writer.drop(each.id for each in new)
        writer.commit()
    assert found == NEW, found
    return passed


def batch(folder: Path, data: Path | None) -> tuple[float, float, bool]:
    """Seconds one by one and all at once, and whether every hit is the same."""
    needs = corpus.needs(data, BATCH)
    ranker = Ranker(folder)
    ranker.rank(needs[0])
    began = time.perf_counter()
    singly = [ranker.rank(query, TOP).hits for query in needs]
    between = time.perf_counter()
    together = list(rank_all(folder, needs, TOP))
    return between - began, time.perf_counter() - between, singly == together


# --- peers ---------------------------------------------------------------------------------


def jieba_words() -> Callable[[str], list[str]]:
    import jieba

    jieba.setLogLevel(60)
    jieba.initialize()
    return lambda text: [
        word.lower() for word in jieba.cut_for_search(text) if any(map(str.isalnum, word))
    ]


def peer_bm25s(
    offers: Path, size: int, data: Path | None
) -> tuple[float, float, list[float]]:
    """Seconds and processor seconds to index, and milliseconds of each need."""
    import bm25s
    import numpy as np

    words = jieba_words()
    began, processor = time.perf_counter(), time.process_time()
    index = bm25s.BM25()
    texts = [words(f"{each.title}\n{each.body}") for each in corpus.offers(offers, size)]
    index.index(texts, show_progress=False)
    built, used = time.perf_counter() - began, time.process_time() - processor
    taken = []
    for query in corpus.needs(data):
        start = time.perf_counter()
        scores = index.get_scores(words(f"{query.text}\n{query.body}"))
        np.argpartition(-scores, TOP)[:TOP]
        taken.append(1000 * (time.perf_counter() - start))
    return built, used, taken


def peer_rank_bm25(offers: Path, size: int, data: Path | None) -> tuple[list[float], float]:
    """Milliseconds of each need, and seconds to index."""
    import numpy as np
    from rank_bm25 import BM25Okapi

    words = jieba_words()
    began = time.perf_counter()
    index = BM25Okapi(
        [words(f"{each.title}\n{each.body}") for each in corpus.offers(offers, size)]
    )
    built = time.perf_counter() - began
    taken = []
    for query in corpus.needs(data)[:SLOW_NEEDS]:
        start = time.perf_counter()
        scores = index.get_scores(words(f"{query.text}\n{query.body}"))
        np.argpartition(-scores, TOP)[:TOP]
        taken.append(1000 * (time.perf_counter() - start))
    return taken, built


def ts_rank(offers: Path, size: int, data: Path | None) -> list[float]:
    """Milliseconds of each need with PostgreSQL's own search over jieba's words."""
    import psycopg

    words = jieba_words()
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        connection.execute("CREATE TEMP TABLE held (id int, words tsvector)")
        with connection.cursor().copy("COPY held FROM STDIN") as copy:
            for number, each in enumerate(corpus.offers(offers, size)):
                text = " ".join(words(f"{each.title}\n{each.body}"))
                text = text.replace("'", " ").replace("\\", " ")
                copy.write_row((number, "'" + "' '".join(text.split()) + "'"))
        connection.execute("CREATE INDEX ON held USING gin (words)")
        connection.execute("ANALYZE held")
        taken = []
        for query in corpus.needs(data)[:SLOW_NEEDS]:
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
    documents = [Document(str(row["id"]), body=row["body"]) for row in rows(corpus)]
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
    for row in rows(data / f"queries_{task}.jsonl"):
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
