"""What was accepted for needs like this one: judged needs vote on the documents they were shown.

A document's figure is the mean gain it was given, over all judged needs, each weighing the more the
nearer it is to the question in the directions of the topics (kernel regression, Nadaraya and
Watson, 1964). A need that resembles none of them gets next to nothing, whatever was accepted there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Figures = NDArray[np.float64]

SHARPNESS = 3  # the power of the nearness
SHRINKAGE = 3.0  # judged needs as near as can be, that say nothing was accepted
UNIT = 30.0  # so that a weight of 1 is a good one


class Verdict(NamedTuple):
    """What one judged need said: its direction, the rows that were accepted, and their gains."""

    direction: NDArray[np.float32]
    rows: NDArray[np.int64]
    gains: Figures


@dataclass(frozen=True)
class Precedents:
    """Judged needs by number, and for each row the needs that accepted it."""

    directions: NDArray[np.float32]
    accepted: dict[int, list[tuple[int, float]]]

    @classmethod
    def of(cls, verdicts: Sequence[Verdict]) -> "Precedents":
        accepted: dict[int, list[tuple[int, float]]] = {}
        for number, verdict in enumerate(verdicts):
            for row, gain in zip(verdict.rows.tolist(), verdict.gains.tolist(), strict=True):
                if gain > 0:
                    accepted.setdefault(row, []).append((number, gain))
        return cls(np.stack([each.direction for each in verdicts]), accepted)

    @property
    def fingerprint(self) -> str:
        said = self.directions.tobytes() + repr(sorted(self.accepted.items())).encode()
        return sha256(said).hexdigest()[:8]

    def figure(
        self, direction: NDArray[np.float32], rows: NDArray[np.int64], without: int | None = None
    ) -> Figures:
        """The figure of each row for a question; `without` leaves one judged need out."""
        near = np.clip(self.directions @ direction, 0.0, 1.0).astype(np.float64) ** SHARPNESS
        if without is not None:
            near[without] = 0.0
        weights = near / (near.sum() + SHRINKAGE)
        return UNIT * np.array(
            [
                sum(weights[number] * gain for number, gain in self.accepted.get(row, ()))
                for row in rows.tolist()
            ],
            dtype=np.float64,
        )
