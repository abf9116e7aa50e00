"""A project's page: where it stands, what to do, its money, milestones, payments, ledger."""

from typing import Any

from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from kechuang.base.actor import Role
from kechuang.base.money import yuan_exact
from kechuang.base.time import shanghai_date
from kechuang.doors.requests import AskedRequest, found_or_404
from kechuang.doors.sheets import csv_response
from kechuang.doors.words import name_in_language
from kechuang.files.queries import open_blob
from kechuang.ledger.models import Account, Grant
from kechuang.ledger.queries import LedgerLine, grant_of, lines_of
from kechuang.parties.queries import holder_words, people_numbered
from kechuang.projects import queries, rules, waiting
from kechuang.projects.models import (
    Acceptance,
    Agreement,
    Evidence,
    Freeze,
    OwnReceipt,
    Project,
    ProjectStage,
)
from kechuang.projects.pages import acts, payments, tables
from kechuang.projects.pages.lists import STATE_KINDS


def project(request: AskedRequest, number: str) -> HttpResponse:
    """One project; what is inside only for those who may read it."""
    found = found_or_404(queries.visible_to(request.actor, request.at), number=number)
    facts = queries.facts_of(found)
    is_inside = rules.may_read_inside(request.actor, facts)
    grant = grant_of(found.number)
    steps = waiting.matters_from(waiting.steps_of([found], request.at), request.actor, request.at)
    context = {
        "project": found,
        "kind": STATE_KINDS[found.state],
        "units": len(facts.members),
        "officer": holder_words(Role.OFFICER, at=request.at, region_path=found.region_path),
        "is_inside": is_inside,
        "matters": steps if request.actor.is_signed_in else [],
        "at": request.at,
        "offered": acts.offered(found, facts, request.actor),
        "tiles": tiles(found, grant, is_inside),
        "table": tables.milestone_rows(found, is_inside),
        "stages": stages_of(found),
        "proofs": list(
            Agreement.objects.filter(project=found, head_signed_at__isnull=False)
            .select_related("unit_signed_by", "head_signed_by").order_by("edition")
        ),
    }
    if is_inside:
        context |= _inside(request, found, facts, grant)
    return render(request, "projects/project.html", context)


def _inside(
    request: AskedRequest, found: Project, facts: rules.ProjectFacts, grant: Grant | None
) -> dict[str, Any]:
    """What the units, the region's offices and the acceptors read."""
    agreements = Agreement.objects.filter(project=found).exclude(state="WITHDRAWN")
    rounds = (
        Acceptance.objects.filter(project=found, milestone=None)
        .select_related("applied_by", "decided_by")
        .prefetch_related("acceptors__person", "evidence__target")
    )
    return {
        "agreements": list(agreements.order_by("-edition")),
        "payments": payments.cards(request, found, facts, grant),
        "rounds": list(rounds),
        "ledger": ledger_rows(found),
        "grant": grant,
        "receipts": list(OwnReceipt.objects.filter(project=found).select_related("entry_set")),
        "freezes": list(
            Freeze.objects.filter(project=found).select_related("frozen_by", "lifted_by")
        ),
    }


def tiles(found: Project, grant: Grant | None, is_inside: bool) -> dict[str, Any]:
    """The figures of the money bar; outside, only what the public notice said."""
    paid = grant.paid_fen - grant.reclaimed_fen if grant and is_inside else 0
    received = grant.own_received_fen if grant and is_inside else 0
    gate = tables.next_own_due(found) if grant and is_inside else None
    return {
        "total_fen": found.total_fen,
        "public_fen": found.public_fen,
        "own_fen": found.own_fen,
        "other_fen": found.other_fen,
        "public_paid_fen": paid,
        "own_received_fen": received,
        "public_share": rules.share_percent(found.public_fen, found.total_fen),
        "paid_share": rules.share_percent(paid, found.public_fen),
        "gate": gate,
        "is_enough": gate is None or received >= gate.own_due_fen,
    }


def ledger_rows(found: Project) -> list[dict[str, Any]]:
    """The ledger's lines in words."""
    return [
        {"line": line, "debit": account_words(line.debit), "credit": account_words(line.credit)}
        for line in lines_of(found.number)
    ]


def account_words(account: Account) -> str:
    """An account as the ledger names it: the unit for its own funds, else the kind."""
    if account.kind == Account.Kind.OWN and account.organisation:
        return account.organisation.name
    return str(account.get_kind_display())


def stages_of(found: Project) -> list[dict[str, Any]]:
    """The project's history: when, to what, by whom."""
    rows = list(ProjectStage.objects.filter(project=found))
    people = people_numbered(row.by_person for row in rows)
    return [
        {
            "since": row.since,
            "label": Project.State(row.stage).label,
            "who": name_in_language(people.get(row.by_person)) or _("系统时钟"),
            "note": row.note_public,
        }
        for row in reversed(rows)
    ]


def ledger_csv(request: AskedRequest, number: str) -> HttpResponse:
    """The ledger as a file: yuan with two decimals, running sums, one row a voucher."""
    found = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    heads = [
        _("日期"), _("事由"), _("凭证"), _("更正"), _("借方"), _("贷方"), _("金额（元）"),
        _("财政已拨累计"), _("自筹到位累计"),
    ]  # fmt: skip
    return csv_response(
        f"{found.number}-ledger.csv", heads, (_csv_row(row) for row in ledger_rows(found))
    )


def _csv_row(row: dict[str, Any]) -> list[str]:
    line: LedgerLine = row["line"]
    return [
        shanghai_date(line.at).isoformat(),
        line.memo,
        line.number,
        line.corrects,
        row["debit"],
        row["credit"],
        yuan_exact(line.amount_fen),
        yuan_exact(line.public_paid_fen),
        yuan_exact(line.own_received_fen),
    ]


def receipt_file(request: AskedRequest, number: str, receipt: str) -> FileResponse:
    """The paper behind a receipt."""
    found = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    row = found_or_404(OwnReceipt.objects.filter(project=found), number=receipt)
    return blob_response(row.blob, row.filename)


def evidence_file(request: AskedRequest, number: str, evidence: str) -> FileResponse:
    """The file of a piece of evidence for the acceptance of the project, for who may read inside.
    """
    found = found_or_404(queries.inside_of(request.actor, request.at), number=number)
    row = found_or_404(
        Evidence.objects.filter(acceptance__project=found, acceptance__milestone=None),
        number=evidence,
    )
    return blob_response(row.blob, row.filename)


def blob_response(blob: Any, filename: str) -> FileResponse:
    """A kept file as a download; never shown inside the page."""
    if blob is None:
        raise Http404
    return FileResponse(
        open_blob(blob), as_attachment=True, filename=filename, content_type=blob.media_type
    )
