"""A spreadsheet on its way in: checked and listed first, shown, and written when confirmed."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from kechuang.base.refusals import N_, NotPermitted, require
from kechuang.doors.forms import ConfirmForm, Form
from kechuang.doors.requests import AskedRequest, signed_in
from kechuang.doors.sheets import Importer, Sheet, csv_response
from kechuang.doors.words import message_of, way_on_of
from kechuang.files.actions import keep_upload
from kechuang.files.queries import open_blob, uploaded_blob
from kechuang.site.sheets import importers

KINDS = (
    "needs", "offers", "organisations", "observations", "enterprise-profile",
    "enterprise-returns", "enterprise-ip", "enterprise-conversions", "enterprise-contracts",
    "enterprise-certificates", "enterprise-incidents", "enterprise-lists", "enterprise-financing",
)
LISTS = {
    "needs": N_("需求"), "offers": N_("成果与团队"), "organisations": N_("单位名录"),
    "indicators": N_("指标"), "evaluations": N_("企业评价"),
}  # fmt: skip
PROBLEMS_SHOWN = 200
ROWS_SHOWN = 5


class SheetForm(Form):
    """A sheet to bring in."""

    file = forms.FileField(
        label=_("要导入的表"), help_text=_(".xlsx、.csv 或 .jsonl，50 MB 以内，第一行是列名。")
    )


@signed_in
def import_sheet(request: AskedRequest, kind: str) -> HttpResponse:
    """Check a sheet: every problem by row and column, or what will be written once confirmed."""
    importer = _importer_for(request, kind)
    form = SheetForm(request.POST or None, request.FILES or None)
    found: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        with form.refusals():
            found = _checked(importer, file.name, file.read(), request)
    status = 422 if found.get("count") else form.status
    return _page(request, importer, {"form": form, **found}, status)


def _checked(
    importer: Importer, name: str, content: bytes, request: AskedRequest
) -> dict[str, Any]:
    """The problems of a sheet; without one its first rows, kept until they are confirmed."""
    sheet = importer.read(name, content)
    found = importer.check(sheet=sheet, by=request.actor, at=request.at)
    if found:
        rows = [
            {"row": one.row, "column": one.column, "words": message_of(one.refused),
             "way_on": way_on_of(one.refused)}
            for one in found[:PROBLEMS_SHOWN]
        ]  # fmt: skip
        return {"problems": rows, "count": len(found)}
    kept = keep_upload(filename=name, content=content, by=request.actor, at=request.at)
    return {"upload": kept, "shown": _shown(sheet), "rows": sum(map(bool, sheet.rows))}


def _shown(sheet: Sheet) -> dict[str, Any]:
    """The first rows as they were read, under the heads of the person's file."""
    return {
        "heads": [sheet.head_of(column) for column in sheet.columns],
        "rows": [
            (number, [(sheet.head_of(column), row.get(column)) for column in sheet.columns])
            for number, row in sheet.numbered()
            if row
        ][:ROWS_SHOWN],
    }


@signed_in
def confirm_sheet(request: AskedRequest, kind: str, number: str) -> HttpResponse:
    """Write a sheet that was checked; what has come in between is checked again."""
    importer = _importer_for(request, kind)
    kept = uploaded_blob(request.actor, number)
    if kept is None or request.method != "POST":
        raise Http404
    blob, name = kept
    form = ConfirmForm(request.POST)
    with form.refusals(), open_blob(blob) as file:
        sheet = importer.read(name, file.read())
        done = importer.write(sheet=sheet, by=request.actor, at=request.at)
        said = gettext("已导入：新增 {new} 条，更新 {updated} 条，未变 {same} 条。")
        messages.success(request, said.format(
            new=done.created, updated=done.updated, same=done.unchanged))  # fmt: skip
        return redirect(importer.list_page)
    return _page(request, importer, {"form": SheetForm(), "refused": form}, form.status)


def template_csv(request: AskedRequest, kind: str) -> HttpResponse:
    """A sheet with the right heads and one example row."""
    heads, *rows = importers()[kind].template
    return csv_response(f"{kind}-template.csv", heads, rows)


def _importer_for(request: AskedRequest, kind: str) -> Importer:
    importer = importers()[kind]
    require(importer.may(request.actor), NotPermitted(
        "sheets.may_not_import", N_("您不能导入这种表。"), {}, (),
        N_("由科技部门经办导入；成果表也可由单位管理员为本单位导入。")))  # fmt: skip
    return importer


def _page(
    request: AskedRequest, importer: Importer, found: dict[str, Any], status: int
) -> HttpResponse:
    heads, example, *_rest = importer.template
    context = {
        "kind": importer.kind, "title": gettext(importer.title), "lead": gettext(importer.lead),
        "template_name": f"{importer.kind}-template", "import_name": f"{importer.kind}-import",
        "confirm_name": f"{importer.kind}-import-confirm",
        "list_page": importer.list_page, "list_title": LISTS[importer.list_page],
        "columns": list(zip(heads, example, strict=True)),
    }  # fmt: skip
    return render(request, "site/import.html", context | found, status=status)


urls = [
    one
    for kind in KINDS
    for one in (
        path(f"{kind}/import/", import_sheet, {"kind": kind}, name=f"{kind}-import"),
        path(f"{kind}/import/template.csv", template_csv, {"kind": kind}, name=f"{kind}-template"),
        path(f"{kind}/import/<str:number>/", confirm_sheet, {"kind": kind},
             name=f"{kind}-import-confirm"),
    )
]  # fmt: skip
