"""Where the command `kechuang` begins: what must be quick goes straight, the rest the usual way."""

import os
import sys

STRAIGHT = ["panel", "verify"]
FILES = 2


def main() -> None:
    """Hold a panel's result against its problem without loading what draws help and tables."""
    asked = sys.argv[1:]
    files = asked[len(STRAIGHT) :]
    if asked[: len(STRAIGHT)] == STRAIGHT and len(files) == FILES and not any(
        one.startswith("-") or not os.path.isfile(one) for one in files
    ):  # fmt: skip
        sys.exit(_verify_panel(*files))
    from kechuang.site.command_line import main as usual

    usual()


def _verify_panel(problem: str, result: str) -> int:
    from pathlib import Path

    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # idle threads of NumPy cost a tenth
    from kechuang.engines.panels.telling import verify_files

    return verify_files(Path(problem), Path(result))


if __name__ == "__main__":
    main()
