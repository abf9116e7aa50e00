"""The tables of states are the tables of the models, and the documents show them as they are."""

import pytest

from kechuang.base.states import StateTable, row
from kechuang.challenges.models import Bid, Challenge, Gate
from kechuang.cultivation.models import Candidate
from kechuang.needs.models import Need
from kechuang.notices.models import Notice, Objection
from kechuang.reviews.models import Draw, Panel, Review, Seat
from kechuang.site import diagrams

MODELS = {
    "need": Need, "challenge": Challenge, "bid": Bid, "draw": Draw, "panel": Panel, "seat": Seat,
    "review": Review, "notice": Notice, "objection": Objection, "gate": Gate,
    "candidate": Candidate,
}


def test_every_table_names_the_states_of_its_model_as_the_screens_do():
    tables = diagrams.tables()
    assert [one.code for one in tables] == list(MODELS)
    for table in tables:
        choices = MODELS[table.code]._meta.get_field("state").choices
        assert {str(code): str(name) for code, name in choices} == {
            str(code): name for code, name in table.names.items()}, table.code


def test_every_state_is_reached_from_the_beginning():
    for table in diagrams.tables():
        reached, before = {""}, set()
        while reached != before:
            before = set(reached)
            reached |= {
                one.ends(state) for one in table.rows for state in map(str, one.since)
                if state in reached
            }
        assert {str(one) for one in table.names} - {str(one) for one in reached} == set(), table


def test_the_page_is_drawn_from_the_tables(tmp_path, monkeypatch, capsys):
    assert diagrams.main("check") == 0
    monkeypatch.setattr(diagrams, "PAGE", tmp_path / "states.md")
    assert diagrams.main("check") == 1
    assert "behind the tables" in capsys.readouterr().out
    diagrams.main("write")
    assert diagrams.main("check") == 0
    text = diagrams.PAGE.read_text()
    assert "    OPEN --> CLOSED: close" in text
    assert "| CLOSED | fail | FAILED | clock | fewer sealed bids than the mode's least |" in text


def test_a_table_refuses_a_state_it_does_not_name_and_a_move_of_no_row():
    with pytest.raises(AssertionError):
        StateTable("x", "x", {"A": "甲"}, (row("A", "go", "B", "clock"),))
    table = StateTable("x", "x", {"A": "甲", "B": "乙"}, (row("A", "go", "B", "clock"),))
    table.check_move("A", "B")
    with pytest.raises(AssertionError, match="B → A is in no row"):
        table.check_move("B", "A")
