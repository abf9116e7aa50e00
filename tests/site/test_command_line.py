"""The command line: sheets, accounts, what is owned, what is wrong."""

import csv
import hashlib
import io
import json
from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from kechuang.files import actions as files
from kechuang.parties.models import Account, Appointment, Organisation
from kechuang.parties.queries import actor_by_token
from kechuang.site import backup, command_line, doctor, export

HEAD = "统一社会信用代码,单位名称,类别,地区代码\n"


@pytest.fixture(scope="module")
def app():
    command_line.mount_parts()
    return command_line.app


@pytest.fixture
def run(app, db):
    return lambda *words, **more: CliRunner().invoke(app, list(words), **more)


def sheet(tmp_path, *rows):
    path = tmp_path / "organisations.csv"
    path.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return str(path)


def test_a_template_is_a_sheet_that_can_be_imported(run, world, tmp_path):
    printed = run("import", "template", "organisations").stdout
    rows = list(csv.reader(io.StringIO(printed.removeprefix("\ufeff"))))
    assert rows[0][:2] == ["统一社会信用代码", "单位名称"]
    assert len(rows) == 2


def test_an_unknown_kind_names_the_known_ones(run):
    done = run("import", "template", "wishes")
    assert done.exit_code == 2
    assert "organisations" in done.output


def test_problems_are_listed_by_row_and_column_and_nothing_is_written(run, world, tmp_path):
    before = Organisation.objects.count()
    done = run("import", "organisations", sheet(tmp_path, "123,甲,企业,990104", "123,,星球,1"))
    assert done.exit_code == 1
    assert "统一社会信用代码" in done.output and "地区代码" in done.output
    assert Organisation.objects.count() == before


def test_a_dry_run_writes_nothing_and_the_import_all(run, world, tmp_path):
    from kechuang.base.codes import credit_code_with_check

    code = credit_code_with_check("91990104MA0000777")
    path = sheet(tmp_path, f"{code},新材料有限公司,企业,{world.county.code}")
    assert run("import", "organisations", path, "--dry-run").exit_code == 0
    assert not Organisation.objects.filter(code=code).exists()
    done = run("import", "organisations", path)
    assert done.exit_code == 0, done.output
    assert Organisation.objects.get(code=code).name == "新材料有限公司"


def test_a_person_gets_an_account_an_appointment_and_a_token(run, world):
    made = run(
        "user", "create", "chenli", "--name", "陈立", "--role", "FINANCE",
        "--region", world.city.code, "--password-stdin", input="a long pass phrase\n",
    )  # fmt: skip
    assert made.exit_code == 0, made.output
    account = Account.objects.get(username="chenli")
    assert account.check_password("a long pass phrase")
    assert Appointment.objects.get(person=account.person).role == "FINANCE"
    token = run("user", "token", "chenli").stdout.strip()
    actor = actor_by_token(token, datetime.now(UTC))
    assert (actor.person, actor.role) == (account.person.number, "FINANCE")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["user", "create", "a", "--name", "a", "--role", "HEAD"], "accounts.region"),
        (["user", "create", "a", "--name", "a", "--role", "FILLER", "--organisation", "9"],
         "accounts.organisation"),
        (["user", "token", "nobody"], "accounts.unknown"),
    ],
)  # fmt: skip
def test_what_does_not_exist_is_refused_and_leaves_nothing(run, world, words, code):
    before = Account.objects.count()
    done = run(*words, "--password-stdin", input="a long pass phrase\n") if words[1] == (
        "create"
    ) else run(*words)  # fmt: skip
    assert done.exception.code == code
    assert Account.objects.count() == before


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_holds_every_row_but_no_secret(world, at, tmp_path, settings, form):
    settings.STATE = tmp_path / "state"
    blob = files.keep_blob(
        content=b"%PDF-1.7 x", filename="a.pdf", by=world.filler.actor, at=at
    )
    folder = tmp_path / "export"
    manifest = export.export_all(folder, form, at=at)
    rows = {file["path"]: file["rows"] for file in manifest["files"]}
    assert rows[f"parties/organisation.{form}"] == Organisation.objects.count()
    assert (folder / "files" / "blobs" / blob.hash).read_bytes() == b"%PDF-1.7 x"
    for file in manifest["files"]:
        content = (folder / file["path"]).read_bytes()
        assert hashlib.sha256(content).hexdigest() == file["sha256"]
    accounts = (folder / f"parties/account.{form}").read_text()
    assert "scrypt" not in accounts and "password" not in accounts
    assert json.loads((folder / "manifest.json").read_text()) == manifest


def test_an_export_overwrites_nothing(at, db, tmp_path):
    (tmp_path / "something").write_text("x")
    with pytest.raises(export.ExportRefused) as caught:
        export.export_all(tmp_path, "csv", at=at)
    assert caught.value.code == "export.not_empty"


def test_a_backup_that_was_changed_is_not_put_back(db, tmp_path):
    (tmp_path / "manifest.json").write_text('{"files": []}')
    (tmp_path / "database.dump").write_text("x")
    with pytest.raises(backup.BackupRefused) as caught:
        backup.restore_from(tmp_path)
    assert caught.value.code == "backup.changed"


def test_a_backup_is_not_put_over_rows(db, tmp_path):
    (tmp_path / "manifest.json").write_text('{"files": []}')
    with pytest.raises(backup.BackupRefused) as caught:
        backup.restore_from(tmp_path)
    assert caught.value.code == "backup.not_empty"


def test_the_doctor_sees_open_permissions_and_says_how_to_close_them(tmp_path):
    tmp_path.chmod(0o700)
    key = tmp_path / "secret-key"
    key.write_text("x")
    key.chmod(0o600)
    assert doctor.examine_permissions(tmp_path).level == "ok"
    key.chmod(0o644)
    found = doctor.examine_permissions(tmp_path)
    assert found.level == "bad"
    assert found.mend.format(**found.facts) == f"cd {tmp_path} && chmod go-rwx secret-key"


def test_the_doctor_compares_what_is_installed_with_the_lock():
    from importlib.metadata import version

    lock = f'django=={version("django")} \\\n  --hash=x\nnone==1 ; python_version < "3" \\\n'
    assert doctor.compare_with_lock(lock).level == "ok"
    assert doctor.compare_with_lock("django==0.1 \\").level == "bad"


def test_the_doctor_names_years_without_a_notice():
    assert doctor.working_day_data(date(2026, 5, 1)).level == "ok"
    found = doctor.working_day_data(date(2049, 12, 1))
    assert found.level == "warn"
    assert found.facts == {"years": "2049, 2050"}


def test_the_doctor_looks_at_the_database(db):
    assert doctor.database().level == "ok"
    assert doctor.migrations().level == "ok"
    assert doctor.failed_jobs().level == "ok"
    assert [finding.level for finding in doctor.health()] == ["warn", "ok"]
