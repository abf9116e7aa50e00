"""Each action of the reviews: one test per way out."""

from kechuang.reviews import actions, queries
from tests.reviews.bench import scored


def test_the_chair_signs_the_minutes_and_the_ranking_stands(world, at):
    bench = scored(world, at)
    ranking = actions.finish_review(panel=bench.panel, by=world.expert1.actor, at=at)
    assert [(row.case_number, row.rank, row.score_text) for row in ranking] == [
        ("BID0000001A", 1, "83.00"),
        ("BID0000002B", 2, "73.00"),
    ]
    assert queries.panel_for(bench.panel.subject_number).state == "FINISHED"
