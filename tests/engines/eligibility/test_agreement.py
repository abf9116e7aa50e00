"""The SQL and the evaluator agree on every row: drawn ones, and those on every boundary."""

from datetime import date

import pytest

from bench.enterprises import Draw, copy_rows, create_tables
from kechuang.engines.eligibility import SHIPPED, answer, bind_all, load_all, query
from kechuang.engines.eligibility.boundaries import boundaries
from kechuang.engines.eligibility.scores import unpacked

PREFIX = "agreement_"


@pytest.fixture
def cursor(db):
    from django.db import connection

    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        yield cursor


def differences(cursor, policies, rows):
    """How many results were compared, and those that differ."""
    create_tables(cursor, PREFIX)
    copy_rows(cursor, PREFIX, rows)
    asked = query(policies, PREFIX)
    cursor.execute("SET LOCAL jit = off")
    cursor.execute(asked.sql)
    found = {row[0]: row[1:] for row in cursor.fetchall()}
    assert len(found) == len(rows)
    compared, wrong = 0, []
    for row in rows:
        answers = {policy.code: answer(policy, row) for policy in policies}
        for column, got in zip(asked.columns, found[row["id"]], strict=True):
            compared += 1
            expected = said(answers[column[0]], column[1], column[2])
            given = unpacked(got) if column[2] == "points" else got
            if expected != given:
                wrong.append((row["id"], *column, expected, given))
    return compared, wrong


def said(given, criterion, what):
    if criterion:
        one = given.criteria[criterion]
        return one.state if what == "state" else one.points
    low, high = given.score or (None, None)
    return {"state": given.state, "amount": given.amount_fen, "low": low, "high": high}[what]


@pytest.mark.parametrize(
    "day", [date(2023, 8, 29), date(2012, 1, 1), date(2022, 11, 1), date(2024, 2, 29)]
)
def test_drawn_enterprises(cursor, day):
    policies = bind_all(load_all(SHIPPED), day)
    rows = list(Draw(day.toordinal(), day).enterprises(250))
    compared, wrong = differences(cursor, policies, rows)
    assert wrong == []
    assert compared > 4000


@pytest.mark.parametrize("day", [date(2023, 8, 29), date(2012, 1, 1)])
def test_enterprises_on_every_boundary(cursor, day):
    for policy in bind_all(load_all(SHIPPED), day):
        if policy.in_force:
            made = enumerate(boundaries(policy))
            rows = [one.row | {"id": f"{number}"} for number, one in made]
            _, wrong = differences(cursor, [policy], rows)
            assert wrong == []


def test_the_largest_amounts_do_not_overflow(cursor):
    from kechuang.engines.eligibility.nodes import FEN_MAX
    from kechuang.engines.eligibility.schema import schema

    day = date(2023, 8, 29)
    rows = []
    for number, figure in enumerate((FEN_MAX, -FEN_MAX, FEN_MAX - 1)):
        row = {"id": f"E{number}", "resident": True, "registered_date": date(2010, 1, 1)}
        for back in range(5):
            for name in schema().returns:
                row[f"returns.{day.year - back}.{name}"] = (
                    figure if name.endswith("_fen") else 10**9
                )
        rows.append(row | {"contracts": [{"signed_date": date(2022, 1, 1), "amount_fen": figure}]})
    _, wrong = differences(cursor, bind_all(load_all(SHIPPED), day), rows)
    assert wrong == []


def test_one_enterprise_by_its_name_and_states_packed(cursor):
    day = date(2023, 8, 29)
    policies = [one for one in bind_all(load_all(SHIPPED), day) if one.code == "ln-gazelle-2021"]
    rows = list(Draw(1, day).enterprises(20))
    create_tables(cursor, PREFIX)
    copy_rows(cursor, PREFIX, rows)
    asked = query(policies, PREFIX, where="e.id = 'E0000003'", packed=True)
    cursor.execute(asked.sql)
    ((name, state, packed),) = cursor.fetchall()
    given = answer(policies[0], rows[3])
    assert (name, state) == ("E0000003", given.state)
    states = [one.state for one in given.criteria.values()]
    assert [packed >> 2 * at & 3 for at in range(len(states))] == states
