"""Try how a centre is to be reached, by what an operator wrote: a Slurm, a Ray, or one that is only
played."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.ray import RayBackend, RayConnection, ray_connection_at
from kechuang.compute.backends.simulated import SimulatedConnection, simulated_connection_at
from kechuang.compute.backends.slurm import (
    ACCOUNTING,
    Connection,
    connection_at,
    survey,
    what_lacks,
)


@dataclass(frozen=True)
class Reached:
    """A centre that has answered."""

    kind: str
    said: str  # what it says of itself
    processors: int | None  # None where it does not say
    is_accounted: bool
    lacks: list[str]
    keep: Callable[[Path], None]  # write down how it is reached


def names_of(given: Mapping[str, Any]) -> set[str]:
    """What a connection of this kind may say: an address means a Ray."""
    return {one.name for one in fields(_kind_of(given))}


def needed_of(given: Mapping[str, Any]) -> set[str]:
    """What it must say at least."""
    return {"processors"} if "simulated" in given else {"spool"}


def _kind_of(given: Mapping[str, Any]) -> type:
    if "simulated" in given:
        return SimulatedConnection
    return RayConnection if "address" in given else Connection


def try_kept(kind: str, place: Path) -> Reached:
    """Ask a centre by the way that is kept for it; Unreachable where it gives no answer, or where
    none is kept."""
    if kind == "LOCAL":
        return Reached(kind, f"{os.cpu_count()}", os.cpu_count(), True, [], lambda _place: None)
    if kind == "NONE":
        raise Unreachable("kechuang compute connect")
    read: Any = {"RAY": ray_connection_at, "SIMULATED": simulated_connection_at}.get(kind)
    kept = (read or connection_at)(place)
    return reach({name.name: getattr(kept, name.name) for name in fields(kept)})


def reach(given: Mapping[str, Any]) -> Reached:
    """Ask the centre what it is; Unreachable where it gives no answer."""
    if "simulated" in given:
        played = SimulatedConnection(**given)
        said = f"{len(played.others(played.processors))} x {played.speed:g}"
        return Reached("SIMULATED", said, played.processors, True, [], played.write)
    if "address" in given:
        ray = RayConnection(**given)
        jobs = RayBackend.of(ray).jobs()
        return Reached("RAY", f"Ray  {ray.address}  {len(jobs)}", None, True, [], ray.write)
    slurm = Connection(**{**given, "ssh": tuple(given.get("ssh", ()))})
    found = survey(slurm)
    said = f"Slurm {found['version']}  {found['cluster']}  {found['processors']}"
    return Reached(
        "SLURM", f"{said}  {', '.join(found['partitions'])}", found["processors"],
        found["accounting"] == ACCOUNTING, what_lacks(found),
        replace(slurm, cluster=str(found["cluster"])).write,
    )  # fmt: skip
