"""What a start asks of its database before it loads Django: are the tables there, is it empty."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

import psycopg

from kechuang.base.refusals import N_, Refused

MIGRATING = ("Django", "django-allauth", "django-axes", "procrastinate")  # others with tables
HOUSE = Path(__file__).resolve().parents[1]


class DatabaseRefused(Refused):
    """The database cannot be asked."""


def is_current(address: str) -> bool:
    """Whether the database at the address has this version's tables, asked without Django.

    A start where nothing is to be done need not load it for that: the web process and the worker
    load it anyway. The mark is of the migrations' texts and of how many were taken, so that a step
    taken back by hand, or a restored older database, is seen.
    """
    with _asked(address) as asked:
        there = asked.execute("SELECT to_regclass('django_migrations') IS NOT NULL").fetchone()
        if there != (True,):
            return False
        found = asked.execute(
            "SELECT obj_description('django_migrations'::regclass, 'pg_class'), count(*)"
            " FROM django_migrations"
        ).fetchone()
    return found is not None and found[0] == f"{version_of_tables()} {found[1]}"


def version_of_tables() -> str:
    """A hash over every migration of ours and the versions of the libraries that bring others."""
    digest = hashlib.sha256()
    for name in MIGRATING:
        digest.update(f"{name} {version(name)}\n".encode())
    for path in sorted(HOUSE.glob("*/migrations/*.py")):
        digest.update(f"{path.parent.parent.name}/{path.name}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:32]


def is_empty(address: str) -> bool:
    """Whether no organisation is in the tables yet."""
    with _asked(address) as asked:
        return asked.execute("SELECT FROM parties_organisation LIMIT 1").fetchone() is None


@contextmanager
def _asked(address: str) -> Iterator[psycopg.Connection]:
    try:
        connection = psycopg.connect(address, autocommit=True)
    except psycopg.OperationalError as error:
        raise DatabaseRefused(
            "up.database",
            N_("数据库连不上：{why}"),
            {"why": " ".join(str(error).split())[:300]},
            way_on=N_("请检查 DATABASE_URL，或运行 kechuang doctor。"),
        ) from error
    with connection:
        yield connection
