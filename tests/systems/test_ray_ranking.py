"""Ranking on a real Ray: the same hits, to the last, as on this machine (`make test-systems`)."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kechuang.compute.backends import extras

pytestmark = pytest.mark.system

NEEDS, OFFERS = 40, 400
ROOT = Path(__file__).parents[2]
CALL = "import sys; from kechuang.engines.ranking.commands import app; app(sys.argv[1:])"


@pytest.fixture(scope="module")
def ray():
    """The Python that has Ray, beside the packages that ranking needs."""
    if os.environ.get("KC_SYSTEMS") != "1":
        pytest.skip("Ray is a large extra: make test-systems")
    state = Path(os.environ["KECHUANG_STATE"])
    if not extras.is_there("ray", state):
        extras.install("ray", state)
    return extras.python_of("ray", state)


def written(python, folder, name, *more):
    """What `kechuang rank` writes: the run and its explanation."""
    out, why = folder / f"{name}.txt", folder / f"{name}.jsonl"
    ours = next(path for path in sys.path if path.endswith("site-packages"))
    subprocess.run(
        [python, "-c", CALL, "rank", "--docs", folder / "docs", "--queries", folder / "queries",
         "--run", out, "--explain", why, *more],
        check=True, timeout=280,
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ours}", "RAY_AUTH_MODE": "disabled"},
    )  # fmt: skip
    return out.read_bytes(), why.read_bytes()


def test_the_hits_are_the_same_to_the_last(ray, tmp_path):
    said = ["氮化铝陶瓷基板", "刀具寿命", "热导率", "高温合金", "涂层结合力", "单晶生长", "轴承"]
    docs = [
        {"id": at, "title": said[at % 7] + said[at % 5], "body": said[at % 3] * (1 + at % 4)}
        for at in range(OFFERS)
    ]
    needs = [
        {"qid": at, "kind": "related", "text": said[at % 7], "body": said[(at * 3 + 1) % 7]}
        for at in range(NEEDS)
    ]
    for name, rows in (("docs", docs), ("queries", needs)):
        lines = (json.dumps(row, ensure_ascii=False) for row in rows)
        (tmp_path / name).write_text("\n".join(lines))
    alone = written(sys.executable, tmp_path, "alone")
    shared = written(ray, tmp_path, "shared", "--workers", "ray:local")
    print(f"ranking on Ray: {shared[0].count(chr(10).encode())} hits, the same: {alone == shared}")
    assert shared == alone
