"""Files that the commands read: one object a line, and TREC's columns; what is wrong is named."""

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kechuang.engines.ranking.texts import Document, Facets, Kind, Query

LABELS = (0, 1, 2)
LARGEST_GAIN = 30
_RUN_COLUMNS, _JUDGEMENT_COLUMNS = 6, (3, 4)
_SHOWN = 40


class FileProblem(ValueError):
    """A file says something that cannot be read: the file, the line, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of a file."""

    qid: str
    query: Query


@dataclass(frozen=True, slots=True)
class Judgement:
    """A line of feedback: a query, a document, and 0 refused, 1 accepted, 2 accepted gladly."""

    asked: Asked
    docid: str
    label: int


def documents(path: Path) -> Iterator[Document]:
    """The documents of a file; each id once."""
    seen: dict[str, str] = {}
    for place, row in rows(path):
        id = _id(place, row, "id")
        if id in seen:
            raise FileProblem(
                f"{place}: the id {id!r} stands in {seen[id]} already; ids are unique"
            )
        seen[id] = place.rpartition(", ")[2]
        yield Document(
            id,
            _text(place, row, "title"),
            _keywords(place, row),
            _text(place, row, "body", needed=True),
            _text(place, row, "owner"),
            Facets(
                *(_text(place, row, name) for name in ("kind", "region", "industry", "maturity"))
            ),
        )


def queries(path: Path) -> Iterator[Asked]:
    """The queries of a file; each qid once."""
    seen: dict[str, str] = {}
    for place, row in rows(path):
        asked = _asked(place, row)
        if asked.qid in seen:
            raise FileProblem(
                f"{place}: the qid {asked.qid!r} stands in {seen[asked.qid]} already; "
                "qids are unique"
            )
        seen[asked.qid] = place.rpartition(", ")[2]
        yield asked


def feedback(path: Path) -> Iterator[Judgement]:
    """The lines of feedback; a query judged on several documents stands on several lines."""
    first: dict[str, Asked] = {}
    for place, row in rows(path):
        asked = _asked(place, row)
        if first.setdefault(asked.qid, asked).query != asked.query:
            raise FileProblem(f"{place}: the qid {asked.qid!r} asked something else further up")
        label = row.get("label")
        if type(label) is not int or label not in LABELS:
            raise FileProblem(f"{place}: label must be 0, 1 or 2, not {_said(label)}")
        yield Judgement(asked, _id(place, row, "docid"), label)


def rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object of a JSONL file with the place that a refusal names; empty lines are passed."""
    for place, line in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise FileProblem(f"{place}: not JSON ({error}); one object a line") from error
        if not isinstance(row, dict):
            raise FileProblem(f"{place}: not an object but {_said(row)}")
        yield place, row


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    with path.open("rb") as lines:
        for number, raw in enumerate(lines, 1):
            place = f"{path.name}, line {number}"
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError as error:
                raise FileProblem(f"{place}: not UTF-8; save the file as UTF-8") from error
            if line:
                yield place, line


def _said(value: Any) -> str:
    said = json.dumps(value, ensure_ascii=False)
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}…"


def _id(place: str, row: dict[str, Any], name: str) -> str:
    if name not in row:
        raise FileProblem(f"{place}: {name} is missing")
    return _as_id(place, row[name], name)


def _as_id(place: str, value: Any, name: str) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool) or value == "":
        raise FileProblem(f"{place}: {name} must be a string or a whole number, not {_said(value)}")
    id = str(value)
    if len(id.split()) != 1 or id != id.strip() or not id.isprintable():
        raise FileProblem(
            f"{place}: {name} {_said(value)} holds a space or a mark that a TREC run cannot hold"
        )
    return id


def _text(place: str, row: dict[str, Any], name: str, needed: bool = False) -> str:
    value = row.get(name)
    if needed and value is None:
        raise FileProblem(f"{place}: {name} is missing")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise FileProblem(f"{place}: {name} must be a text, not {_said(value)}")
    return value


def _keywords(place: str, row: dict[str, Any]) -> str:
    value = row.get("keywords")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return "\n".join(value)
    if value is None or isinstance(value, str):
        return value or ""
    raise FileProblem(f"{place}: keywords must be a list of texts, not {_said(value)}")


def _asked(place: str, row: dict[str, Any]) -> Asked:
    kind = row.get("kind")
    known = [each.value for each in Kind]
    if kind is not None and kind not in known:
        raise FileProblem(f"{place}: kind must be one of {', '.join(known)}, not {_said(kind)}")
    exclude = row.get("exclude")
    ids = exclude if isinstance(exclude, list) else [] if exclude is None else [exclude]
    query = Query(
        _text(place, row, "text", needed=True),
        _text(place, row, "body"),
        frozenset(_as_id(place, each, "exclude") for each in ids),
        Kind(kind or Kind.KNOWN),
    )
    return Asked(_id(place, row, "qid"), query)


# --- TREC --------------------------------------------------------------------------------------


def run_of(path: Path) -> dict[str, list[str]]:
    """A TREC run: query → documents, best first, by rank and then by score."""
    found: dict[str, dict[str, tuple[int, float]]] = {}
    for place, line in _lines(path):
        columns = line.split()
        if len(columns) != _RUN_COLUMNS:
            raise FileProblem(
                f"{place}: a run has six columns (qid Q0 docid rank score tag), not {len(columns)}"
            )
        qid, _, docid, rank, score, _ = columns
        if docid in found.setdefault(qid, {}):
            raise FileProblem(f"{place}: query {qid} has document {docid} twice")
        found[qid][docid] = (_whole(place, "rank", rank), -_real(place, "score", score))
    return {qid: sorted(hits, key=lambda each: hits[each]) for qid, hits in found.items()}


def judgements_of(path: Path) -> dict[str, dict[str, int]]:
    """Judgements in three columns (qid, docid, gain) or TREC's four; below 0 counts as 0."""
    judged: dict[str, dict[str, int]] = {}
    for place, line in _lines(path):
        columns = line.split()
        if len(columns) not in _JUDGEMENT_COLUMNS:
            raise FileProblem(
                f"{place}: judgements have three columns (qid docid gain) or TREC's four "
                f"(qid 0 docid gain), not {len(columns)}"
            )
        docid, gain = columns[-2], _whole(place, "gain", columns[-1])
        if gain > LARGEST_GAIN:
            raise FileProblem(f"{place}: a gain is at most {LARGEST_GAIN}, not {gain}")
        if docid in judged.setdefault(columns[0], {}):
            raise FileProblem(f"{place}: query {columns[0]} judges document {docid} twice")
        judged[columns[0]][docid] = max(gain, 0)
    if not judged:
        raise FileProblem(f"{path.name}: there is no judgement in it")
    return judged


def _whole(place: str, name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise FileProblem(f"{place}: {name} {text!r} is not a whole number") from error


def _real(place: str, name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise FileProblem(f"{place}: {name} {text!r} is not a number") from error
    if not math.isfinite(value):
        raise FileProblem(f"{place}: {name} {text!r} is not a finite number")
    return value
