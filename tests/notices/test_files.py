"""Files of an objection: who adds them, who reads them, and what is refused."""

from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from kechuang.base.refusals import NotPermitted, Refused
from kechuang.notices import actions
from kechuang.notices.models import Objection, ObjectionFile
from kechuang.record.models import Payload
from tests.world import World

PDF = b"%PDF-1.4\n1 0 obj\n%%EOF\n"
FILLED = {
    "ground": "FACTS", "request": "请核实并取消公示。",
    "statement": "公示的牵头单位在 2025 年已就同一内容获得市级财政资助，见该项目公告。",
}  # fmt: skip


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def filed(world: World, now: datetime) -> Objection:
    notice = actions.open_notice(
        subject_number="JB-2026-000001", kind="AWARD", title="拟立项公示", working_days=5,
        facts={"揭榜单位": "示例大学"}, region_path=world.city.path, by=world.head.actor, at=now,
    )  # fmt: skip
    return actions.object_to(notice=notice, by=world.rival_admin.actor, at=now, **FILLED)


def added(filed: Objection, world: World, now: datetime, content: bytes = PDF) -> ObjectionFile:
    return actions.add_objection_file(
        objection=filed, name="合同.pdf", content=content, by=world.rival_admin.actor, at=now
    )


def test_the_objector_adds_a_file_from_the_page_and_reads_it_back(world, filed, client_as):
    client, path = client_as(world.rival_admin), f"/objections/{filed.number}/"
    assert f"{path}attach/" in client.get(path).content.decode()
    assert client.get(f"{path}attach/").status_code == 200
    sent = client.post(f"{path}attach/", {"file": SimpleUploadedFile("合同.pdf", PDF)})
    assert (sent.status_code, sent["Location"]) == (302, path)
    row = ObjectionFile.objects.get()
    assert "合同.pdf" in client.get(path).content.decode()
    assert b"".join(client.get(f"{path}files/{row.number}/").streaming_content) == PDF


def test_a_file_that_belies_its_name_is_refused_on_the_form(world, filed, client_as):
    sent = client_as(world.rival_admin).post(
        f"/objections/{filed.number}/attach/", {"file": SimpleUploadedFile("合同.pdf", b"MZ\x90")}
    )
    assert sent.status_code == 422
    assert not ObjectionFile.objects.exists()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("rival_admin", 200), ("officer", 200), ("supervisor", 200), ("head2", 200),
        ("head", 404), ("member", 404), ("unit_admin", 404), ("operator", 404), ("expert1", 404),
    ],
)  # fmt: skip
def test_who_reads_a_file_is_who_reads_the_objection(world, filed, now, client_as, name, status):
    row = added(filed, world, now)
    client = client_as(getattr(world, name))
    path = f"/objections/{filed.number}/files/{row.number}/"
    assert client.get(path).status_code == status
    assert Client().get(path).status_code in (302, 404)


def test_nobody_else_adds_and_nobody_after_the_decision(world, filed, now):
    for member in (world.officer, world.rival_filler, world.supervisor):
        with pytest.raises(NotPermitted):
            actions.add_objection_file(
                objection=filed, name="a.pdf", content=PDF, by=member.actor, at=now
            )
    actions.withdraw_objection(objection=filed, by=world.rival_admin.actor, at=now)
    filed.refresh_from_db()
    with pytest.raises(NotPermitted):
        added(filed, world, now)
    assert not ObjectionFile.objects.exists()


def test_ten_files_are_the_most_and_each_is_recorded_by_its_fingerprint(world, filed, now):
    for place in range(10):
        added(filed, world, now, PDF + str(place).encode())
    with pytest.raises(Refused) as caught:
        added(filed, world, now, PDF + b"11")
    assert caught.value.code == "notices.files_many"
    said = Payload.objects.filter(entry__verb="notices.attach_to_objection")
    assert said.count() == 10
    assert {set(one.content) == {"hash", "size"} for one in said} == {True}


def test_the_api_lists_and_refuses_an_upload_that_is_not_there(world, filed, now, api_as):
    row = added(filed, world, now)
    path = f"/api/v1/objections/{filed.number}/files"
    client = api_as(world.officer)
    assert [one["number"] for one in client.get(path).json()] == [row.number]
    assert b"".join(client.get(f"{path}/{row.number}").streaming_content) == PDF
    assert api_as(world.member).get(path).status_code == 404
    sent = api_as(world.rival_admin).post(
        path, {"upload": "0000000000"}, content_type="application/json"
    )
    assert (sent.status_code, sent.json()["refusals"][0]["code"]) == (422, "notices.no_upload")
