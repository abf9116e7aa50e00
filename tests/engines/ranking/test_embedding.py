"""Vectors from an endpoint: one figure of the candidates, and closed texts stay here."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from kechuang.engines.ranking import Document, IndexDamaged, Kind, Query, Ranker, Reader, Writer
from kechuang.engines.ranking.embedding import AT_ONCE, EmbeddingFailed, HttpEmbedder
from kechuang.engines.ranking.features import NAMES
from kechuang.engines.ranking.models import Linear

OFFERS = [
    Document("1", "氮化铝陶瓷", "", "基板"),
    Document("2", "氮化铝", "", "热沉"),
    Document("3", "氮化铝", "", "秘方", readers=frozenset({"A"})),
]
NEARNESS = Linear("nearness", {Kind.KNOWN: {"embedded": 1.0}})


class _Endpoint(ThreadingHTTPServer):
    """Answers with how often 陶 and 热 stand in a text, last text first; keeps what it was sent."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Answering)
        self.sent, self.broken = [], None


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.sent.append((self.headers["Authorization"], asked["model"], asked["input"]))
        rows = [
            {"index": at, "embedding": [text.count("陶") + 0.1, text.count("热")]}
            for at, text in enumerate(asked["input"])
        ]
        said = {"data": rows[::-1]} if self.server.broken is None else self.server.broken
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    def log_message(self, *said):
        pass


@pytest.fixture
def endpoint():
    with _Endpoint() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def embedder(endpoint):
    return HttpEmbedder(f"http://127.0.0.1:{endpoint.server_port}/embeddings", "small", "k", 5)


@pytest.fixture
def folder(tmp_path, embedder):
    with Writer(tmp_path / "index", embedder=embedder) as writer:
        writer.put(OFFERS)
        writer.commit()
    return tmp_path / "index"


def test_vectors_come_in_the_order_of_the_texts_many_at_once(endpoint, embedder):
    found = embedder.vectors(["陶"] * AT_ONCE + ["热"])
    assert found.shape == (AT_ONCE + 1, 2)
    assert found[0, 1] == 0 and found[-1, 1] > 0.99
    assert [len(texts) for _, _, texts in endpoint.sent] == [AT_ONCE, 1]
    assert endpoint.sent[0][:2] == ("Bearer k", "small") and "k" not in embedder.name.split("@")[0]


def test_closed_texts_are_not_sent(endpoint, folder):
    assert [texts for _, _, texts in endpoint.sent] == [["氮化铝陶瓷\n\n基板", "氮化铝\n\n热沉"]]


def test_nearness_is_a_figure_that_counts_where_the_model_says_so(endpoint, folder, embedder):
    fixed = Ranker(folder, embedder=embedder).rank(Query("氮化铝热"))
    assert len(endpoint.sent) == 1  # the fixed weights do not ask
    near = Ranker(folder, model=NEARNESS, embedder=embedder).rank(Query("氮化铝热"))
    assert [hit.id for hit in near.hits] == ["2", "1"] and len(endpoint.sent) == 2
    assert near.hits[0].score == pytest.approx(near.parts(0)["embedded"])
    assert not any(figures[NAMES.index("embedded")] for figures in fixed.figures())
    inside = Ranker(folder, model=NEARNESS, embedder=embedder).rank(
        Query("氮化铝热"), 3, Reader(frozenset({"A"}))
    )
    assert [hit.id for hit in inside.hits] == ["2", "1", "3"]
    assert inside.figures()[2, NAMES.index("embedded")] == 0


def test_what_comes_later_is_embedded_too_and_only_by_the_same(endpoint, folder, embedder):
    with Writer(folder, embedder=embedder) as writer:
        writer.put([Document("4", "热热热")])
        writer.commit()
    assert endpoint.sent[-1][2] == ["热热热\n\n"]
    assert len(Ranker(folder, embedder=embedder)) == 4
    with pytest.raises(IndexDamaged):
        Writer(folder)
    with pytest.raises(IndexDamaged):
        Writer(folder, embedder=HttpEmbedder(embedder.url, "other"))


@pytest.mark.parametrize(
    "broken",
    [{}, [], {"data": [{"index": 1, "embedding": [1.0]}]}, {"data": [{"index": 0}]},
     {"data": [{"index": 0, "embedding": []}]}, {"data": [{"index": 0, "embedding": "x"}]}],
)  # fmt: skip
def test_an_answer_that_says_no_vectors_is_refused(endpoint, embedder, broken):
    endpoint.broken = broken
    with pytest.raises(EmbeddingFailed):
        embedder.vectors(["陶"])


def test_a_commit_whose_vectors_fail_does_not_count(endpoint, folder, embedder):
    endpoint.broken = {"data": []}
    with pytest.raises(EmbeddingFailed), Writer(folder, embedder=embedder) as writer:
        writer.put([Document("4", "热")])
        writer.commit()
    endpoint.broken = None
    assert len(Ranker(folder, embedder=embedder)) == 3


def test_an_endpoint_that_is_not_there_is_said(endpoint):
    with pytest.raises(EmbeddingFailed):
        HttpEmbedder("http://127.0.0.1:9/embeddings", "small", seconds=1).vectors(["陶"])
    with pytest.raises(EmbeddingFailed):
        HttpEmbedder("file:///etc/hosts", "small")
