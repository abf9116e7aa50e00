"""The API of cultivation: each module lists its own routers."""

from ninja import Router

routers: list[tuple[str, Router]] = []
