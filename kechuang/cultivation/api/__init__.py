"""The API of cultivation: each module lists its own routers."""

from ninja import Router

from kechuang.cultivation.api import benefits

routers: list[tuple[str, Router]] = [*benefits.routers]
