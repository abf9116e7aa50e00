"""Many texts read at once say what each says by itself, and where."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from kechuang.engines.ranking import Document, fold
from kechuang.engines.ranking import codes as numbers
from kechuang.engines.ranking.analysis import placed_tokens
from kechuang.engines.ranking.digest import IN_TITLE, OFTEN_MOST, digested, indexed_as
from kechuang.engines.ranking.lexicon import NO_LEXICON, Lexicon
from kechuang.engines.ranking.reading import read

_TEXTS = st.lists(
    st.text(alphabet="氮化铝陶瓷𬭚㛃ab5Ｇ0.,，-/+%‰ \n\u200b℃é單👍\ud800", max_size=25), max_size=6
)


@settings(max_examples=150, deadline=None)
@given(_TEXTS)
def test_read_together_is_read_one_by_one(texts):
    found = read(texts)
    for number, text in enumerate(texts):
        one = NO_LEXICON.read(text)
        pairs = found.pairs.codes[found.pairs.texts == number].tolist()
        words = found.words.codes[found.words.texts == number].tolist()
        singles = found.singles.codes[found.singles.texts == number].tolist()
        assert Counter(pairs + words) == Counter(map(numbers.code, one.grams))
        assert Counter(singles + words) == Counter(map(numbers.code, one.singles))
        start, end = found.edges[number : number + 2].tolist()
        assert found.folded[start : end - 1] == fold(text)


@settings(max_examples=100, deadline=None)
@given(_TEXTS)
def test_tokens_stand_where_they_stand(texts):
    found = read(texts)
    for number, text in enumerate(texts):
        places = Counter()
        for tokens in (found.pairs, found.words):
            own = tokens.texts == number
            rows = (tokens.codes[own], tokens.starts[own], tokens.ends[own])
            places.update(zip(*(row.tolist() for row in rows), strict=True))
        expected = Counter(
            (numbers.code(token.text), token.start, token.end)
            for token in placed_tokens(text)
            if numbers.code(token.text) >= numbers.FAR_PAIRS
        )
        assert places == expected


def test_a_document_is_digested_to_its_distinct_tokens():
    made = Document("1", "铟靶铟靶", "靶", "铟靶 Al-ZnO 𬭚教授")
    digest = digested([made, Document("2")], NO_LEXICON)
    held = dict(zip(digest.codes.tolist(), digest.often.tolist(), strict=True))
    pair = held[numbers.code("铟靶")]
    assert (pair & OFTEN_MOST, pair & IN_TITLE) == (3 + 3 + 1, IN_TITLE)
    single = held[numbers.code("靶")]
    assert (single & OFTEN_MOST, single & IN_TITLE) == (6 + 2 + 1, IN_TITLE)
    assert held[numbers.code("zno")] == held[numbers.code("𬭚教")] == 1
    assert digest.edges.tolist() == [0, len(held), len(held)]
    assert digest.grams.tolist() == [9 + 1 + 3 + 2, 0]
    grams, singles = digest.said[0]
    assert Counter(grams.split())["铟靶"] == 6  # more would not move a score
    assert {"al-zno", "al", "zno", indexed_as("𬭚教")} <= set(grams.split())
    assert {"铟", "靶", "教", "授", indexed_as("𬭚")} == set(singles.split())
    assert digest.folded == ["铟靶铟靶\n靶\n铟靶 al-zno 𬭚教授", "\n\n"]


def test_the_users_words_are_read_too():
    found = read(["立方氮化硼", "氮化硼"], Lexicon(frozenset({"氮化硼", "立方氮化硼"})))
    assert found.written == ["立方氮化硼", "氮化硼"]
    assert found.words.texts.tolist() == [0, 1] and found.words.ends.tolist() == [5, 3]
