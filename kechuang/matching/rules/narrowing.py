"""What a list of offers is narrowed to, as an address says it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MATURITY_MOST = 9
WITHOUT_MOST, WORD_LONGEST = 40, 20


@dataclass(frozen=True, slots=True)
class Narrowing:
    """Only of the city (`place` "local"), of a kind, from a level of maturity on, of the need's
    chain; and `without` words that the engine would add."""

    place: str = ""
    kind: str = ""
    maturity: int = 0
    chain: bool = False
    without: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        return self != WIDE


WIDE = Narrowing()


def narrowing_from(
    said: Mapping[str, str], without: Sequence[str], kinds: Sequence[str]
) -> Narrowing:
    """Read an address; what it says that is not known narrows nothing.

    >>> narrowing_from({"place": "local", "maturity": "7"}, ["陶瓷"], ["PATENT"])
    Narrowing(place='local', kind='', maturity=7, chain=False, without=('陶瓷',))
    >>> narrowing_from({"kind": "SECRET", "maturity": "99"}, [], ["PATENT"]).is_any
    False
    """
    level = said.get("maturity", "")
    kind = said.get("kind", "")
    is_level = level.isdecimal() and 1 <= int(level[:2]) <= MATURITY_MOST
    return Narrowing(
        "local" if said.get("place") == "local" else "",
        kind if kind in kinds else "",
        int(level) if is_level and len(level) == 1 else 0,
        said.get("chain") == "1",
        tuple(dict.fromkeys(word[:WORD_LONGEST] for word in without if word))[:WITHOUT_MOST],
    )
