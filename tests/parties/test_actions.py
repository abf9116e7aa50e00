"""The parties: who may register and appoint, what tokens open, and sheets of organisations."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from kechuang.base.actor import Role
from kechuang.base.codes import CodeRefused, credit_code_with_check
from kechuang.base.refusals import NotPermitted
from kechuang.doors.sheets import read_sheet
from kechuang.parties import actions, queries, rules
from kechuang.parties.actions.imports import ALIASES, COLUMNS
from kechuang.parties.models import AccessToken, Appointment, Organisation
from kechuang.record.models import Entry

CODE = credit_code_with_check("91990100MA0009001")


def test_organisation_is_registered_once(world, at):
    by = world.officer.actor
    unit = actions.register_organisation(
        code=f" {CODE.lower()}\u200b", name="示例新材有限公司", kind="ENTERPRISE",
        region=world.county, by=by, at=at,
    )  # fmt: skip
    assert unit.number.startswith("DW-2026-")
    assert (unit.code, unit.region_path) == (CODE, world.county.path)
    assert Entry.objects.filter(object_number=unit.number).count() == 1
    with pytest.raises(rules.PartyRefused, match="code_taken"):
        actions.register_organisation(
            code=CODE, name="又一次", kind="ENTERPRISE", region=world.county, by=by, at=at
        )


@pytest.mark.parametrize(
    ("code", "reason"),
    [(912101, "numeric_cell"), ("9121", "length"), (CODE[:-1] + "I", "character"),
     (CODE[:-1] + ("0" if CODE[-1] != "0" else "1"), "check")],
)  # fmt: skip
def test_wrong_codes_are_refused(world, at, code, reason):
    with pytest.raises(CodeRefused, match=reason):
        actions.register_organisation(
            code=code, name="示例", kind="ENTERPRISE", region=world.county,
            by=world.officer.actor, at=at,
        )  # fmt: skip


def test_unit_administrator_appoints_only_in_the_unit(world, at):
    by = world.unit_admin.actor
    given = actions.appoint(
        person=world.filler.person, role=Role.MEMBER, organisation=world.enterprise, by=by, at=at
    )
    assert given.actor().organisation == world.enterprise.code
    with pytest.raises(NotPermitted):
        actions.appoint(
            person=world.filler.person, role=Role.MEMBER, organisation=world.rival, by=by, at=at
        )
    with pytest.raises(NotPermitted):
        actions.appoint(
            person=world.filler.person, role=Role.OFFICER, region=world.city, by=by, at=at
        )


@pytest.mark.parametrize(("name", "role"), [("finance", Role.PAYER), ("supervisor", Role.HEAD)])
def test_forbidden_pairs_are_refused(world, at, name, role):
    person = getattr(world, name).person
    with pytest.raises(rules.PartyRefused, match="incompatible"):
        actions.appoint(person=person, role=role, region=world.city, by=world.head.actor, at=at)


def test_database_holds_one_open_appointment_per_place(world):
    with pytest.raises(IntegrityError, match="one_open_appointment"), transaction.atomic():
        Appointment.objects.create(
            person=world.filler.person, role=Role.FILLER, organisation=world.enterprise,
            since=date(2025, 1, 1),
        )  # fmt: skip


def test_database_refuses_a_unit_role_without_a_unit(world):
    with pytest.raises(IntegrityError, match="unit_role_names_its_unit"), transaction.atomic():
        Appointment.objects.create(
            person=world.filler.person, role=Role.FILLER, since=date(2025, 1, 1)
        )


def test_token_opens_until_revoked_ended_or_too_old(world, at):
    member = world.filler
    token, text = actions.create_token(
        appointment=member.appointment, label="脚本", days=30, by=member.actor, at=at
    )
    assert AccessToken.objects.get().token_hash != text
    actor = queries.actor_by_token(text, at)
    assert actor is not None
    assert (actor.person, actor.via) == (member.person.number, "api")
    assert queries.actor_by_token(text, at + timedelta(days=30)) is None
    assert queries.actor_by_token(text + "x", at) is None
    actions.end_appointment(appointment=member.appointment, by=world.unit_admin.actor, at=at)
    assert queries.actor_by_token(text, at) is None
    actions.revoke_token(token=token, by=member.actor, at=at)
    assert AccessToken.objects.get().revoked_at == at


def test_nobody_makes_a_token_for_somebody_else(world, at):
    with pytest.raises(NotPermitted):
        actions.create_token(
            appointment=world.filler.appointment, label="x", days=1, by=world.rival_filler.actor,
            at=at,
        )  # fmt: skip


def _sheet(*rows):
    head = "统一社会信用代码,单位名称,类别,地区代码,行业,成立日期,上级单位代码"
    return read_sheet("u.csv", "\n".join([head, *rows]).encode("utf-8-sig"), COLUMNS, ALIASES)


def test_sheet_enters_then_updates_by_code(world, at):
    by = world.officer.actor
    first = _sheet(f"{CODE},示例新材有限公司,企业,990104,材料,2012-05-18,{world.rival.code}")
    done = actions.import_organisations(sheet=first, by=by, at=at)
    assert done == {"problems": [], "new": 1, "updated": 0}
    unit = Organisation.objects.get(code=CODE)
    assert (unit.founded_date, unit.parent) == (date(2012, 5, 18), world.rival)
    again = _sheet(f"{CODE},示例新材股份有限公司,企业,990105,材料,,")
    assert actions.import_organisations(sheet=again, by=by, at=at)["updated"] == 1
    unit.refresh_from_db()
    assert (unit.name, unit.region_path) == ("示例新材股份有限公司", world.other_county.path)


def test_sheet_with_problems_changes_nothing_and_names_every_cell(world, at):
    rows = [
        f"{CODE},示例新材有限公司,工厂,123456,材料,2012-13-18,",
        f"{CODE},甲,企业,990104,,,1234",
    ]
    done = actions.import_organisations(sheet=_sheet(*rows), by=world.officer.actor, at=at)
    places = [(problem.row, problem.column) for problem in done["problems"]]
    assert places == [
        (2, "类别"), (2, "地区代码"), (2, "成立日期"), (3, "统一社会信用代码"), (3, "单位名称"),
        (3, "上级单位代码"),
    ]  # fmt: skip
    assert not Organisation.objects.filter(code=CODE).exists()


def test_an_officer_registers_in_the_own_region_and_an_operator_everywhere(world, at):
    elsewhere = f"{CODE},示例新材有限公司,企业,990105,材料,2012-05-18,"
    refused = actions.import_organisations(
        sheet=_sheet(elsewhere), by=world.officer_county.actor, at=at
    )
    problem = [(one.row, one.column, one.refused.code) for one in refused["problems"]]
    assert problem == [(2, "地区代码", "parties.region_elsewhere")]
    assert not Organisation.objects.filter(code=CODE).exists()
    done = actions.import_organisations(sheet=_sheet(elsewhere), by=world.operator.actor, at=at)
    assert (done["new"], done["problems"]) == (1, [])


def test_an_officer_cannot_draw_an_organisation_from_elsewhere_into_the_own_region(world, at):
    there = f"{CODE},示例新材有限公司,企业,990105,材料,2012-05-18,"
    actions.import_organisations(sheet=_sheet(there), by=world.operator.actor, at=at)
    drawn = f"{CODE},示例新材有限公司,企业,990104,材料,2012-05-18,"
    refused = actions.import_organisations(
        sheet=_sheet(drawn), by=world.officer_county.actor, at=at
    )
    problem = [(one.row, one.column, one.refused.code) for one in refused["problems"]]
    assert problem == [(2, "统一社会信用代码", "parties.region_elsewhere")]
    assert Organisation.objects.get(code=CODE).region_path == world.other_county.path


def test_an_officer_registers_one_organisation_in_the_own_region_only(world, at):
    facts = {"code": CODE, "name": "示例新材有限公司", "kind": "ENTERPRISE"}
    with pytest.raises(rules.PartyRefused, match="parties.region_elsewhere"):
        actions.register_organisation(
            **facts, region=world.other_county, by=world.officer_county.actor, at=at
        )
    with pytest.raises(NotPermitted):
        actions.register_organisation(
            **facts, region=world.other_county, by=world.filler.actor, at=at
        )
    assert not Organisation.objects.filter(code=CODE).exists()
