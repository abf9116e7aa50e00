"""Spreadsheets with twelve planted errors: all listed, nothing written; mended, all brought in."""

import html
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from typer.testing import CliRunner

from kechuang.needs.models import Need
from kechuang.parties.models import Organisation
from kechuang.site import command_line
from kechuang.site.sheets import importers
from tests.site import sheets

pytestmark = pytest.mark.django_db
KINDS = ("needs", "organisations")
BLANKS = re.compile(r"\s+")


@pytest.fixture(scope="module")
def app():
    command_line.mount_parts()
    return command_line.app


@pytest.fixture
def run(app, monkeypatch):
    monkeypatch.setattr(command_line.console, "width", 400)
    return lambda *words: CliRunner().invoke(app, ["import", *map(str, words)])


@pytest.fixture
def office(world, client_as, settings, tmp_path):
    settings.STATE = tmp_path
    return client_as(world.officer)


def faulty(kind, world):
    """A sheet with its errors, and where they are."""
    if kind == "needs":
        return sheets.needs_with_errors(world.enterprise.code)
    return sheets.units_with_errors()


def mended(kind, world, again=False):
    if kind == "needs":
        return sheets.needs_mended(world.enterprise.code, budget=500 if again else 300)
    return sheets.units_mended(industry="锻造" if again else "铸造")


def written(kind):
    return (Need if kind == "needs" else Organisation).objects.count()


@pytest.mark.parametrize("kind", KINDS)
def test_twelve_errors_are_found_each_in_its_place(kind, world):
    content, planted = faulty(kind, world)
    importer = importers()[kind]
    sheet = importer.read("a.xlsx", content)
    found = importer.check(sheet=sheet, by=command_line.BY, at=timezone.now())
    assert len(planted) == 12
    assert [(one.row, one.column, one.refused.code) for one in found] == planted
    assert [one.refused.code for one in found if not one.refused.way_on] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_lists_them_and_writes_nothing(kind, world, run, tmp_path):
    content, planted = faulty(kind, world)
    file = tmp_path / "a.xlsx"
    file.write_bytes(content)
    before = written(kind)
    for words in ((kind, file), (kind, file, "--dry-run")):
        done = run(*words)
        assert done.exit_code == 1, done.output
        lines = [BLANKS.sub(" ", line) for line in done.output.splitlines()]
        for row, column, _code in planted:
            assert any(re.match(rf" ?{row} .*{re.escape(column)}", line) for line in lines), row
        assert "12 处问题；没有写入任何一行。" in done.output
    assert written(kind) == before


@pytest.mark.parametrize("kind", KINDS)
def test_the_command_brings_the_mended_sheet_in_and_makes_no_doubles(kind, world, run, tmp_path):
    before = written(kind)
    for name, again, said in (
        ("a.xlsx", False, "新增 12，更新 0"),
        ("renamed.xlsx", True, "新增 0，更新 1"),
    ):
        file = tmp_path / name
        file.write_bytes(mended(kind, world, again))
        done = run(kind, file)
        assert (done.exit_code, said in done.output) == (0, True), (done.output, done.exception)
        assert written(kind) == before + 12


def upload(client, kind, content, name="a.xlsx", prefix=""):
    file = SimpleUploadedFile(name, content)
    return client.post(f"{prefix}/{kind}/import/", {"file": file})


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_lists_them_by_row_and_column_with_what_to_do(kind, world, office):
    content, planted = faulty(kind, world)
    before = written(kind)
    page = upload(office, kind, content)
    text = html.unescape(page.content.decode())
    assert (page.status_code, "12 处问题" in text) == (422, True)
    shown = [
        (one["row"], one["column"], bool(one["words"]), bool(one["way_on"]))
        for one in page.context["problems"]
    ]
    assert shown == [(row, column, True, True) for row, column, _code in planted]
    assert all(one["words"] in text and one["way_on"] in text for one in page.context["problems"])
    assert written(kind) == before


def test_an_english_reader_is_told_in_english(world, office):
    content, _planted = sheets.needs_with_errors(world.enterprise.code)
    page = upload(office, "needs", content, prefix="/en")
    said = [one["words"] + one["way_on"] for one in page.context["problems"]]
    quoted = re.compile("[“(][^”)]*[”)]|万元|养殖|300万元")
    assert [one for one in said if re.search("[\u4e00-\u9fff]", quoted.sub("", one))] == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_shows_the_mended_sheet_and_writes_it_when_confirmed(kind, world, office):
    before = written(kind)
    page = upload(office, kind, mended(kind, world))
    assert (page.status_code, page.context["rows"]) == (200, 12)
    assert "还没有写入" in page.content.decode()
    assert written(kind) == before
    address = f"/{kind}/import/{page.context['upload'].number}/"
    assert office.post(address, follow=True).redirect_chain == [(f"/{kind}/", 302)]
    assert written(kind) == before + 12
    again = upload(office, kind, mended(kind, world, again=True), name="renamed.xlsx")
    done = office.post(f"/{kind}/import/{again.context['upload'].number}/", follow=True)
    assert "新增 0 条" in done.content.decode()
    assert written(kind) == before + 12


def test_marks_that_nobody_sees_do_not_stay_in_the_name(world, office):
    page = upload(office, "needs", mended("needs", world))
    office.post(f"/needs/import/{page.context['upload'].number}/")
    assert Need.objects.filter(title="功率模块用低温烧结铜膏 2 号").exists()


def test_a_sheet_is_confirmed_by_whoever_brought_it_alone(world, office, client_as):
    page = upload(office, "needs", mended("needs", world))
    address = f"/needs/import/{page.context['upload'].number}/"
    assert client_as(world.officer2).post(address).status_code == 404
    assert office.get(address).status_code == 404
    assert Need.objects.count() == 0


def test_what_came_in_between_is_checked_again(world, office):
    page = upload(office, "needs", mended("needs", world))
    Organisation.objects.filter(pk=world.enterprise.pk).update(code=sheets.unit_code(1))
    answer = office.post(f"/needs/import/{page.context['upload'].number}/")
    assert answer.status_code == 422
    assert "第 2 行“单位信用代码”：没有登记信用代码为" in html.unescape(answer.content.decode())
    assert Need.objects.count() == 0


@pytest.mark.parametrize("kind", ["needs", "offers", "organisations", "observations"])
def test_each_template_is_a_sheet_that_can_be_read(kind, world, office):
    content = office.get(f"/{kind}/import/template.csv").content
    sheet = importers()[kind].read("template.csv", content)
    assert (sheet.problems, len(sheet.rows)) == ([], 1)
    assert office.get(f"/{kind}/import/").status_code == 200


@pytest.mark.parametrize(
    ("content", "code"), [(b"PK\x03\x04", "sheet.not_xlsx"), (sheets.xlsx(("a",)), "sheet.no_rows")]
)
def test_what_is_no_sheet_is_refused_at_the_field(content, code, world, office):
    page = upload(office, "needs", content)
    assert page.status_code == 422
    assert [one.code for one in page.context["form"].refused] == [code]


@pytest.mark.parametrize("kind", KINDS)
def test_who_may_not_import_is_told_who_may(kind, world, client_as):
    page = client_as(world.filler).get(f"/{kind}/import/")
    assert (page.status_code, "由科技部门经办导入" in page.content.decode()) == (422, True)
    assert client_as(world.officer).get(f"/{kind}/").content.decode().count(
        f'href="/{kind}/import/"') == 1  # fmt: skip


def test_a_refusal_of_a_sheet_by_the_api_is_in_the_readers_language(world, api_as):
    content, _planted = sheets.needs_with_errors(world.enterprise.code)
    answer = api_as(world.officer).post(
        "/api/v1/needs/import", {"file": SimpleUploadedFile("a.xlsx", content)},
        headers={"accept-language": "en"},
    )  # fmt: skip
    said = answer.json()["refusals"]
    assert (answer.status_code, len(said)) == (422, 12)
    assert said[1]["message"].startswith("Row 3, “单位信用代码”: The check digit of")
    assert said[1]["field"] == "3.单位信用代码"
