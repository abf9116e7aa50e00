"""Every check of the house finds the fault that was planted for it, and nothing else."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import house

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = Path(__file__).parent / "fixtures"
FAULTY = FIXTURES / "house" / "kechuang"


def shortened(problems):
    return [problem.replace(f"{FAULTY}/", "") for problem in problems]


def run(*command, cwd=ROOT):
    tool = [sys.executable, "-m", *command] if command[0] != "lint-imports" else [
        str(Path(sys.executable).with_name("lint-imports")), *command[1:]
    ]  # fmt: skip
    done = subprocess.run(tool, cwd=cwd, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def imports(tmp_path_factory):
    """What import-linter says of the faulty house under the real contracts."""
    place = tmp_path_factory.mktemp("house")
    shutil.copytree(FAULTY, place / "kechuang")
    shutil.copy(ROOT / "pyproject.toml", place)
    code, said = run("lint-imports", "--no-logo", "--no-cache", cwd=place)
    assert code == 1
    return said


@pytest.mark.parametrize(
    ("contract", "fault"),
    [
        ("Parts are stacked; imports point down", "kechuang.needs.queries -> kechuang.projects"),
        ("Every part has the same inside", "kechuang.needs.helpers"),
        ("Rules, base and engines are pure", "kechuang.needs.rules -> django"),
        ("Engines do not know one another", "kechuang.engines.ranking -> kechuang.engines.panels"),
        ("Doors are used only by the site", "kechuang.projects.actions -> kechuang.needs.api"),
        ("No cycles anywhere", ".messages -> .files"),
    ],
)
def test_each_contract_on_imports_bites(imports, contract, fault):
    assert f"{contract} BROKEN" in re.sub(r"\s+", " ", imports)
    section = imports.split("Broken contracts")[1].split(f"{contract}\n")[1]
    assert fault in section


def test_style_bites():
    faulty = FAULTY / "challenges" / "rules.py"
    code, said = run("ruff", "check", "--no-cache", "--isolated", "--select", "E,F", str(faulty))
    assert code == 1
    assert "E401" in said and "E722" in said


def test_types_bite():
    faulty = FIXTURES / "untyped_rules.py"
    code, said = run("mypy", "--config-file", "pyproject.toml", str(faulty))
    assert code == 1
    assert 'expected "str"' in said and "no-untyped-def" in said


def test_security_bites():
    code, said = run(
        "bandit", "--quiet", "--severity-level", "medium", "--configfile", "pyproject.toml",
        str(FIXTURES / "unsafe.py"),
    )  # fmt: skip
    assert code == 1
    assert "B602" in said


def test_anatomy_bites():
    assert shortened(house.problems_with_anatomy(FAULTY)) == [
        "needs/helpers.py: not in the anatomy of a part",
        "needs/helpers.py: a name that says nothing",
    ]


def test_the_list_of_the_contract_bites():
    listed = [f"kechuang.{part}" for part in house.parts(FAULTY) if part != "needs"]
    assert house.problems_with_contract_list(FAULTY, [*listed, "kechuang.gone"]) == [
        "needs: not in the contract",
        "gone: in the contract, but there is no such part",
    ]


def test_sizes_bite():
    assert shortened(house.problems_with_sizes(FAULTY)) == [
        "needs/actions.py:17 too_many: 7 parameters",
        "offers/queries.py:4 long: 71 lines",
        "offers/rules.py: 501 lines",
    ]


def test_writes_outside_actions_bite():
    assert shortened(house.problems_with_writes(FAULTY)) == [
        "needs/queries.py:8 Need.objects.create()",
        "needs/queries.py:10 need.save()",
        "needs/queries.py:11 Need.objects.filter(pk=1).update()",
    ]


def test_clocks_below_doors_bite():
    assert shortened(house.problems_with_clocks(FAULTY)) == [
        "needs/actions.py:11 takes a request",
        "needs/actions.py:14 reads timezone.now",
        "needs/actions.py:14 reads date.today",
    ]


def test_links_between_parts_bite():
    assert shortened(house.problems_with_links(FAULTY)) == [
        "needs/models.py:9 links by the string 'projects.Project'",
        "needs/models.py:10 opens a way back from Organisation",
    ]


def test_a_task_that_does_not_exist_bites():
    assert shortened(house.problems_with_deferred(FAULTY)) == [
        "needs/actions.py:13 defers 'needs.never', which is no task"
    ]


def test_text_called_safe_bites():
    found = shortened(house.problems_with_markup(FAULTY))
    assert found == ["needs/pages.py:7 calls text safe"]


def test_names_in_documents_bite():
    text = (FIXTURES / "PROSE.md").read_text()
    assert house.problems_with_prose(text, FAULTY) == [
        "needs.actions.sign_need: no such name",
        "kechuang/needs/signals.py: no such path",
        "parties.models.Organisation.code: no such name",
    ]
