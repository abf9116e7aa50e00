"""Pages that no single owner fills, and people found through what they did."""

from kechuang.engines.ranking import Document, Hit, Kind, Query, Ranker, Writer
from kechuang.engines.ranking.spreading import mutual, spread, through_works


def test_two_of_one_owner_and_what_has_none_counts_for_itself():
    hits = [Hit(name, 9.0 - at) for at, name in enumerate(["a1", "", "a2", "", "a3", "b1", ""])]
    kept = spread(hits, lambda hit: str(hit.id)[:1])
    assert [hit.id for hit in kept] == ["a1", "", "a2", "", "b1", ""]


def test_people_are_found_through_their_works(tmp_path):
    with Writer(tmp_path / "index") as writer:
        writer.put(
            [
                Document("1", "氮化铝陶瓷基板", "", "流延成型", owner="U1", of=("team-x", "zhang")),
                Document("2", "氮化铝陶瓷烧结", "", "钇钙助烧剂", owner="U1", of=("team-x",)),
                Document("3", "氮化铝单晶", "", "热沉", owner="U2", of=("li",)),
            ]
        )
        writer.commit()
    ranker = Ranker(tmp_path / "index")
    ranked = ranker.rank(Query("氮化铝陶瓷", kind=Kind.KEYWORDS))
    cards = dict(zip(ranked.hits, ranker.cards(ranked), strict=True))
    assert [cards[hit]["owner"] for hit in ranked.hits] == ["U1", "U1", "U2"]
    found = through_works(ranked.hits, lambda hit: cards[hit]["of"])
    assert [each.name for each in found][0] == "team-x"
    assert [work.id for work in found[0].works] == [hit.id for hit in ranked.hits[:2]]
    assert found[0].score == ranked.hits[0].score + ranked.hits[1].score / 2


def test_mutual_pairs_need_each_other():
    assert mutual([[0], [0]], [[1, 0]], depth=1) == [(1, 0)]
