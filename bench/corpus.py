"""Offers and needs in any number, for measuring speed: drawn by a fixed seed, written once.

Clauses of the demonstration's own texts (and of DATA's abstracts) are put together anew, mostly
from one field; each offer also coins names and figures of its own, so that the vocabulary keeps
growing with the collection, as that of real texts does (Heaps, 1978).
"""

import json
import random
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from kechuang.engines.ranking import Document, Kind, Query

TEXTS = Path(__file__).resolve().parents[1] / "kechuang" / "site" / "demo" / "data"
SEED, FIELD = 2026, 40  # a field is the texts of so many neighbours
CLAUSES, COINED, OWN_FIELD = (8, 16), 3, 0.6
NEEDS, NEED_LENGTH = 100, 400
_CLAUSE = re.compile(r"[，。；！？;!?\n]+|[,.:](?!\d)")
_HAN = re.compile("[\u4e00-\u9fff]")


class Drawn:
    """A source of texts; the same seed draws the same."""

    def __init__(self, data: Path | None, seed: int) -> None:
        self._chance = random.Random(seed)
        bodies = [row["body"] for row in rows(TEXTS / "offers.jsonl")]
        for path in sorted(data.glob("corpus_*.jsonl")) if data else ():
            bodies += [row["body"] for row in rows(path)]
        split = [[each for each in _CLAUSE.split(body) if len(each) > 3] for body in bodies]
        self._fields = [
            [clause for one in split[at : at + FIELD] for clause in one]
            for at in range(0, len(split), FIELD)
        ]
        self._all = [clause for field in self._fields for clause in field]
        self._characters = sorted(set(_HAN.findall("".join(bodies))))

    def coined(self) -> str:
        return "".join(self._chance.choices(self._characters, k=self._chance.choice((2, 3, 3, 4))))

    def _clause(self, field: list[str]) -> str:
        chance = self._chance
        clause = chance.choice(field if chance.random() < OWN_FIELD else self._all)
        if chance.random() < 0.1:
            clause += f"达到{chance.randrange(1, 1000)}{chance.choice(('%', 'h', 'MPa', '万元'))}"
        return clause

    def text(self, clauses: int) -> tuple[str, str]:
        """A title and a body."""
        chance = self._chance
        field = chance.choice(self._fields)
        said = [self._clause(field) for _ in range(clauses)]
        names = [self.coined() for _ in range(COINED)]
        for name in names:
            at = chance.randrange(len(said))
            said[at] = f"{said[at]}{name}"
        title = f"{self._clause(field)[:14]}{names[0]}"
        return title, "，".join(said) + "。"


def write_offers(path: Path, count: int, data: Path | None) -> None:
    """So many offers, one a line; fewer are the first of more."""
    drawn = Drawn(data, SEED)
    chance = random.Random(SEED)
    with path.open("w", encoding="utf-8") as out:
        for number in range(count):
            title, body = drawn.text(chance.randint(*CLAUSES))
            row = {"id": number, "title": title, "body": body}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def offers(path: Path, count: int) -> Iterator[Document]:
    for row in islice(rows(path), count):
        yield Document(row["id"], row["title"], "", row["body"])


def new_offers(count: int, data: Path | None) -> list[Document]:
    """Offers that came later; each says 丄丅专用, which no other does."""
    drawn = Drawn(data, SEED + 1)
    texts = [drawn.text(10) for _ in range(count)]
    return [
        Document(f"new-{at}", f"{title}丄丅专用", "", body)
        for at, (title, body) in enumerate(texts)
    ]


def needs(data: Path | None, count: int = NEEDS) -> list[Query]:
    """Needs of a title and some four hundred characters: those of the demonstration, filled up
    with clauses of their own, and drawn ones."""
    drawn = Drawn(data, SEED + 2)
    found = [(row["title"], row["body"]) for row in rows(TEXTS / "needs.jsonl")]
    found += [drawn.text(2) for _ in range(count - len(found))]
    return [
        Query(title, (body + drawn.text(40)[1])[:NEED_LENGTH], kind=Kind.RELATED)
        for title, body in found[:count]
    ]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)
