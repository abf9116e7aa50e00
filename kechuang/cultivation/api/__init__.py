"""The API of cultivation: each module lists its own routers."""

from ninja import Router

from kechuang.cultivation.api import benefits, evaluations, rulesets, screenings

routers: list[tuple[str, Router]] = [
    *rulesets.routers,  # before policies, whose numbers are no words
    *evaluations.routers, *benefits.routers, *screenings.routers,
]  # fmt: skip
