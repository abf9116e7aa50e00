"""What `kechuang panel verify` says of two files. Loads nothing but what the proof itself needs."""

import json
import sys
from pathlib import Path
from typing import Any

REFUTED, BAD_INPUT = 1, 2


def verify_files(problem: Path, result: Path) -> int:
    """Prove a result against its problem and say so; the exit code: 0 proved, 1 refuted, 2 bad."""
    from kechuang.engines.panels.problem import ProblemRefused, check_finite, read_problem
    from kechuang.engines.panels.verifying import verify

    try:
        told = json.loads(result.read_bytes())
    except OSError as error:
        return _bad(f"{result.name}: cannot be read ({error.strerror})")
    except (ValueError, RecursionError) as error:
        return _bad(f"{result.name}: not JSON ({error})")
    try:
        read = read_problem(problem, checked=False)
    except ProblemRefused as refused:
        return _bad(str(refused))
    for sentence in read.noticed:
        print(sentence, file=sys.stderr)
    try:
        fault = verify(read, told)
        if fault is not None:
            check_finite(read.raw)  # a refutation of what is no problem would mean nothing
    except ProblemRefused as refused:
        return _bad(f"{problem.name}: {refused}")
    if fault is not None:
        print(f"refuted: {fault}")
        return REFUTED
    print(_proved(told))
    return 0


def _bad(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return BAD_INPUT


def _proved(told: dict[str, Any]) -> str:
    if "infeasible" in told:
        rules = ", ".join(clause["rule"] for clause in told["infeasible"])
        return f"proved: infeasible, {rules} clash"
    certificate = told["certificate"]
    return (
        f"proved: {told['objective']}, total {told['total']}, worst {told['worst']}, "
        f"value {certificate['value']} of at most {certificate['bound']}, gap {certificate['gap']}"
    )
