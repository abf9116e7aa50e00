#!/usr/bin/env python3
"""What jobs of the desk come to by Slurm's own accounting: one's own sum beside the statement's.

    SLURM_TIME_FORMAT=%s sacct -D -X --parsable2 --starttime=2026-11-01 \
        --format=JobID,JobName,Comment,State,Start,End,ReqCPUS,TimelimitRaw |
        tools/slurm_bill.py prices.json

`prices.json` is the centre's price lists: [{"since": Unix seconds, "milli_fen": [24 prices of a
core hour, by hour of the day in Beijing, in thousandths of a fen], "minimum_fen": whole fen}, ...].
Printed is one line a job (its number, fen), then the sum. Standard library alone; nothing of the
desk is imported.

How it counts: each row is a stretch that a task held its processors (a requeued one has several),
charged from whole second to whole second at the list in force when the stretch began; each piece of
one price is rounded half up; the minimum is topped up once for the job, by the list of its first
stretch. All stretches of a task together are never charged beyond its limit, however late a Slurm
that was down told of an end. A task whose last row says that its node failed is not charged, nor a
row of no length that was closed by hand (its comment comes with the end that Slurm tells). The job
is the one of the comment, else of the name. Rows that have not ended, and rows of no job of the
desk, are named on standard error.
"""

import json
import sys
from collections import defaultdict

HOUR, DAY_HOURS, EAST = 3600, 24, 8 * 3600
WAITED = ("CANCELLED", "REQUEUED")
LOST = ("NODE_FAIL", "BOOT_FAIL", "PREEMPTED", "REVOKED")


def rounded(milli_fen_seconds: int) -> int:
    """Whole fen of price x seconds, half a fen up."""
    whole = HOUR * 1000
    return (2 * milli_fen_seconds + whole) // (2 * whole)


def list_at(lists: list, second: int) -> dict:
    """The price list in force at a second; before the first one, the first."""
    fitting = [one for one in lists if one["since"] <= second]
    return max(fitting, key=lambda one: one["since"]) if fitting else lists[0]


def stretch(processors: int, since: int, until: int, prices: list) -> int:
    """Fen of one stretch: neighbouring seconds of one price are one piece."""
    total, piece, now = 0, 0, since
    price = prices[(since + EAST) // HOUR % DAY_HOURS]
    while now < until:
        here = prices[(now + EAST) // HOUR % DAY_HOURS]
        if here != price:
            total, piece, price = total + rounded(piece * price), 0, here
        step = min(until, now + HOUR - now % HOUR) - now
        piece, now = piece + processors * step, now + step
    return total + rounded(piece * price)


def read(lines: list) -> dict:
    """The rows of each task of each job: state, start, end, cores, limit, whether it waited."""
    heads = lines[0].strip().split("|")
    jobs: dict = defaultdict(lambda: defaultdict(list))
    for line in lines[1:]:
        row = dict(zip(heads, line.strip("\n").split("|"), strict=True))
        number = row["Comment"] or "-".join(row["JobName"].split("-")[:3])
        if not number.startswith("ZY-"):
            print(f"no job of the desk: {row['JobID']}", file=sys.stderr)
            continue
        if not row["End"].isdigit():
            print(f"has not ended: {row['JobID']} {row['State']}", file=sys.stderr)
            continue
        if not row["Start"].isdigit():
            continue  # cancelled while it waited
        since, until, state = int(row["Start"]), int(row["End"]), row["State"].split()[0]
        waited = until == since and (state in WAITED or not row["Comment"])
        jobs[number][row["JobName"], row["JobID"]].append(
            (state, since, until, int(row["ReqCPUS"]), int(row["TimelimitRaw"]) * 60, waited)
        )
    return jobs


def within_limit(rows: list) -> list:
    """The stretches of one task as far as its limit goes: [(start, end, cores)]."""
    found, left = [], rows[0][4]
    for _state, since, until, cores, _limit, waited in rows:
        if not waited:
            found.append((since, min(until, since + left), cores))
            left -= found[-1][1] - since
    return found


def bill(tasks: dict, lists: list) -> int:
    """Fen of one job."""
    held = []
    for rows in tasks.values():
        rows.sort(key=lambda row: row[1])
        if rows[-1][0] not in LOST:
            held += within_limit(rows)
    if not held:
        return 0
    total = sum(stretch(n, a, b, list_at(lists, a)["milli_fen"]) for a, b, n in held)
    return max(total, list_at(lists, min(held)[0])["minimum_fen"])


def main() -> None:
    with open(sys.argv[1], encoding="utf-8") as file:
        lists = sorted(json.load(file), key=lambda one: one["since"])
    jobs = read(sys.stdin.readlines())
    sums = {number: bill(tasks, lists) for number, tasks in sorted(jobs.items())}
    for number, fen in sums.items():
        print(number, fen)
    print("sum", sum(sums.values()))


if __name__ == "__main__":
    main()
