"""A run on files: index, learn where there is feedback, rank, explain, and only then write."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, NamedTuple

from kechuang.engines.ranking import files
from kechuang.engines.ranking.batch import Setting, rank_whole
from kechuang.engines.ranking.files import FileProblem
from kechuang.engines.ranking.learning import Judged, Trial, judged, learnt
from kechuang.engines.ranking.lexicon import (
    NO_ALIASES,
    NO_LEXICON,
    Lexicon,
    LexiconProblem,
    aliases_from,
    lexicon_from,
)
from kechuang.engines.ranking.numbers import Comparison, held_against, quantities
from kechuang.engines.ranking.ranker import CANDIDATES, Ranked, Ranker
from kechuang.engines.ranking.spans import FIELDS, all_taken_apart
from kechuang.engines.ranking.texts import Kind, Query
from kechuang.engines.ranking.writer import Writer

TAG = "kechuang"
MOST_WORKERS = 1024


class Files(NamedTuple):
    """What a run reads and writes."""

    docs: Path
    queries: Path
    run: Path
    explain: Path | None = None
    feedback: Path | None = None
    lexicon: Path | None = None
    aliases: Path | None = None


def check_outputs(inputs: Sequence[Path], outputs: Sequence[Path]) -> None:
    """Refuse what could not be written in the end, before any work is done."""
    read = {path.resolve() for path in inputs}
    for path in outputs:
        if path.resolve() in read:
            raise FileProblem(f"{path} is read in this run; write to another file")
        if not path.absolute().parent.is_dir():
            raise FileProblem(f"{path.absolute().parent} is no folder; make it first")
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise FileProblem("the run and its explanation must be two files")


class Hands(NamedTuple):
    """Who ranks: so many processes of this machine (0 for every core), or a Ray cluster."""

    workers: int = 1
    ray: str | None = None  # its address; local or empty for one that starts here


def hands_of(said: str) -> Hands:
    """Read `4`, `0` for every core, or `ray:ADDRESS`."""
    kind, is_ray, address = said.partition("ray:")
    if is_ray and not kind and address:
        return Hands(ray=address)
    if said.isdecimal() and int(said) <= MOST_WORKERS:
        return Hands(int(said))
    raise FileProblem(
        f"--workers must be a number of processes up to {MOST_WORKERS}, 0 for every core, or "
        f"ray:ADDRESS, not {said!r}"
    )


def rank_files(paths: Files, top: int, hands: Hands = Hands()) -> Iterator[str]:  # noqa: B008
    """Rank, and say on the way what was learnt; the files appear when all of it is done."""
    lexicon = _read(paths.lexicon, lexicon_from) if paths.lexicon else NO_LEXICON
    aliases = _read(paths.aliases, aliases_from) if paths.aliases else NO_ALIASES
    asked = list(files.queries(paths.queries))
    lines = list(files.feedback(paths.feedback)) if paths.feedback else []
    if not asked:
        raise FileProblem(f"{paths.queries.name}: there is no query in it")
    with tempfile.TemporaryDirectory(prefix="kechuang-rank-") as place:
        folder = Path(place) / "index"
        with Writer(folder, lexicon) as writer:
            if not writer.put(files.documents(paths.docs)):
                raise FileProblem(f"{paths.docs.name}: there is no document in it")
            writer.commit()
        ranker = Ranker(folder, lexicon, aliases)
        if lines:
            yield from learn(ranker, lines)
        with ExitStack() as stack:
            run = stack.enter_context(_Written(paths.run))
            why = stack.enter_context(_Written(paths.explain)) if paths.explain else None
            texts = _Texts(paths.docs) if why else None
            every = _ranked(ranker, [each.query for each in asked], top, hands)
            for each, ranked in zip(asked, every, strict=True):
                for place_, hit in enumerate(ranked.hits, 1):
                    run.write(f"{each.qid} Q0 {hit.id} {place_} {hit.score:.6f} {TAG}\n")
                if why and texts:
                    for entry in explained(each.qid, each.query, ranked, texts, lexicon):
                        why.write(json.dumps(entry, ensure_ascii=False) + "\n")


def _ranked(ranker: Ranker, queries: Sequence[Query], top: int, hands: Hands) -> Iterator[Ranked]:
    """The ranking of each query, in their order; the same whoever ranks."""
    if hands == Hands():
        for query in queries:
            yield ranker.rank(query, top)
        return
    setting = Setting(ranker.folder, ranker.lexicon, ranker.aliases, ranker.model, top=top)
    yield from rank_whole(setting, queries, hands.workers, hands.ray)


def _read(path: Path, parse: Any) -> Any:
    try:
        return parse(path.read_text("utf-8-sig").splitlines())
    except (LexiconProblem, UnicodeDecodeError) as error:
        raise FileProblem(f"{path.name}, {error}") from error


class _Written:
    """A text file that takes its name only when all of it is written."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside = path.with_name(f".{path.name}.part")

    def __enter__(self) -> IO[str]:
        self._out = self._beside.open("w", encoding="utf-8")
        return self._out

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        self._out.close()
        if kind is None:
            self._beside.replace(self._path)
        else:
            self._beside.unlink(missing_ok=True)


class _Texts:
    """The documents of a file by id, read again when one is to be shown."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._at: dict[str, int] = {}
        at = 0
        for line in self._file:
            if line.strip(b"\xef\xbb\xbf \t\r\n"):
                self._at[str(json.loads(line.lstrip(b"\xef\xbb\xbf"))["id"])] = at
            at += len(line)

    def __getitem__(self, id: str) -> dict[str, str]:
        self._file.seek(self._at[id])
        row = json.loads(self._file.readline().lstrip(b"\xef\xbb\xbf"))
        keywords = row.get("keywords") or ""
        row["keywords"] = keywords if isinstance(keywords, str) else "\n".join(keywords)
        return {name: row.get(name) or "" for name in FIELDS}


def explained(
    qid: str, query: Query, ranked: Ranked, texts: Any, lexicon: Lexicon = NO_LEXICON
) -> Iterator[dict[str, Any]]:
    """Each hit's score taken apart: `terms` sum to it, and so do `spans` with `rest`."""
    need = f"{query.text}\n{query.body}"
    targets = [one for one in quantities(need) if one.comparison is not Comparison.IS]
    held = [texts[str(hit.id)] for hit in ranked.hits]
    every = all_taken_apart(ranked, held, lexicon=lexicon)
    for place, (hit, fields, taken) in enumerate(zip(ranked.hits, held, every, strict=True)):
        stated = quantities("\n".join(fields.values())) if targets else []
        yield {
            "qid": qid,
            "docid": hit.id,
            "rank": place + 1,
            "score": hit.score,
            "terms": taken.terms,
            "spans": [span._asdict() for span in taken.spans],
            "rest": taken.rest,
            "parts": {name: value for name, value in ranked.parts(place).items() if value},
            "expansion": taken.expansion,
            "aliases": list(ranked.question.aliases),
            "lacking": list(taken.lacking),
            "targets": [
                {
                    "name": one.target.name,
                    "required": one.target.words,
                    "stated": one.stated.words if one.stated else "",
                    "verdict": one.verdict.value,
                }
                for one in held_against(targets, stated)
            ],
            "model": ranked.model,
            "generation": ranked.generation,
        }


def learn(ranker: Ranker, lines: Sequence[files.Judgement]) -> Iterator[str]:
    """Learn from feedback, and let the ranker use what proved itself; says what was tried."""
    asked: dict[str, files.Asked] = {}
    labels: dict[str, dict[str, int]] = {}
    for line in lines:
        asked.setdefault(line.asked.qid, line.asked)
        labels.setdefault(line.asked.qid, {})[line.docid] = line.label
    needs: dict[Kind, list[Judged]] = {}
    for qid, each in asked.items():
        ranked = ranker.rank(each.query, CANDIDATES, every_figure=True)
        if ranked.hits:
            needs.setdefault(each.query.kind, []).append(judged(ranked, labels[qid]))
    model, trials = learnt(needs)
    ranker.model = model
    for kind, tried in trials.items():
        yield from (_said(kind, trial) for trial in tried)
    yield f"model {model.id}"


def _said(kind: Kind, trial: Trial) -> str:
    verdict = "promoted" if trial.is_promoted else "not promoted"
    return (
        f"{kind.value}: {trial.name} on {trial.needs} judged needs, held back: nDCG@10 "
        f"{trial.before:.4f} → {trial.after:.4f}, lower bound of the gain {trial.bound:+.4f}: "
        f"{verdict}"
    )
