"""`kechuang doctor`: what is wrong with this installation, and how to mend it."""

import importlib.metadata
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kechuang.base import working_days
from kechuang.base.refusals import N_, Refused
from kechuang.base.time import shanghai_date
from kechuang.site.postgres import state_directory
from kechuang.site.postgres.places import CHECKOUT

FREE_BYTES_MIN = 1_000_000_000
POSTGRES_MIN = 150_000
PYTHON_MIN = (3, 11)
PIN = re.compile(r"^([a-z0-9._-]+)==([^ ;\\]+)(?: ; ([^\\]+))?", re.MULTILINE | re.IGNORECASE)
FRONT_END = ("@tabler/core/dist/css/tabler.min.css", "echarts/dist/echarts.min.js",
             "htmx.org/dist/htmx.min.js", "sm-crypto-v2/dist/index.umd.js")  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ok, warn or bad; what it says, for translation; how to mend it."""

    level: str
    name: str
    says: str
    mend: str = ""
    facts: Mapping[str, object] = field(default_factory=dict)


def examine() -> Iterator[Finding]:
    """Look at everything that can be looked at; what fails does not hide what follows."""
    yield from (python(), packages(), front_end(), translations(), permissions(), disk())
    yield working_day_data(shanghai_date(datetime.now(UTC)))
    try:
        _set_up()
        from django.db import connection

        connection.ensure_connection()
    except Refused as refused:
        yield Finding("bad", "PostgreSQL", refused.text, refused.way_on, refused.facts)
        return
    except Exception as error:  # whatever keeps Django or the database from us is the finding
        way_on = N_("请检查 DATABASE_URL，或运行 kechuang up")
        yield Finding("bad", "PostgreSQL", "{why}", way_on, {"why": _first_line(error)})
        return
    yield database()
    tables = migrations()
    yield tables
    if tables.level == "ok":
        yield failed_jobs()
        yield from health()


def _set_up() -> None:
    import django

    os.environ.setdefault("KECHUANG_POOL", "0")
    django.setup()


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


def python() -> Finding:
    """Python 3.11 or newer."""
    here = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info[:2] < PYTHON_MIN:
        return Finding("bad", "Python", here, N_("需要 3.11 或更新"))
    return Finding("ok", "Python", here)


def packages() -> Finding:
    """What the lock pins is what is installed."""
    return compare_with_lock((CHECKOUT / "requirements" / "core.lock").read_text())


def compare_with_lock(text: str) -> Finding:
    """Every pin whose marker holds here is installed in that version.

    >>> compare_with_lock("no-such-package==1.0").level
    'bad'
    """
    from packaging.markers import Marker

    wrong = []
    for name, version, marker in PIN.findall(text):
        if marker and not Marker(marker.strip()).evaluate():
            continue
        try:
            here = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            here = "-"
        if here != version:
            wrong.append(f"{name} {here} ≠ {version}")
    if wrong:
        what = ", ".join(wrong[:5])
        return Finding("bad", N_("程序包"), "{what}", "make install", {"what": what})
    return Finding("ok", N_("程序包"), N_("与 core.lock 一致"))


def front_end() -> Finding:
    """The few files of others that pages load."""
    missing = [name for name in FRONT_END if not (CHECKOUT / "node_modules" / name).exists()]
    if missing:
        facts = {"what": ", ".join(missing)}
        return Finding("bad", N_("前端文件"), N_("缺 {what}"), "make install", facts)
    return Finding("ok", N_("前端文件"), N_("齐全"))


def translations() -> Finding:
    """The English catalogue is compiled."""
    compiled = CHECKOUT / "kechuang" / "site" / "locale" / "en" / "LC_MESSAGES" / "django.mo"
    if not compiled.exists():
        return Finding("warn", N_("英文界面"), N_("没有编译"), "make install")
    return Finding("ok", N_("英文界面"), N_("已编译"))


def permissions() -> Finding:
    """Nobody but the owner looks into the state directory."""
    return examine_permissions(state_directory())


def examine_permissions(state: Path) -> Finding:
    """Keys and files are closed; only the database's own user may pass through."""
    if not state.exists():
        return Finding("ok", N_("数据目录"), N_("{state} 还没有建立"), "", {"state": state})
    if state.stat().st_uid != os.geteuid():
        return Finding(
            "bad", N_("数据目录"), N_("{state} 属于另一个用户"), N_("请用原来的用户运行"),
            {"state": state},
        )  # fmt: skip
    open_ones = [
        path.name
        for path in state.iterdir()
        if path.stat().st_mode & 0o077
        and not path.name.startswith(("postgres", "static", "up.lock"))
    ]
    if state.stat().st_mode & 0o066:
        open_ones.append(".")
    if open_ones:
        facts = {"names": " ".join(sorted(open_ones)), "state": state}
        return Finding(
            "bad", N_("数据目录"), N_("别人也能读：{names}"),
            "cd {state} && chmod go-rwx {names}", facts,
        )  # fmt: skip
    return Finding("ok", N_("数据目录"), "{state}", "", {"state": state})


def disk() -> Finding:
    """Room for the database and for files."""
    state = state_directory()
    free = shutil.disk_usage(state if state.exists() else CHECKOUT).free
    facts = {"free": free // 1_000_000_000}
    if free < FREE_BYTES_MIN:
        return Finding(
            "bad", N_("磁盘"), N_("只剩 {free} GB"), N_("请腾出空间或换一块盘"), facts
        )
    return Finding("ok", N_("磁盘"), N_("还有 {free} GB"), "", facts)


def working_day_data(today: Any) -> Finding:
    """This year's notice is loaded, and from December the next one's."""
    years = [today.year] + ([today.year + 1] if today.month == 12 else [])
    provisional = [str(year) for year in years if working_days.is_provisional(year)]
    if provisional:
        return Finding(
            "warn", N_("工作日历"), N_("{years} 年没有放假通知，按周末暂定"),
            N_("通知公布后，请升级或补入 kechuang/base/data/working_days/"),
            {"years": ", ".join(provisional)},
        )  # fmt: skip
    named = ", ".join(str(year) for year in years)
    return Finding("ok", N_("工作日历"), N_("{years} 年按通知"), "", {"years": named})


def database() -> Finding:
    """PostgreSQL 15 or newer."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        number = int(cursor.fetchone()[0])
    says = f"{number // 10_000}.{number % 10_000}"
    if number < POSTGRES_MIN:
        return Finding("bad", "PostgreSQL", says, N_("需要 15 或更新"))
    return Finding("ok", "PostgreSQL", says)


def migrations() -> Finding:
    """The tables are of this version."""
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if plan:
        says = N_("还有 {count} 步没有做")
        return Finding("bad", N_("数据表"), says, "kechuang up", {"count": len(plan)})
    return Finding("ok", N_("数据表"), N_("与程序一致"))


def health() -> Iterator[Finding]:
    """What /healthz looks at, said here too."""
    from kechuang.site.health import findings

    for one in findings(datetime.now(UTC))[1:]:  # the database was looked at before
        level = "ok" if one.is_well else "warn"
        yield Finding(level, one.name, one.text, "" if one.is_well else "kechuang up", one.facts)


def failed_jobs() -> Finding:
    """Jobs that were given up."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_name, count(*) FROM procrastinate_jobs WHERE status = 'failed'"
            " GROUP BY task_name ORDER BY task_name"
        )
        failed = cursor.fetchall()
    if failed:
        says = ", ".join(f"{name} × {count}" for name, count in failed[:5])
        return Finding(
            "warn", N_("失败的作业"), "{what}", N_("请在 /operate/ 查看"), {"what": says}
        )
    return Finding("ok", N_("失败的作业"), N_("没有"))
