"""The API of cultivation: each module lists its own routers."""

from ninja import Router

from kechuang.cultivation.api import benefits, evaluations, screenings

routers: list[tuple[str, Router]] = [
    *evaluations.routers, *benefits.routers, *screenings.routers,
]  # fmt: skip
