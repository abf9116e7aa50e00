"""Ranking on files, for engineers: no database, no Django."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from kechuang.engines.ranking.evaluation import evaluate
from kechuang.engines.ranking.index import Document, Index, Query

app = typer.Typer(help="Rank documents for queries, and say how good a ranking is.")

TAG = "kechuang-bm25"
_TREC_RUN, _TREC_JUDGEMENT = 6, 4  # columns
_ID_KINDS = (str, int)


class _FileProblem(typer.BadParameter):
    """A file says something that cannot be read; the line is named."""


@app.command("rank")
def rank_files(
    docs: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="documents, one a line")],
    queries: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="queries, one a line")],
    run: Annotated[Path, typer.Option(help="where the TREC run is written")],
    top: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    explain: Annotated[Path | None, typer.Option(help="each hit's terms, one a line")] = None,
) -> None:
    """Rank the documents for each query and write a TREC run."""
    index = Index(_document(line, row) for line, row in _rows(docs))
    with run.open("w", encoding="utf-8") as out:
        for line, row in _rows(queries):
            query = _query(line, row)
            for place, hit in enumerate(index.rank(query, top), 1):
                out.write(f"{row['qid']} Q0 {hit.id} {place} {hit.score:.6f} {TAG}\n")
    if explain is not None:
        _write_explanations(index, queries, explain, top)


def _write_explanations(index: Index, queries: Path, explain: Path, top: int) -> None:
    with explain.open("w", encoding="utf-8") as out:
        for line, row in _rows(queries):
            query = _query(line, row)
            for hit in index.rank(query, top):
                terms = index.contributions(query, hit.id)
                entry = {"qid": row["qid"], "docid": hit.id, "score": hit.score, "terms": terms}
                out.write(json.dumps(entry, ensure_ascii=False) + "\n")


@app.command("rank-eval")
def rank_eval(
    run: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="a TREC run")],
    qrels: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="qid, docid, gain")],
) -> None:
    """Print nDCG@10, MRR and recall@100 of a run."""
    figures = evaluate(_read_run(run), _read_judgements(qrels))
    for name, value in figures.items():
        typer.echo(f"{name}\t{value:.4f}" if name != "queries" else f"{name}\t{value:.0f}")


def _rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each line of a JSONL file with the place that a refusal names."""
    with path.open(encoding="utf-8-sig") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            place = f"{path.name}, line {number}"
            try:
                row = json.loads(line)
            except ValueError as error:
                raise _FileProblem(f"{place}: not JSON ({error})") from error
            if not isinstance(row, dict):
                raise _FileProblem(f"{place}: not an object")
            yield place, row


def _id(place: str, row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    if not isinstance(value, _ID_KINDS) or isinstance(value, bool) or value == "":
        raise _FileProblem(f"{place}: {name} must be a string or an integer")
    return str(value)


def _document(place: str, row: dict[str, Any]) -> Document:
    keywords = row.get("keywords") or ""
    if isinstance(keywords, list):
        keywords = " ".join(map(str, keywords))
    title, body = (str(row.get(name) or "") for name in ("title", "body"))
    return Document(_id(place, row, "id"), title, str(keywords), body)


def _query(place: str, row: dict[str, Any]) -> Query:
    _id(place, row, "qid")
    exclude = row.get("exclude")
    if exclude is None:
        exclude = []
    ids = exclude if isinstance(exclude, list) else [exclude]
    text, body = (str(row.get(name) or "") for name in ("text", "body"))
    return Query(text, body, frozenset(map(str, ids)))


def _read_run(path: Path) -> dict[str, list[str]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for place, columns in _columns(path):
        if len(columns) != _TREC_RUN:
            raise _FileProblem(f"{place}: a run has six columns")
        found.setdefault(columns[0], []).append((_number(place, columns[3]), columns[2]))
    return {query: [document for _, document in sorted(rows)] for query, rows in found.items()}


def _read_judgements(path: Path) -> dict[str, dict[str, int]]:
    judged: dict[str, dict[str, int]] = {}
    for place, columns in _columns(path):
        if len(columns) not in (_TREC_JUDGEMENT - 1, _TREC_JUDGEMENT):
            raise _FileProblem(f"{place}: judgements have three columns, or TREC's four")
        document, gain = columns[-2:]
        judged.setdefault(columns[0], {})[document] = _number(place, gain)
    return judged


def _columns(path: Path) -> Iterator[tuple[str, list[str]]]:
    for number, line in enumerate(path.read_text(encoding="utf-8-sig").splitlines(), 1):
        if line.strip():
            yield f"{path.name}, line {number}", line.split()


def _number(place: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise _FileProblem(f"{place}: {text!r} is not a whole number") from error
