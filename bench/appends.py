"""Clients that append to the record at once, each in a durable transaction with its business row.

`python -m bench.appends`, with DATABASE_URL of an empty database whose commits wait for the disk;
`clients=` and `seconds=` ask for fewer. Printed beside it: what the disk itself makes durable, with
as many clients that commit one small row each.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

CLIENTS, SECONDS, LEAST = 16, 60, 2_000
TABLE = "bench_business"


def run(arguments: list[str]) -> None:
    """Print both rates, and whether the bar is met."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kechuang.site.settings")
    os.environ["KECHUANG_POOL"] = "0"
    import django

    django.setup()
    asked = dict(one.split("=") for one in arguments if "=" in one)
    clients, seconds = int(asked.get("clients", CLIENTS)), int(asked.get("seconds", SECONDS))
    _prepare()
    disk = rate(_commit, clients, seconds)
    ours = rate(_append, clients, seconds)
    bar = min(LEAST, disk)
    print(
        f"{clients} clients for {seconds} s: {ours:,.0f} entries a second, each with its business"
        f" row; the disk's own durable commits {disk:,.0f} a second; at least {bar:,.0f}:"
        f" {'ok' if ours >= bar else 'below'}"
    )
    print(f"load {', '.join(f'{each:.1f}' for each in os.getloadavg())}")


def _prepare() -> None:
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        for name in ("fsync", "synchronous_commit"):
            cursor.execute(f"SHOW {name}")
            if cursor.fetchone()[0] != "on":
                sys.exit(f"{name} is off here: commits do not wait for the disk")
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(f"CREATE TABLE {TABLE} (id bigserial PRIMARY KEY, client int, n int)")
    connection.close()


def rate(step: Callable[[int, int], None], clients: int, seconds: int) -> float:
    """How often a second all clients together took a step."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(clients)
    counts = context.Queue()
    started = [
        context.Process(target=_client, args=(step, number, seconds, barrier, counts))
        for number in range(clients)
    ]
    for each in started:
        each.start()
    taken = [counts.get() for _ in started]
    for each in started:
        each.join()
    return sum(count / spent for count, spent in taken)


def _client(step, number, seconds, barrier, counts):  # type: ignore[no-untyped-def]
    step(number, -1)  # the connection is open, and what is imported is there
    barrier.wait()
    began, count = time.perf_counter(), 0
    while (spent := time.perf_counter() - began) < seconds:
        step(number, count)
        count += 1
    counts.put((count, spent))


def _commit(client: int, n: int) -> None:
    """One small row, durable."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {TABLE} (client, n) VALUES (%s, %s)", [client, n])


def _append(client: int, n: int) -> None:
    """A business row and what was done, in one transaction."""
    from django.db import transaction

    from kechuang.base.actor import Actor
    from kechuang.record import actions

    with transaction.atomic():
        _commit(client, n)
        actions.append(
            verb="challenges.open", object_number=f"JB-2026-{client:06d}", by=Actor.CLOCK,
            at=datetime.now(UTC), payload={"n": n, "state": "OPEN"},
        )  # fmt: skip


if __name__ == "__main__":
    run(sys.argv[1:])
