"""Where jobs run: one interface (`orders`), and a module for each kind of machine.

`backend_of(kind, spool)` gives the one a centre is connected by. A backend knows no database; what
it sees, the actions write down.
"""

from pathlib import Path

from kechuang.compute.backends.orders import Backend


def backend_of(kind: str, spool: Path) -> Backend:
    """The backend of a kind, working below a directory of its own; ValueError for no kind."""
    if kind == "LOCAL":
        from kechuang.compute.backends.local import LocalBackend

        return LocalBackend(spool)
    if kind == "SLURM":
        from kechuang.compute.backends.slurm import SlurmBackend

        return SlurmBackend(spool)
    if kind == "RAY":
        from kechuang.compute.backends.ray import RayBackend

        return RayBackend(spool)
    if kind == "SIMULATED":
        from kechuang.compute.backends.simulated import SimulatedBackend

        return SimulatedBackend(spool)
    raise ValueError(f"no backend of the kind {kind!r}")
