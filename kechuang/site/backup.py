"""`kechuang backup` and `restore`: the database as one dump, the files, the keys, a manifest."""

import json
import os
import shutil
import subprocess
from datetime import datetime
from pathlib import Path

from django.db import connection

from kechuang.base.refusals import N_, Refused
from kechuang.site.export import described, make_empty
from kechuang.site.postgres import state_directory
from kechuang.site.postgres.providers import providers

DUMP = "database.dump"
LEFT_OUT = ("postgres", "static", "up.lock", "uploads", "index")


class BackupRefused(Refused):
    """No backup is made, or none is put back."""


def backup_to(folder: Path, *, at: datetime) -> None:
    """Write a backup; while people work: the dump is one snapshot, and files are only ever added
    before their rows, so files are copied after it."""
    make_empty(folder)
    run_tool("pg_dump", "--format=custom", f"--file={folder / DUMP}", "--no-owner")
    kept = folder / "state"
    kept.mkdir(mode=0o700)
    for path in sorted(state_directory().iterdir()):
        if not path.name.startswith(LEFT_OUT):
            _copy(path, kept / path.name)
    manifest = {"format": 1, "at": at.isoformat(), "files": _files_of(folder)}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1, ensure_ascii=False))


def restore_from(folder: Path) -> None:
    """Put a backup into an empty installation. Refuses changed files and a database with rows."""
    manifest = json.loads((folder / "manifest.json").read_text())
    if manifest["files"] != _files_of(folder):
        raise BackupRefused(
            "backup.changed", N_("备份中的文件与清单不符。"), way_on=N_("请换一份备份。")
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        if cursor.fetchone()[0]:
            raise BackupRefused(
                "backup.not_empty",
                N_("数据库不是空的。"),
                way_on=N_("请用 KECHUANG_STATE 或 DATABASE_URL 指向一个空的安装。"),
            )
    connection.close()
    run_tool("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction",
             f"--dbname={database_address()}", str(folder / DUMP))  # fmt: skip
    state = state_directory()
    for path in sorted((folder / "state").iterdir()):
        _copy(path, state / path.name)


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)


def database_address() -> str:
    """The database as the tools of PostgreSQL take it; the password goes by the environment."""
    known = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "dbname": "NAME"}
    return " ".join(f"{name}={known[key]}" for name, key in names.items() if known[key])


def run_tool(name: str, *arguments: str) -> None:
    """Run a tool of the newest PostgreSQL at hand: it reads servers of its age and older."""
    here = max(providers(), key=lambda one: one.major, default=None)
    tool = str(here.binaries / name) if here else name
    address = [f"--dbname={database_address()}"] if name == "pg_dump" else []
    password = connection.settings_dict["PASSWORD"]
    environment = {**os.environ, **({"PGPASSWORD": password} if password else {})}
    done = subprocess.run(
        [tool, *address, *arguments], env=environment, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise BackupRefused(
            "backup.tool",
            N_("{name} 失败：{why}"),
            {"name": name, "why": done.stderr.decode(errors="replace")[-400:]},
        )


def _files_of(folder: Path) -> list[dict[str, object]]:
    return [
        {"path": str(path.relative_to(folder))} | described(path, 0)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path != folder / "manifest.json"
    ]
