"""`kechuang export`: everything the city owns, readable without us, with a manifest of hashes."""

import csv
import hashlib
import io
import json
import shutil
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, models, transaction

from kechuang.base.refusals import N_, Refused
from kechuang.doors.sheets import escaped
from kechuang.files.models import Blob
from kechuang.site.settings import PARTS

FORMS = ("csv", "jsonl")
# What opens doors or is told to one person only; nobody needs it to own the data.
SECRETS = frozenset({"password", "token_hash", "wrapped_key", "filler_seed"})


class ExportRefused(Refused):
    """The export cannot be written there."""


def export_all(
    folder: Path, form: str, *, at: datetime, progress: Callable[[str], None] = lambda name: None
) -> dict[str, Any]:
    """Write every table of every part and every file, from one snapshot. Gives the manifest.

    Refuses a directory that is not empty. Passwords, tokens and keys are left out; sealed content
    leaves as it lies in the database, sealed.
    """
    if form not in FORMS:
        raise ExportRefused("export.form", N_("导出格式是 csv 或 jsonl。"), {}, ("form",))
    make_empty(folder)
    files = []
    is_first = not connection.in_atomic_block
    with transaction.atomic():
        if is_first:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for model in exported_models():
            path = folder / model._meta.app_label / f"{model._meta.model_name}.{form}"
            progress(str(path.relative_to(folder)))
            path.parent.mkdir(exist_ok=True)
            files.append(write_table(model, path, form) | {"path": str(path.relative_to(folder))})
        for blob in Blob.objects.order_by("pk").iterator(2000):
            path = folder / "files" / "blobs" / blob.hash
            path.parent.mkdir(exist_ok=True, parents=True)
            shutil.copyfile(blob.path, path)
            files.append(described(path, 0) | {"path": str(path.relative_to(folder))})
    manifest = {"format": 1, "at": at.isoformat(), "form": form, "files": files}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False))
    return manifest


def make_empty(folder: Path) -> None:
    """A directory of one's own to write into."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise ExportRefused(
            "export.not_empty",
            N_("{folder} 里已有文件。"),
            {"folder": str(folder)},
            ("folder",),
            N_("请给一个空目录。"),
        )
    folder.chmod(0o700)


def exported_models() -> list[type[models.Model]]:
    """The parts' own tables, from the lowest part up."""
    return [
        model for part in reversed(PARTS) for model in apps.get_app_config(part).get_models()
    ]


def write_table(model: type[models.Model], path: Path, form: str) -> dict[str, Any]:
    """Write the rows in the order they came."""
    columns = [field.attname for field in model._meta.concrete_fields]
    columns = [column for column in columns if column not in SECRETS]
    rows = model._base_manager.order_by("pk").values_list(*columns).iterator(2000)
    count = -1 if form == "csv" else 0  # the head is no row
    with open(path, "w", encoding="utf-8", newline="") as file:
        for line in _lines(columns, rows, form):
            file.write(line)
            count += 1
    return described(path, count)


def _lines(columns: list[str], rows: Iterable[tuple[Any, ...]], form: str) -> Iterable[str]:
    if form == "jsonl":
        for row in rows:
            values = dict(zip(columns, (_plain(value) for value in row), strict=True))
            yield json.dumps(values, cls=DjangoJSONEncoder, ensure_ascii=False) + "\n"
        return
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    for row in chain([columns], (map(_cell, row) for row in rows)):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def _plain(value: Any) -> Any:
    return bytes(value).hex() if isinstance(value, bytes | memoryview) else value


def _cell(value: Any) -> Any:
    value = _plain(value)
    if isinstance(value, dict | list):
        value = json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return escaped(value.isoformat() if isinstance(value, datetime) else value)


def described(path: Path, rows: int) -> dict[str, Any]:
    """A file as the manifest names it."""
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"rows": rows, "bytes": path.stat().st_size, "sha256": digest}
