"""Who reviews which bid: panels of experts with the largest sum, the fairest, or drawn by chance.

Every result carries what proves it, and `verify` holds it against the problem without a solver.
`solve` needs SciPy and is imported from `kechuang.engines.panels.solving`.
"""

from kechuang.engines.panels.problem import Problem, ProblemRefused, problem_from, read_problem
from kechuang.engines.panels.verifying import verify

__all__ = ["Problem", "ProblemRefused", "problem_from", "read_problem", "verify"]
