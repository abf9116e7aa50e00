"""Panels, draw, log and sealing against their bars: one table, each figure from this run.

`python -m bench fairness [data=FOLDER]`: with a folder, the published bids in it (`*.in`) are
solved too. Everything else is drawn from fixed seeds.
"""

import json
import os
import random
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.markers import node
from kechuang.engines.drawing import draw, rfc3797
from kechuang.engines.transparency import Edge, Log, leaf_hash, verify_inclusion

PUBLISHED = (  # name, load at most, bar of total, bar of fair (total, worst)
    ("aamas2016", 12, 949.5, (949.25, 1.0)),
    ("preflib1", 6, 124.25, None),
    ("preflib2", 7, 141.5, None),
    ("preflib3", 6, 454.25, None),
)
BIDS, EXPERTS, SEATS = 10_000, 5_000, 5
COMMAND = "from kechuang.site.entry import main; main()"
PLANTED = 100
ENTRIES = 1_000_000
DRAWS = 50_000


def run(arguments: list[str]) -> None:
    """Print the table of bars."""
    table = Table(title="provable fairness")
    for head in ("what", "bar", "here", ""):
        table.add_column(head)
    folder = next((one.removeprefix("data=") for one in arguments if one.startswith("data=")), None)
    asked = [one for one in arguments if one in SECTIONS] or list(SECTIONS)
    for name in asked:
        for what, bar, here, good in SECTIONS[name](folder):
            table.add_row(what, bar, here, "ok" if good else "[red]below[/red]")
    Console(width=150).print(table)


def _kechuang(*arguments: str) -> tuple[int, float, int]:
    """Run the command line; gives its exit code, seconds, and the most memory in MB."""
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"OMP_NUM_THREADS": "2"},
    )
    _, status, used = os.wait4(child.pid, 0)
    return os.waitstatus_to_exitcode(status), time.perf_counter() - began, used.ru_maxrss // 1024


def published(folder: str | None) -> Any:
    """AAMAS 2016 and PrefLib: three reviews a paper."""
    if folder is None:
        yield "published bids", "-", "not asked for: DATA=folder of *.in", True
        return
    from kechuang.engines.panels import problem_from, verify
    from kechuang.engines.panels.solving import solve

    for name, load, total, fair in PUBLISHED:
        told = _bids_of(Path(folder) / f"{name}.in", load)
        problem = problem_from(told)
        for objective in ("total", "fair"):
            began = time.perf_counter()
            result = solve(problem, objective)
            taken = time.perf_counter() - began
            proved = verify(problem, result) is None
            here = f"{result['total']} worst {result['worst']}, {taken:.1f} s"
            if objective == "total":
                gap = result["certificate"]["gap"]
                yield f"{name}: total", str(total), f"{here}, gap {gap}", (
                    proved and result["total"] >= total and gap == 0
                )  # fmt: skip
            else:
                bar = f"{fair[0]} worst {fair[1]}" if fair else "-"
                bound = result["certificate"]["worst_bound"]["bound"]
                yield f"{name}: fair", bar, f"{here}, worst at most {bound}", (
                    proved and (not fair or (result["worst"], result["total"]) >= fair[::-1])
                )  # fmt: skip


def _bids_of(path: Path, load: int) -> dict[str, Any]:
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    bids, experts = map(int, rows[0])
    scores = [[e, b, float(value)] for b, row in enumerate(rows[1:]) for e, value in enumerate(row)]
    return {"bids": bids, "experts": experts, "demand": 3, "load_max": load, "scores": scores}


def at_scale(folder: str | None) -> Any:
    """10,000 bids, 5,000 experts, five seats, every rule: time, memory, gap, bytes, proof."""
    for rules in ("", " with fields and load_min"):
        with tempfile.TemporaryDirectory() as place:
            yield from _at_scale(Path(place), rules)


def _at_scale(folder: Path, rules: str) -> Any:
    problem = large_problem(folder, 2026, bool(rules))
    outs = [str(folder / name) for name in ("first.json", "second.json")]
    ask = ("panel", "solve", problem, "--objective", "total", "--out")
    runs = [_kechuang(*ask, out) for out in outs]
    result = json.loads(Path(outs[0]).read_text())
    certificate = result["certificate"]
    gap = 100 * certificate["gap"] / result["total"]
    same = Path(outs[0]).read_bytes() == Path(outs[1]).read_bytes()
    seconds, megabytes = max(one[1] for one in runs), max(one[2] for one in runs)
    name = f"{BIDS:,} x {EXPERTS:,} x {SEATS}{rules}"
    yield f"{name}: seconds", "60", f"{seconds:.1f}", seconds <= 60
    yield f"{name}: memory", "1,536 MB", f"{megabytes:,} MB", megabytes <= 1536
    yield f"{name}: gap", "0.001 %", f"{gap:.7f} % of {result['total']:,}", gap <= 0.001
    yield f"{name}: same bytes twice", "yes", "yes" if same else "no", same
    verified = [_kechuang("panel", "verify", problem, outs[0]) for _ in range(3)]
    taken = min(one[1] for one in verified)
    yield f"{name}: verified, command", "1 s", f"{taken:.2f} s", (
        taken <= 1 and all(one[0] == 0 for one in verified)
    )  # fmt: skip


def large_problem(folder: Path, seed: int, every_rule: bool = False) -> str:
    """Scores of shared topics, 600 institutions, three of ten senior, conflicts, loads 8 to 14.

    With every rule: each expert has three fields, each bid wants one or two, and nobody has fewer
    than four seats below the most.
    """
    chance = np.random.default_rng(seed)
    topics = 24
    bids = chance.dirichlet(np.full(topics, 0.15), BIDS)
    experts = chance.dirichlet(np.full(topics, 0.25), EXPERTS)
    scores = np.sqrt(bids) @ np.sqrt(experts).T
    scores += chance.normal(0, 0.05, scores.shape)
    np.save(folder / "scores.npy", np.clip(scores, 0, 1.2))
    lots = random.Random(seed)
    own = [lots.randrange(600) for _ in range(EXPERTS)]
    conflicts = [[lots.randrange(EXPERTS), b] for b in range(BIDS) for _ in range(10)]
    told = {
        "scores": {"npy": "scores.npy", "order": "bids x experts"},
        "bids": BIDS,
        "experts": EXPERTS,
        "demand": SEATS,
        "load_max": [lots.randint(8, 14) for _ in range(EXPERTS)],
        "conflicts": conflicts,
        "institution": [f"DW-{one}" for one in own],
        "per_institution_max": 1,
        "senior": [lots.random() < 0.3 for _ in range(EXPERTS)],
        "senior_min": 1,
    }
    if every_rule:
        told["fields"] = [np.argsort(-one)[:3].tolist() for one in experts]
        told["wanted"] = [np.argsort(-one)[: 1 + n % 2].tolist() for n, one in enumerate(bids)]
        told["load_min"] = [most - 4 for most in told["load_max"]]
    path = folder / "problem.json"
    path.write_text(json.dumps(told))
    return str(path)


def clashes(folder: str | None) -> Any:
    """Planted infeasible problems: is the named set clashing, and is no rule of it to spare."""
    from kechuang.engines.panels import problem_from
    from kechuang.engines.panels.solving import solve
    from tests.engines.panels import lots

    minimal = relaxed = 0
    began = time.perf_counter()
    for number in range(PLANTED):
        told = planted(number)
        result = solve(problem_from(told), "total")
        if "infeasible" not in result:
            relaxed += 1
            continue
        clauses = {clause["rule"]: clause for clause in result["infeasible"]}
        whole = lots.best_total(told, _keeping(clauses, None)) is None
        spare = [lots.best_total(told, _keeping(clauses, rule)) is None for rule in clauses]
        minimal += whole and not any(spare)
    taken = time.perf_counter() - began
    here = f"{minimal} minimal, {relaxed} relaxed, {taken:.0f} s"
    yield f"{PLANTED} planted infeasible problems", f"{PLANTED}, 0", here, (
        minimal == PLANTED and relaxed == 0
    )  # fmt: skip


def _keeping(clauses: dict[str, Any], dropped: str | None) -> Any:
    def keep(rule: str, *index: int) -> bool:
        clause = clauses.get(rule)
        if clause is None or rule == dropped:
            return False
        if rule in ("conflicts", "unscored"):
            return index[0] in clause["bids"] and index[1] in clause["experts"]
        return index[0] in clause.get("bids", clause.get("experts"))

    return keep


def planted(number: int) -> dict[str, Any]:
    """A problem of 30 bids and 40 experts with one of ten kinds of clash planted in it."""
    chance = random.Random(number)
    bids, experts, seats = 30, 40, 3
    told: dict[str, Any] = {
        "bids": bids,
        "experts": experts,
        "demand": seats,
        "load_max": 4,
        "scores": [[e, b, chance.random()] for e in range(experts) for b in range(bids)],
        "conflicts": [[chance.randrange(experts), chance.randrange(bids)] for _ in range(60)],
        "institution": [f"DW-{chance.randrange(20)}" for _ in range(experts)],
        "per_institution_max": 1,
        "senior": [chance.random() < 0.5 for _ in range(experts)],
        "senior_min": 1,
    }
    bid = chance.randrange(bids)
    kind = number % 10
    if kind == 0:
        told["load_max"] = 2
    elif kind == 1:
        told["load_min"] = 3
    elif kind == 2:
        told["conflicts"] += [[e, bid] for e in range(experts) if e % 20]
    elif kind == 3:
        told["conflicts"] += [[e, bid] for e in range(experts) if told["senior"][e]]
    elif kind == 4:
        told["institution"] = [f"DW-{e % 2}" for e in range(experts)]
    elif kind == 5:
        told["senior"] = [e < 5 for e in range(experts)]
    elif kind == 6:
        told["fields"] = [["x"] if e < 6 else ["y"] for e in range(experts)]
        told["wanted"] = [["x"]] * bids
    elif kind == 7:
        told["allow_unscored"] = False
        told["scores"] = [row for row in told["scores"] if row[1] != bid or row[0] < 2]
    elif kind == 8:
        told["senior_min"] = 4
    else:
        told["load_min"], told["load_max"] = [5] + [0] * (experts - 1), 4
    return told


def drawing(folder: str | None) -> Any:
    """RFC 3797's example, and how even 50,000 draws are."""
    example = rfc3797("9319./2.5.8.10.12./9.18.26.34.41.45./", 25, 10)
    good = example == [17, 7, 2, 16, 25, 23, 8, 24, 19, 13]
    yield "RFC 3797's example", "17 7 2 16 25 ...", " ".join(map(str, example)), good
    from scipy.stats import chi2

    chance, pool = random.Random(1), list(range(20))
    for suite in ("intl", "gm"):
        times = DRAWS if suite == "intl" else DRAWS // 10
        counts = Counter(draw(pool, 1, chance.randbytes(32), suite)[0] for _ in range(times))
        square = sum((counts[one] - times / 20) ** 2 / (times / 20) for one in pool)
        p = float(chi2.sf(square, 19))
        yield f"chi-square, {times:,} draws, {suite}", "p > 0.001", f"p = {p:.3f}", p > 0.001


def log(folder: str | None) -> Any:
    """A million entries hashed and held against a root; a proof of inclusion among them."""
    entries = [number.to_bytes(32, "big") for number in range(ENTRIES)]
    began = time.perf_counter()
    edge = Edge()
    for entry in entries:
        edge.append(leaf_hash(entry))
    taken = time.perf_counter() - began
    yield f"{ENTRIES:,} entries verified (engine)", "30 s", f"{taken:.1f} s", taken <= 30
    yield "appends, engine alone", "2,000/s", f"{ENTRIES / taken:,.0f}/s", ENTRIES / taken > 2000
    tree = Log(map(leaf_hash, entries))
    whole = tree.root()
    began = time.perf_counter()
    proofs = [(index, tree.inclusion_proof(index)) for index in range(0, ENTRIES, ENTRIES // 100)]
    taken = 1000 * (time.perf_counter() - began) / len(proofs)
    good = whole == edge.root() and all(
        verify_inclusion(leaf_hash(entries[i]), i, ENTRIES, proof, whole) for i, proof in proofs
    )
    yield "inclusion proof", "50 ms", f"{taken:.3f} ms", good and taken <= 50


def sealing(folder: str | None) -> Any:
    """5 MiB sealed and opened, every subset of five custodians, a thousand mutated envelopes."""
    from itertools import combinations

    from kechuang.engines.sealing import (
        Call,
        SealRefused,
        give_share,
        hpke,
        open_envelope,
        read_share,
        seal,
    )

    keys = [secrets.token_bytes(32) for _ in range(5)]
    session = secrets.token_bytes(32)
    named = tuple((f"custodian {n}", hpke.public_of(key)) for n, key in enumerate(keys))
    for profile in ("intl", "gm"):
        call = Call("JB-2026-000001", named, 3, bytes(32), profile)
        content = random.Random(1).randbytes(5 * 2**20)
        sealed, seconds = _median(partial(seal, content, call, "U", "technical", os.urandom))
        shares = dict(
            read_share(
                give_share(sealed, call, key, hpke.public_of(session), os.urandom), sealed, session
            )
            for key in keys
        )
        some = {x: shares[x] for x in (1, 3, 5)}
        opened, again = _median(partial(open_envelope, sealed, call, some))
        good = opened.content == content
        bar = "150 ms" if profile == "intl" else "-"
        yield f"seal 5 MiB, {profile}, median of 20", bar, f"{1000 * seconds:.0f} ms", (
            profile != "intl" or seconds <= 0.15
        )  # fmt: skip
        yield f"open 5 MiB, {profile}, median of 20", bar, f"{1000 * again:.0f} ms", (
            good and (profile != "intl" or again <= 0.15)
        )  # fmt: skip
        right = 0
        small = seal(b"bid", call, "U", "technical", os.urandom)
        few = {
            x: read_share(
                give_share(small, call, key, hpke.public_of(session), os.urandom), small, session
            )[1]
            for x, key in enumerate(keys, 1)
        }
        for size in range(6):
            for places in combinations(few, size):
                try:
                    found = open_envelope(small, call, {x: few[x] for x in places}).content
                except SealRefused:
                    found = None
                right += (found == b"bid") == (size >= 3)
        yield f"subsets of 5 custodians, {profile}", "32 of 32", f"{right} of 32", right == 32
        refused, alarms = _mutated(small, call, few)
        yield f"1,000 mutated envelopes, {profile}", "1,000, 0 false alarms", (
            f"{refused:,}, {alarms} false alarms"
        ), refused == 1000 and alarms == 0  # fmt: skip
        told = {
            "challenge": call.challenge, "k": 3, "criteria_hash": bytes(32).hex(),
            "custodians": [{"name": name, "public": key.hex()} for name, key in named],
            "profile": profile,
        }  # fmt: skip
        taken = node({"act": "time", "times": 5, "call": told})
        yield f"seal 5 MiB by the browser's code in node, {profile}", "-", f"{taken:.0f} ms", True


def _median(act: Any) -> tuple[Any, float]:
    """What it gives, and its median seconds of 20 in a warm process."""
    given, taken = act(), []
    for _ in range(20):
        began = time.perf_counter()
        given = act()
        taken.append(time.perf_counter() - began)
    return given, statistics.median(taken)


def _mutated(file: bytes, call: Any, shares: dict[int, bytes]) -> tuple[int, int]:
    """How many of 1,000 envelopes with one bit changed are refused, and of 100 true ones too."""
    from kechuang.engines.sealing import SealRefused, open_envelope

    def shown(envelope: bytes) -> bool:
        try:
            return open_envelope(envelope, call, shares).content is not None
        except SealRefused:
            return False

    chance = random.Random(7)
    refused = 0
    head = 4_000  # half of the changes in the header, where most can go wrong
    for number in range(1000):
        place = chance.randrange(head if number % 2 else len(file))
        changed = bytearray(file)
        changed[place] ^= 1 << chance.randrange(8)
        refused += not shown(bytes(changed))
    return refused, sum(not shown(file) for _ in range(100))


SECTIONS = {
    "published": published,
    "scale": at_scale,
    "clashes": clashes,
    "draw": drawing,
    "log": log,
    "sealing": sealing,
}
