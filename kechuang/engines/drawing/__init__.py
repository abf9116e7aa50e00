"""Who is drawn from a pool of experts: by a seed that nobody chose, for anybody to redraw."""

from kechuang.engines.drawing.draws import DrawRefused, draw, order, rfc3797
from kechuang.engines.drawing.records import commitment_of, drawn, fault_of, pool_hash, seed_of

__all__ = [
    "DrawRefused",
    "commitment_of",
    "draw",
    "drawn",
    "fault_of",
    "order",
    "pool_hash",
    "rfc3797",
    "seed_of",
]
