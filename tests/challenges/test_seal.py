"""The seal: marker words planted in bids are found nowhere before the opening."""

import base64
import json
import re
from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.utils import timezone

from kechuang.challenges import actions, queries
from kechuang.challenges.models import Bid
from kechuang.challenges.rules import sealing
from kechuang.doors.models import Answer
from kechuang.record import queries as record_queries
from kechuang.record.models import Entry, Payload
from kechuang.reviews.models import Fence
from kechuang.search.models import Document
from kechuang.site import export
from tests.challenges import stages
from tests.challenges.test_pages import typed

pytestmark = pytest.mark.django_db
EVERYBODY = (
    "officer", "officer2", "officer_county", "officer_province", "head", "finance", "payer",
    "supervisor", "operator", "filler", "unit_admin", "rival_admin", "rival_filler", "liaison",
    "expert1", "expert4", "institute_member", "institute_admin",
)
MARKER = stages.MARKER


@pytest.fixture
def line(world, at):
    """An open challenge with a sealed bid, a draft beside it, and a file, all marked."""
    line = stages.opened(world, at)
    bid = stages.written_bid(line, world.member)
    actions.attach_file(bid=bid, name=f"{MARKER}.pdf", content=MARKER.encode(),
                        by=world.member.actor, at=line.at)
    actions.sign_bid(bid=bid, by=world.research_admin.actor, at=line.at)
    actions.submit_bid(bid=bid, by=world.member.actor, at=line.at)
    line.bids.append(bid)
    stages.written_bid(line, world.member)
    return line


def test_no_field_of_any_table_holds_the_marker(line):
    marker = MARKER.encode()
    for model in apps.get_models():
        kept = (models.CharField, models.TextField, models.JSONField, models.BinaryField)
        names = [field.name for field in model._meta.fields if isinstance(field, kept)]
        for row in model._default_manager.values_list(*names) if names else []:
            for value in row:
                is_bytes = isinstance(value, bytes | memoryview)
                plain = bytes(value) if is_bytes else json.dumps(
                    value, ensure_ascii=False, default=str).encode()
                assert marker not in plain, (model, names)


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_holds_no_content_and_no_key_of_a_bid(line, tmp_path, form):
    folder = tmp_path / form
    export.export_all(folder, form, at=line.at)
    written = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    sealed = [name for name in written if "sealedcontent" in name.lower()]
    assert sealed, sorted(written)
    key = queries.key_of(line.bids[0])
    secrets = [MARKER.encode(), key, key.hex().encode(), base64.b64encode(key)]
    wrapped = bytes(line.bids[0].wrapped_key)
    secrets += [wrapped.hex().encode(), base64.b64encode(wrapped), b"wrapped_key"]
    for name, content in written.items():
        for secret in secrets:
            assert secret not in content, name


def test_each_secret_column_that_exports_leave_out_is_one_that_exists():
    columns = {field.attname for model in apps.get_models() for field in model._meta.fields}
    assert columns >= export.SECRETS


def test_no_kept_answer_of_a_post_holds_content(world, client_as, api_as):
    line = stages.opened(world, timezone.now() - timedelta(days=15))
    bid = actions.start_bid(challenge=line.challenge, by=world.member.actor, at=timezone.now())
    page, writer = f"/bids/{bid.number}/", client_as(world.member)
    data = typed(line, bid) | {"title": f"题目{MARKER}", "summary": MARKER}
    saved = writer.post(f"{page}autosave/", data | {"idempotency_key": "key-1"})
    data["version"] = saved.json()["version"]
    assert writer.post(f"{page}edit/", data | {"idempotency_key": "key-2"}).status_code == 302
    file = SimpleUploadedFile(f"{MARKER}.pdf", b"%PDF-1.4 " + MARKER.encode())
    writer.post(f"{page}attach/", {"file": file, "idempotency_key": "key-3"})
    api, again = api_as(world.member), {"content_type": "application/json"}
    base = f"/api/v1/bids/{bid.number}"
    version = api.get(base).json()["version"]
    proposal = stages.proposal(line, MARKER)
    done = api.patch(base, {"content": proposal}, **again, headers={
        "Idempotency-Key": "key-4", "If-Match": str(version)})  # kept for no PATCH
    assert done.status_code == 200, done.content
    sent = api.post(f"{base}/files", {
        "name": f"{MARKER}.pdf", "content": base64.b64encode(MARKER.encode()).decode(),
    }, **again, headers={"Idempotency-Key": "key-5"})
    assert sent.status_code in (200, 201), sent.content
    kept = {row.key: row for row in Answer.objects.all()}
    assert {"key-1", "key-2", "key-3", "key-5"} == set(kept)
    for row in kept.values():
        said = bytes(row.body) + row.location.encode()
        assert MARKER.encode() not in said, row.key
        assert MARKER not in said.decode("unicode_escape", "ignore"), row.key


def test_record_and_search_know_no_challenge_of_a_sealed_bid(line):
    bid = line.bids[0]
    assert not Document.objects.filter(number=bid.number).exists()
    mine = Entry.objects.filter(object_number=bid.number)
    assert {one.verb for one in mine} == {"bids.sign", "bids.submit"}
    for payload in Payload.objects.filter(entry__in=mine):
        assert line.challenge.number not in json.dumps(payload.content)
    naming = Entry.objects.filter(object_number=line.challenge.number)
    assert not naming.filter(verb__startswith="bids.").exists()


def test_the_supervisors_record_is_the_same_with_and_without_a_sealed_bid(line, world):
    seen = record_queries.visible_to(world.supervisor.actor, line.at)
    assert seen.filter(verb="challenges.open").exists()
    assert not seen.filter(verb__startswith="bids.").exists()
    assert not seen.filter(organisation=world.university.code).exists()


def test_only_its_own_people_find_a_sealed_bid(line, world):
    bid = line.bids[0]
    for name in ("member", "research_admin"):
        actor = getattr(world, name).actor
        assert queries.find_bid(actor, line.at, bid.number) == bid
        assert queries.proposal_of(bid, actor, line.at)["title"].endswith(MARKER)
    for name in EVERYBODY:
        actor = getattr(world, name).actor
        assert queries.find_bid(actor, line.at, bid.number) is None, name
        assert not queries.bids_visible_to(actor, line.at).exists(), name
        assert queries.own_bids(actor, line.at, line.challenge) == [], name


def test_every_page_is_the_same_with_and_without_a_sealed_bid(world, at, client_as):
    line = stages.opened(world, at)
    paths = [f"/challenges/{line.challenge.number}/", "/challenges/", "/challenges.csv",
             f"/challenges/{line.challenge.number}/bids/"]
    watchers = [client_as(getattr(world, name)) for name in ("officer", "supervisor", "filler")]

    def shown():
        return [(path, answer.status_code, _stable(answer.content.decode()))
                for client in watchers for path in paths for answer in [client.get(path)]]

    before = shown()
    stages.sealed_bid(line, world.member, world.research_admin)
    assert shown() == before


def _stable(page):
    """A page without what differs at each sight: times and one-use keys."""
    text = re.sub(r'(csrfmiddlewaretoken|idempotency_key)" value="[^"]*"', r"\1", page)
    text = re.sub(r'data-now="[^"]*"', "", text)
    return re.sub(r"页面时间 [^<]*|<b data-[dhm]>\d+</b>", "", text)


def test_the_api_gives_a_sealed_bid_to_nobody_else(line, world, api_as):
    bid = line.bids[0]
    for name in ("officer", "supervisor", "filler", "operator", "expert1"):
        client = api_as(getattr(world, name))
        for path in (f"/api/v1/bids/{bid.number}", f"/api/v1/bids/{bid.number}/content",
                     f"/api/v1/bids/{bid.number}/receipts",
                     f"/api/v1/challenges/{line.challenge.number}/bids"):
            assert client.get(path).status_code == 404, (name, path)
        assert client.get("/api/v1/bids/").json()["items"] == []
    own = api_as(world.member).get(f"/api/v1/bids/{bid.number}/content")
    assert own.json()["content"]["title"].endswith(MARKER)


def test_after_the_opening_the_office_reads_and_a_fenced_officer_does_not(world, at):
    line = stages.checking(world, at)
    bid = line.bids[0]
    for name in ("officer", "head", "supervisor", "liaison"):
        actor = getattr(world, name).actor
        found = queries.find_bid(actor, line.at, bid.number)
        assert queries.proposal_of(found, actor, line.at)["title"].endswith(MARKER), name
    Fence.objects.create(subject_number=line.challenge.number, person=world.officer2.person,
                         kind="DECLARED", since=line.at)
    assert queries.find_bid(world.officer2.actor, line.at, bid.number) is None
    for name in ("expert1", "filler", "unit_admin", "rival_admin", "operator", "officer_county"):
        assert queries.find_bid(getattr(world, name).actor, line.at, bid.number) is None, name


def test_the_seal_binds_challenge_bid_and_version():
    key, nonce = b"k" * 32, b"n" * 12
    bound = sealing.binding("JB-1", "B1", 3, "content")
    sealed = sealing.seal(b"secret", key, nonce, bound)
    assert sealing.unseal(sealed, key, nonce, bound) == b"secret"
    for other in (("JB-2", "B1", 3), ("JB-1", "B2", 3), ("JB-1", "B1", 2)):
        with pytest.raises(sealing.BrokenSeal):
            sealing.unseal(sealed, key, nonce, sealing.binding(*other, "content"))
    assert len(sealing.seal(b"x", key, nonce, bound)) == len(sealed)


def test_each_bid_has_a_key_of_its_own(world, at):
    line = stages.opened(world, at)
    one = stages.sealed_bid(line, world.member, world.research_admin)
    two = stages.sealed_bid(line, world.institute_member, world.institute_admin)
    assert queries.key_of(one) != queries.key_of(two)
    Bid.objects.filter(pk=one.pk).update(wrapped_key=two.wrapped_key)
    one.refresh_from_db()
    with pytest.raises(sealing.BrokenSeal):
        queries.key_of(one)


def test_a_reader_of_the_poser_sees_only_what_passed_and_only_after_review(world, at):
    line = stages.deciding(world, at)
    first, second = line.bids
    Bid.objects.filter(pk=second.pk).update(passed=False)
    poser = world.unit_admin.actor
    assert queries.find_bid(poser, line.at, first.number) == first
    assert queries.find_bid(poser, line.at + timedelta(days=1), second.number) is None
