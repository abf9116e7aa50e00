"""A year's figures: entered by a department, or declared by the enterprise and then checked."""

from collections.abc import Mapping
from datetime import date, datetime

from django.db import transaction

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, RefusedTogether, Stale
from kechuang.base.time import shanghai_date
from kechuang.base.working_days import calendar, office_closes
from kechuang.cultivation import rules
from kechuang.cultivation.actions.learning import Learned, Said, learn, source_of
from kechuang.cultivation.models import Declaration, DeclarationStage, Source, YearlyReturn
from kechuang.cultivation.rules.figures import FIGURES, Written, problems_with_figures
from kechuang.messages.actions import tell
from kechuang.parties.models import Organisation
from kechuang.parties.queries import holders, person_by_number
from kechuang.record import actions as record

CHECK_DAYS, MEND_DAYS = 5, 10  # working days: of the county, and of the enterprise
State = Declaration.State


def _check_figures(
    organisation: Organisation, year: int, figures: Mapping[str, int], at: datetime
) -> None:
    """Refuse figures that cannot be so (RefusedTogether)."""
    if not figures:
        raise rules.CultivationRefused(
            "facts.nothing", N_("没有填写任何数据。"), {}, (), N_("请至少填写一项。")
        )
    if not 1949 <= year <= shanghai_date(at).year:
        raise rules.CultivationRefused(
            "facts.year", N_("“{value}”不是可填的年度。"), {"value": year}, ("year",),
            N_("请写四位年份，例如 2025；不能晚于今年。"),
        )  # fmt: skip
    rows = YearlyReturn.objects.filter(
        organisation=organisation, year__in=[year, year - 1], known_until__isnull=True
    )
    known = {
        row.year: {one: getattr(row, one) for one in FIGURES if getattr(row, one) is not None}
        for row in rows
    }
    said = {name: Written(value, "yuan" if name.endswith("_fen") else "")
            for name, value in figures.items()}  # fmt: skip
    wrong = problems_with_figures(said, known.get(year, {}), known.get(year - 1, {}))
    if wrong:
        raise RefusedTogether(refused for _column, refused in wrong)


@transaction.atomic
def enter_return(
    *, organisation: Organisation, year: int, figures: Mapping[str, int], title: str,
    department: str, by: Actor, at: datetime,
) -> Learned:  # fmt: skip
    """Enter or correct a year's figures with their source; what was known stays as history."""
    rules.check_may(rules.may_check(by, organisation.region_path), "import")
    _check_figures(organisation, year, figures, at)
    source = source_of(
        kind=Source.Kind.ENTRY, title=title, department=department, day=shanghai_date(at), by=by,
        at=at,
    )  # fmt: skip
    said = [Said(organisation, "returns", str(year), dict(figures))]
    return learn(said=said, source=source, by=by, at=at)


@transaction.atomic
def declare(
    *, organisation: Organisation, year: int, figures: Mapping[str, int], by: Actor, at: datetime
) -> Declaration:
    """Send an enterprise's own figures to the county; a declaration that is open is replaced."""
    rules.check_may(rules.may_declare(by, organisation.code), "declare")
    _check_figures(organisation, year, figures, at)
    found = (
        Declaration.objects.select_for_update()
        .filter(organisation=organisation, year=year, state__in=[State.COUNTY_CHECK,
                                                                 State.RETURNED])
        .first()
    )  # fmt: skip
    declaration = found or Declaration(
        organisation=organisation, year=year, region_path=organisation.region_path, version=0
    )
    declaration.figures = dict(figures)
    declaration.filler = person_by_number(by.person)
    _move(declaration, State.COUNTY_CHECK, CHECK_DAYS, by=by, at=at)
    officers = holders(Role.OFFICER, at=at, region_path=organisation.region_path)
    _tell([one.number for one in officers], "to_check", declaration, by=by, at=at)
    return declaration


@transaction.atomic
def check_declaration(*, declaration: Declaration, version: int | None = None, by: Actor,
                      at: datetime) -> Learned:  # fmt: skip
    """Accept an enterprise's figures: they count from now, below what departments said."""
    declaration = _locked(declaration, version, by=by)
    _move(declaration, State.CHECKED, 0, by=by, at=at)
    source = source_of(
        kind=Source.Kind.DECLARATION, title="企业年度填报", department="",
        day=shanghai_date(declaration.since), by=by, at=at,
    )  # fmt: skip
    said = [
        Said(declaration.organisation, "returns", str(declaration.year), declaration.figures)
    ]
    _tell([_filler(declaration)], "checked", declaration, by=by, at=at)
    return learn(said=said, source=source, by=by, at=at)


@transaction.atomic
def return_declaration(*, declaration: Declaration, reason: str, version: int | None = None,
                       by: Actor, at: datetime) -> Declaration:  # fmt: skip
    """Give a declaration back to the enterprise, with what is to be mended."""
    if not reason.strip():
        raise rules.CultivationRefused(
            "declaration.no_reason", N_("没有写退回的理由。"), {}, ("reason",),
            N_("请写明哪一项要补正。"),
        )  # fmt: skip
    declaration = _locked(declaration, version, by=by)
    _move(declaration, State.RETURNED, MEND_DAYS, by=by, at=at, note=reason.strip()[:2000])
    _tell([_filler(declaration)], "returned", declaration, by=by, at=at)
    return declaration


@transaction.atomic
def withdraw_declaration(*, declaration: Declaration, by: Actor, at: datetime) -> Declaration:
    """Take back a declaration that is not checked yet."""
    declaration = Declaration.objects.select_for_update(of=("self",)).select_related(
        "organisation", "filler"
    ).get(pk=declaration.pk)  # fmt: skip
    rules.check_may(rules.may_declare(by, declaration.organisation.code), "declare")
    _check_open(declaration, (State.COUNTY_CHECK, State.RETURNED))
    _move(declaration, State.WITHDRAWN, 0, by=by, at=at)
    return declaration


def _locked(declaration: Declaration, version: int | None, *, by: Actor) -> Declaration:
    found = Declaration.objects.select_for_update(of=("self",)).select_related(
        "organisation", "filler"
    ).get(pk=declaration.pk)  # fmt: skip
    rules.check_may(rules.may_check(by, found.region_path), "check")
    if version is not None and version != found.version:
        raise Stale(found.number, found.version)
    _check_open(found, (State.COUNTY_CHECK,))
    return found


def _check_open(declaration: Declaration, states: tuple[str, ...]) -> None:
    if declaration.state not in states:
        raise rules.CultivationRefused(
            "declaration.not_open", N_("这份填报不在办理中，现在是“{state}”。"),
            {"state": State(declaration.state).label}, (), N_("请刷新后再看。"),
        )  # fmt: skip


def _move(
    declaration: Declaration, state: str, days: int, *, by: Actor, at: datetime, note: str = ""
) -> None:
    declaration.state = state
    declaration.since = at
    declaration.until = _due(shanghai_date(at), days) if days else None
    declaration.version += 1
    declaration.save()
    DeclarationStage.objects.create(
        declaration=declaration, stage=state, since=at, by_person=by.person, by_role=by.role,
        by_organisation=by.organisation, note_private=note,
    )  # fmt: skip
    record.append(
        verb=f"cultivation.declaration_{state.lower()}", object_number=declaration.number, by=by,
        at=at, payload={"organisation": declaration.organisation.number,
                        "year": declaration.year, "version": declaration.version},
    )  # fmt: skip


def _due(day: date, days: int) -> datetime:
    return office_closes(calendar().add(day, days))


def _filler(declaration: Declaration) -> str:
    return declaration.filler.number if declaration.filler else ""


def _tell(
    people: list[str], what: str, declaration: Declaration, *, by: Actor, at: datetime
) -> None:
    tell(
        people=people, template=f"cultivation.declaration_{what}",
        object_number=declaration.number, by=by, at=at,
    )  # fmt: skip
