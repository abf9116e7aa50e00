"""The command `kechuang`: run it, look after it, take data in and out."""

import os
import sys
from collections.abc import Callable
from datetime import date, datetime
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from kechuang.base.actor import Actor, Role
from kechuang.base.refusals import N_, Refused
from kechuang.engines.drawing.commands import app as drawing
from kechuang.engines.eligibility.commands import app as eligibility
from kechuang.engines.eligibility.commands import rules
from kechuang.engines.panels.commands import app as panels
from kechuang.engines.placement.commands import app as placement
from kechuang.engines.ranking.commands import app as ranking
from kechuang.site import roles, sealing, witness

app = typer.Typer(
    name="kechuang",
    help="科创：需求、榜单、项目与指标的一条线。 The open platform of a city's innovation.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
users = typer.Typer(help="账户与令牌 / accounts and tokens", no_args_is_help=True)
demo = typer.Typer(help="演示数据 / demonstration data", no_args_is_help=True)
imports = typer.Typer(name="import", help="导入表格 / take in a sheet", no_args_is_help=True)
app.add_typer(users, name="user")
app.add_typer(demo, name="demo")
app.add_typer(imports, name="import")
app.registered_commands += ranking.registered_commands  # on files; without Django
app.add_typer(placement, name="place")  # on files; without Django
app.add_typer(panels, name="panel")  # on files; without Django
app.add_typer(drawing, name="draw")  # on files; without Django
app.registered_commands += eligibility.registered_commands
app.add_typer(rules)
app.command("seal")(sealing.seal)
app.command("open")(sealing.open_bid)
app.add_typer(sealing.custodian)
app.add_typer(witness.app, name="witness")
app.add_typer(roles.app, name="roles")

console = Console()
BY = Actor(role=Role.OPERATOR, via="command")
SIZES = ("town", "city", "province")
WITHOUT_DJANGO = (
    ["up"], ["doctor"], ["rank"], ["rank-eval"], ["place"], ["panel"], ["draw"], ["entitle"],
    ["rules"], ["seal"], ["open"], ["custodian"], ["witness"],
)  # fmt: skip


def main() -> None:
    """Entry of the command `kechuang`: refusals are said, not thrown."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kechuang.site.settings")
    asked = sys.argv[1:]
    if not asked or "--help" in asked:
        os.environ.setdefault("DATABASE_URL", "postgresql:///kechuang")  # help needs no database
    try:
        if asked[:1] not in WITHOUT_DJANGO:
            set_up()
            mount_parts()
        app()
    except Refused as refused:
        say_refused(refused)
        sys.exit(1)


def set_up() -> None:
    """Load Django in the language of the terminal."""
    import django

    os.environ.setdefault("KECHUANG_POOL", "0")
    django.setup()
    speak_the_terminals_language()


def speak_the_terminals_language() -> None:
    """English where the terminal speaks English, else Chinese."""
    from django.utils import translation

    said = os.environ.get("LC_ALL") or os.environ.get("LANG", "")
    translation.activate("en" if said.startswith("en") else "zh-hans")


def mount_parts() -> None:
    """Add every part's commands and importers."""
    from kechuang.site.settings import PARTS
    from kechuang.site.sheets import importers

    for part in PARTS:
        if find_spec(f"kechuang.{part}.commands"):
            module = import_module(f"kechuang.{part}.commands")
            if hasattr(module, "app"):
                app.add_typer(module.app, name=part)
    for importer in importers().values():
        imports.command(importer.kind)(_import_command(importer))


def say_refused(refused: Refused) -> None:
    """Print the reasons and the way on, translated where Django is loaded."""
    try:
        from kechuang.doors.words import message_of, way_on_of

        said = [(message_of(one), way_on_of(one)) for one in refused.refusals]
    except Exception:  # Django may be what is missing
        said = [
            (one.text.format(**one.facts), one.way_on.format(**one.facts))
            for one in refused.refusals
        ]
    for message, way_on in said:
        Console(stderr=True).print(f"[red]✗[/red] {escape(message)}  {escape(way_on)}")


def now() -> datetime:
    from kechuang.doors import clock

    return clock.now()


def _(text: str) -> str:
    """Translated where Django is loaded, else as written."""
    from django.conf import settings
    from django.utils.translation import gettext

    return gettext(text) if settings.configured else text


# --- run ----------------------------------------------------------------------------------


@app.command()
def up(
    port: Annotated[int, typer.Option(envvar="PORT", min=1, max=65535)] = 8000,
    host: Annotated[str, typer.Option(envvar="KECHUANG_HOST")] = "127.0.0.1",
    with_demo: Annotated[
        bool, typer.Option("--demo", help="演示模式：载入演示地区，可切换身份，只在本机")
    ] = False,
    size: Annotated[str, typer.Option(help="town, city or province")] = "town",
) -> None:
    """启动 / start the database, the web process and the worker; Ctrl-C stops them."""
    from kechuang.site import running

    if with_demo and host != "127.0.0.1":
        raise running.StartRefused(
            "up.demo_host",
            N_("演示模式只能绑定 127.0.0.1。"),
            way_on=N_("请去掉 --demo 或 --host。"),
        )
    os.environ["KECHUANG_DEMO"] = "1" if with_demo else "0"
    pooled = os.environ.get("KECHUANG_POOL", "1")
    whole: running.Running | None = None
    lock = None
    try:
        with running.signals_as_stop():
            lock = running.check_alone()
            running.check_port(host, port)
            whole = running.Running(host, port, _database(), [])
            _prepare(size if with_demo else "")
            whole.children = [
                running.Child("web", running.web_command(host, port), {"KECHUANG_POOL": pooled}),
                running.Child("worker", running.worker_command(), {"KECHUANG_POOL": "0"}),
            ]
            whole.start()
            whole.wait_until_well()
            console.print(f"ready: {whole.address}", soft_wrap=True)
            whole.watch()
    except running.Stopped:
        console.print("stopping")
    finally:
        if whole is not None:
            whole.stop()
        if lock is not None:
            lock.close()


def _database() -> Any:
    """The embedded server, its address put where the children find it; None with DATABASE_URL."""
    from kechuang.site import postgres

    if os.environ.get("DATABASE_URL"):
        return None
    server = postgres.ensure()
    os.environ["DATABASE_URL"] = server.url
    return server


def _prepare(demo_size: str) -> None:
    """Tables and, where asked for, the demonstration. Where both are there Django is not loaded:
    that takes as long as web and worker take to start, which load it themselves."""
    from kechuang.site import tables

    address = os.environ["DATABASE_URL"]
    current = tables.is_current(address)
    if current and not (demo_size and tables.is_empty(address)):
        return
    set_up()
    with console.status("migrate"):
        from kechuang.site.migrating import migrate

        migrate()
    _load_rules()
    if demo_size and tables.is_empty(address):
        load_demo(demo_size, date.today())
    _close_connections()


def _load_rules() -> None:
    """The rule sets that ship, as versions that people can read and change."""
    from kechuang.base.actor import Actor
    from kechuang.cultivation.actions import load_shipped
    from kechuang.doors import clock

    load_shipped(by=Actor.CLOCK, at=clock.now())


def _close_connections() -> None:
    from django.db import connections

    for connection in connections.all():
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()


@app.command()
def doctor() -> None:
    """检查 / say what is wrong with this installation, and how to mend it."""
    from kechuang.site import doctor as examination

    table = Table.grid(padding=(0, 2))
    marks = {"ok": "[green]✓[/green]", "warn": "[yellow]![/yellow]", "bad": "[red]✗[/red]"}
    findings = list(examination.examine())
    if any(finding.name == "PostgreSQL" and finding.level == "ok" for finding in findings):
        speak_the_terminals_language()
    for finding in findings:
        said = [
            escape(_(text).format(**finding.facts)) if text else ""
            for text in (finding.name, finding.says, finding.mend)
        ]
        table.add_row(marks[finding.level], *said[:2], f"→ {said[2]}" if said[2] else "")
    console.print(table)
    if any(finding.level == "bad" for finding in findings):
        raise typer.Exit(1)


# --- data in and out ------------------------------------------------------------------------


@demo.command("load")
def load_command(
    size: Annotated[str, typer.Option(help="town, city or province")] = "town",
    at: Annotated[str, typer.Option(help="日期 YYYY-MM-DD，默认今天")] = "",
) -> None:
    """载入演示地区 / load the demonstration region, dated relative to a day."""
    try:
        day = date.fromisoformat(at) if at else date.today()
    except ValueError as error:
        raise typer.BadParameter("YYYY-MM-DD", param_hint="--at") from error
    load_demo(size, day)


def load_demo(size: str, day: date) -> None:
    """Load the demonstration region of a size, laid around a day, in one transaction."""
    from django.db import transaction

    from kechuang.site import demo as region

    if size not in SIZES:
        raise typer.BadParameter(", ".join(SIZES), param_hint="--size")
    with transaction.atomic():  # says itself how far it is
        region.load(size, day)


def _import_command(importer: Any) -> Callable[..., None]:
    def run(
        file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)],
        dry_run: Annotated[bool, typer.Option("--dry-run", help="只查不写")] = False,
    ) -> None:
        take_sheet(importer, file, dry_run)

    run.__doc__ = f"导入 {importer.kind} / all or nothing; every problem by row and column."
    return run


def take_sheet(importer: Any, file: Path, dry_run: bool) -> None:
    """Read a sheet, list every problem by row and column, and write all of it or nothing."""
    at = now()
    with console.status(file.name):
        sheet = importer.read(file.name, file.read_bytes())
        problems = importer.check(sheet=sheet, by=BY, at=at)
        if not problems and not dry_run:
            done = importer.write(sheet=sheet, by=BY, at=at)
    if problems:
        say_problems(problems)
        raise typer.Exit(1)
    if dry_run:
        console.print(_("{count} 行，没有问题。").format(count=sum(map(bool, sheet.rows))))
    else:
        said = _("新增 {new}，更新 {updated}，未变 {same}。")
        console.print(said.format(new=done.created, updated=done.updated, same=done.unchanged))


def say_problems(problems: list[Any]) -> None:
    """One line per problem, in the row numbers of the person's own program."""
    from kechuang.doors.words import message_of, way_on_of

    table = Table(_("行"), _("列"), _("问题"), _("怎么办"), show_edge=False)
    for problem in sorted(problems, key=lambda one: (one.row, one.column)):
        table.add_row(
            str(problem.row), escape(problem.column), escape(message_of(problem.refused)),
            escape(way_on_of(problem.refused)),
        )  # fmt: skip
    console.print(table)
    console.print(_("{count} 处问题；没有写入任何一行。").format(count=len(problems)))


@imports.command("template")
def template(kind: str) -> None:
    """模板 / print an empty sheet of a kind as csv, with one example row."""
    import csv

    from kechuang.site.sheets import importers

    known = importers()
    if kind not in known:
        raise typer.BadParameter(", ".join(sorted(known)), param_hint="KIND")
    sys.stdout.write("\ufeff")
    csv.writer(sys.stdout).writerows(known[kind].template)


@app.command("export")
def export_command(
    folder: Annotated[Path, typer.Argument(help="空目录 / an empty directory")],
    form: Annotated[str, typer.Option(help="csv or jsonl")] = "jsonl",
) -> None:
    """导出 / everything the city owns, with a manifest of hashes."""
    from kechuang.site import export

    with console.status(str(folder)) as status:
        manifest = export.export_all(folder, form, at=now(), progress=status.update)
    rows = sum(file["rows"] for file in manifest["files"])
    console.print(_("{files} 个文件，{rows} 行，已写入 {folder}。").format(
        files=len(manifest["files"]), rows=rows, folder=folder), soft_wrap=True)  # fmt: skip


@app.command("backup")
def backup_command(
    folder: Annotated[Path, typer.Argument(help="空目录 / an empty directory")],
) -> None:
    """备份 / database, files and keys, to restore this installation from."""
    from kechuang.site import backup

    with console.status(str(folder)):
        backup.backup_to(folder, at=now())
    said = _("已备份到 {folder}。其中有密钥，请妥善保管。")
    console.print(said.format(folder=folder), soft_wrap=True)


@app.command("restore")
def restore_command(
    folder: Annotated[Path, typer.Argument(exists=True, file_okay=False)],
) -> None:
    """恢复 / put a backup into this empty installation."""
    from kechuang.site import backup

    with console.status(str(folder)):
        backup.restore_from(folder)
    console.print(_("已从 {folder} 恢复。").format(folder=folder), soft_wrap=True)


# --- accounts -------------------------------------------------------------------------------


@users.command("create")
def create_user(
    username: str,
    name: Annotated[str, typer.Option(help="姓名")],
    role: Annotated[Role, typer.Option(help="角色代码")],
    region: Annotated[str, typer.Option(help="六位地区代码")] = "",
    organisation: Annotated[str, typer.Option(help="统一社会信用代码")] = "",
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="从标准输入读口令，否则生成一个")
    ] = False,
) -> None:
    """开户 / register a person with an account and one appointment."""
    from kechuang.site import accounts

    password = sys.stdin.readline().rstrip("\n") if password_stdin else ""
    made, password = accounts.create_user(
        username=username, name=name, role=role, region_code=region,
        organisation_code=organisation, password=password, by=BY, at=now(),
    )  # fmt: skip
    console.print(f"{made.username}  {made.person.number}")
    if not password_stdin:
        console.print(_("初始口令（只显示这一次）：{password}").format(password=password))


@users.command("token")
def create_token(
    username: str,
    role: Annotated[str, typer.Option(help="角色代码，有多项任职时必填")] = "",
    days: Annotated[int, typer.Option(min=1)] = 90,
    label: Annotated[str, typer.Option()] = "command line",
) -> None:
    """令牌 / make a personal token, scoped to one appointment; shown once."""
    from kechuang.site import accounts

    text = accounts.create_token(
        username=username, role=role, days=days, label=label, by=BY, at=now()
    )
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
