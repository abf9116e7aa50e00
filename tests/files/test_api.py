"""The resumable upload as a program uses it."""

import json
import os

import pytest

from kechuang.files import rules

PDF = b"%PDF-1.7\nreport"


@pytest.fixture(autouse=True)
def state(settings, tmp_path):
    settings.STATE = tmp_path


def post(client, address, body=None):
    return client.post(address, data=json.dumps(body or {}), content_type="application/json")


def put(client, number, index, content):
    address = f"/api/v1/uploads/{number}/pieces/{index}"
    return client.put(address, data=content, content_type="application/octet-stream")


def test_a_broken_upload_goes_on_where_it_stopped(world, api_as):
    client = api_as(world.filler)
    content = b"%PDF-" + os.urandom(rules.PIECE_BYTES)
    begun = post(client, "/api/v1/uploads", {"filename": "报告.pdf", "size": len(content)})
    assert begun.status_code == 201
    number = begun.json()["number"]
    assert put(client, number, 1, content[rules.PIECE_BYTES :]).status_code == 200
    shown = client.get(f"/api/v1/uploads/{number}").json()
    assert (shown["received"], shown["missing"]) == ([1], [0])
    early = post(client, f"/api/v1/uploads/{number}/finish")
    assert early.status_code == 422
    assert early.json()["refusals"][0]["code"] == "files.pieces_missing"
    assert put(client, number, 0, content[: rules.PIECE_BYTES]).json()["missing"] == []
    done = post(client, f"/api/v1/uploads/{number}/finish")
    assert done.status_code == 200
    assert done.json()["blob"]["hash"] == rules.hash_of(content)
    assert done.json()["missing"] == []


def test_uploads_are_hidden_from_everybody_else(world, api_as, client):
    number = post(
        api_as(world.filler), "/api/v1/uploads", {"filename": "a.pdf", "size": len(PDF)}
    ).json()["number"]
    other = api_as(world.officer)
    address = f"/api/v1/uploads/{number}"
    assert other.get(address).status_code == 404
    assert put(other, number, 0, PDF).status_code == 404
    assert post(other, f"{address}/finish").status_code == 404
    assert other.delete(address).status_code == 404
    assert client.get(address).status_code == 401
    assert post(client, "/api/v1/uploads", {"filename": "a.pdf", "size": 1}).status_code == 401


def test_what_is_refused_says_which_field(world, api_as):
    answer = post(
        api_as(world.filler),
        "/api/v1/uploads",
        {"filename": "a.pdf", "size": rules.FILE_BYTES_MAX + 1},
    )
    assert answer.status_code == 422
    assert answer.json()["refusals"][0]["code"] == "files.too_large"
    assert answer.json()["refusals"][0]["field"] == "file"


def test_an_upload_can_be_given_up(world, api_as):
    client = api_as(world.filler)
    begun = post(client, "/api/v1/uploads", {"filename": "a.pdf", "size": len(PDF)})
    number = begun.json()["number"]
    assert client.delete(f"/api/v1/uploads/{number}").status_code == 204
    assert client.get(f"/api/v1/uploads/{number}").status_code == 404
