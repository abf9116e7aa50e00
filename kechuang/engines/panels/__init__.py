"""Who reviews which bid: panels of experts with the largest sum, the fairest, or drawn by chance.

Every result carries what proves it, and `verify` holds it against the problem without a solver.
`solve` needs SciPy and is imported from `kechuang.engines.panels.solving`. What stands here is
loaded when it is first asked for, so that the command line starts without NumPy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kechuang.engines.panels.problem import Problem, ProblemRefused, problem_from, read_problem
    from kechuang.engines.panels.verifying import verify

__all__ = ["Problem", "ProblemRefused", "problem_from", "read_problem", "verify"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    module = "verifying" if name == "verify" else "problem"
    return getattr(import_module(f"kechuang.engines.panels.{module}"), name)
