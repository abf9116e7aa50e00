"""East and west beside one another: where the centres stand, what a core hour costs and emits."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from kechuang.base.time import shanghai_date
from kechuang.compute.models import Centre, Link
from kechuang.compute.queries.desk import price_lists_at
from kechuang.parties.models import Region
from kechuang.parties.queries import regions_in_force

SHADES = 5
YUAN_MILLI_FEN = 100_000
ORDER = (Centre.Side.WEST, Centre.Side.EAST)  # as on a map


@dataclass(frozen=True)
class Tile:
    """A region with centres of one side, shaded by how many cores it has."""

    region: Region
    centres: int
    processors: int
    shade: int


@dataclass(frozen=True)
class SideOf:
    """What stands on one side; each pair is the least and the most."""

    code: str
    tiles: list[Tile]
    centres: int
    connected: int
    processors: int
    fp64: Decimal
    fp16: Decimal
    yuan: tuple[float, float] | None  # a core hour, over centres and hours
    carbon: tuple[float, float]
    pue: tuple[Decimal, Decimal]

    @property
    def label(self) -> str:
        return str(Centre.Side(self.code).label)


def sides_of(centres: Iterable[Centre], at: datetime) -> list[SideOf]:
    """West and east, where there is a centre; played ones left out; two queries."""
    real = [one for one in centres if not one.is_simulated]
    codes = {one.pk: one.region_path.rpartition("/")[2] for one in real}
    regions = {
        one.code: one
        for one in regions_in_force(shanghai_date(at)).filter(code__in=set(codes.values()))
    }
    prices = price_lists_at(real, at)
    most = _most(real, codes)
    found = []
    for code in ORDER:
        here = [one for one in real if one.side == code]
        if here:
            tiles = _tiles(here, codes, regions, most)
            milli = [fen for one in here if one.pk in prices
                     for fen in prices[one.pk].milli_fen_per_core_hour]  # fmt: skip
            carbon = [float(gram) for one in here for gram in one.carbon_g_per_kwh]
            found.append(SideOf(
                code=code, tiles=tiles, centres=len(here),
                connected=sum(one.backend != Centre.Backend.NONE for one in here),
                processors=sum(one.processors for one in here),
                fp64=_sum(one.capacity_pflops_fp64 for one in here),
                fp16=_sum(one.capacity_pflops_fp16 for one in here),
                yuan=(min(milli) / YUAN_MILLI_FEN, max(milli) / YUAN_MILLI_FEN) if milli else None,
                carbon=(min(carbon), max(carbon)),
                pue=(min(one.pue for one in here), max(one.pue for one in here)),
            ))  # fmt: skip
    return found


def _sum(values: Iterable[Decimal | None]) -> Decimal:
    return sum((one for one in values if one), Decimal(0))


def _most(centres: list[Centre], codes: dict[int, str]) -> int:
    """The most cores that one tile has."""
    cores: dict[tuple[str, str], int] = defaultdict(int)
    for one in centres:
        cores[one.side, codes[one.pk]] += one.processors
    return max(cores.values(), default=1)


def _tiles(
    centres: list[Centre], codes: dict[int, str], regions: dict[str, Region], most: int
) -> list[Tile]:
    together: dict[str, list[Centre]] = defaultdict(list)
    for one in centres:
        together[codes[one.pk]].append(one)
    found = []
    for code, rows in together.items():
        if code in regions:
            cores = sum(one.processors for one in rows)
            shade = max(1, -(-SHADES * cores // most))
            found.append(Tile(regions[code], len(rows), cores, shade))
    return sorted(found, key=lambda one: -one.processors)


def fastest_across(links: Iterable[Link]) -> Link | None:
    """The line between the two sides that lets most through."""
    across = [one for one in links if one.first.side != one.second.side]
    return max(across, key=lambda one: one.bandwidth_mb_s, default=None)
