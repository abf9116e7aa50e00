"""The desk at the terminal, as the token's person: `kechuang compute submit|status|cancel|logs|
results`, and `connect` for who runs a centre."""

import json
import tomllib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from django.conf import settings
from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table

from kechuang.base.actor import Actor
from kechuang.base.money import yuan_exact
from kechuang.base.refusals import N_, Refused, require
from kechuang.compute import actions, queries
from kechuang.compute.actions.jobs import Asked
from kechuang.compute.backends import extras
from kechuang.compute.backends.orders import Unreachable
from kechuang.compute.backends.reaching import names_of, needed_of, reach
from kechuang.compute.models import Centre, Job
from kechuang.compute.rules import rights
from kechuang.compute.rules.centres import (
    CentreRefused,
    check_accounted,
    check_connection_names,
    no_answer,
)
from kechuang.compute.rules.jobs import JobRefused, Wanted
from kechuang.doors import clock
from kechuang.files.queries import open_blob
from kechuang.parties.queries import actor_by_token

app = typer.Typer(help="算力作业 / computing jobs", no_args_is_help=True)
console = Console()
Token = Annotated[str, typer.Option(envvar="KECHUANG_TOKEN", help="访问令牌")]


def _actor(token: str, at: datetime) -> Actor:
    actor = actor_by_token(token, at) if token else None
    if actor is None:
        raise Refused(
            "compute.no_token", N_("没有有效的令牌。"), {}, ("token",),
            N_("请在“我的账户”生成令牌，放进 KECHUANG_TOKEN。"),
        )  # fmt: skip
    return actor.replace_via("command")


def _no_job(number: str) -> JobRefused:
    return JobRefused("compute.no_job", N_("没有作业“{number}”，或您不能看。"), {"number": number})


def _job(number: str, actor: Actor, at: datetime) -> Job:
    job = queries.jobs_visible_to(actor, at).filter(number=number).first()
    if job is None:
        raise _no_job(number)
    return job


@app.command()
def submit(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="作业文件（TOML）")],
    token: Token = "",
) -> None:
    """提交 / quote the job of a TOML file and send it to the named or the cheapest centre."""
    at = clock.now()
    actor = _actor(token, at)
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    mine = queries.allocations_in_force(actor, at)
    number = str(given.get("allocation", ""))
    allocation = (mine.filter(number=number) if number else mine.order_by("-pk")).first()
    if allocation is None:
        raise JobRefused("compute.no_allocation", N_("没有可用的额度。"), {}, ("allocation",))
    job = actions.quote_job(allocation=allocation, asked=_asked(given, file), by=actor, at=at)
    chosen = str(given.get("centre", ""))
    quotes = [one for one in job.quotes.select_related("centre") if not one.refused_code]
    # one that is only played is taken where it is named, never because it is cheap
    fitting = [
        one for one in quotes
        if chosen == one.centre.number or not chosen and not one.centre.is_simulated
    ]  # fmt: skip
    require(bool(fitting), JobRefused("compute.no_quote", N_("没有中心能接这个作业。")))
    job = actions.submit_job(job=job, centre=fitting[0].centre, by=actor, at=at)
    price, whole = yuan_exact(fitting[0].price_fen), yuan_exact(fitting[0].total_fen)
    console.print(f"{job.number}  {fitting[0].centre.name}", highlight=False)
    console.print(
        _("机时 {price} 元；连时间价值和碳 {whole} 元").format(price=price, whole=whole),
        highlight=False,
    )


def _asked(given: dict[str, object], file: Path) -> Asked:
    """A job of a TOML file; a script may stand in a file beside it."""
    parameters = dict(given.get("parameters", {}))  # type: ignore[call-overload]
    if "script_file" in given:
        path = file.parent / str(given["script_file"])
        parameters["script"] = path.read_text(encoding="utf-8")
    least = {
        "processors": 1, "wall_seconds": 600, "memory_mb": 1024, "tasks": 1, "data_mb": 0,
        "value_fen_per_hour": 1000,
    }  # fmt: skip
    wanted = Wanted(**{name: int(str(given.get(name, value))) for name, value in least.items()})
    deadline = given.get("deadline")
    return Asked(
        str(given.get("title", file.stem)), str(given.get("template", "script")), parameters,
        str(given.get("data_class", "INTERNAL")), wanted,
        deadline if isinstance(deadline, datetime) else None,
    )  # fmt: skip


extra = typer.Typer(help="应用的组件 / what applications need", no_args_is_help=True)
app.add_typer(extra, name="extras")


@extra.command("list")
def list_extras() -> None:
    """列出 / what there is, and whether it is on this machine."""
    for code, one in extras.extras().items():
        there = "✓" if extras.is_there(code, Path(settings.STATE)) else "—"
        console.print(f"{there} {code}  {', '.join((*one.python, *one.debian))}", highlight=False)


@extra.command()
def install(
    code: Annotated[str, typer.Argument(help="render、wind、bearing、cells、training")],
) -> None:
    """安装 / install one onto this machine, apart from Kechuang's own packages."""
    if code not in extras.extras():
        raise JobRefused(
            "compute.no_extra", N_("没有组件“{code}”。"), {"code": code}, (),
            N_("请看 kechuang compute extras list。"),
        )  # fmt: skip
    try:
        extras.install(code, Path(settings.STATE))
    except extras.NotInstalled as words:
        raise JobRefused(
            "compute.extra_not_installed", N_("没有装上：{words}"), {"words": str(words)}
        ) from words
    console.print(f"✓ {code}")


@app.command()
def connect(
    number: Annotated[str, typer.Argument(help="中心编号 ZX-…")],
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="接入文件（TOML）")],
    token: Token = "",
) -> None:
    """接入 / connect a centre to a Slurm, a Ray or one that is played: ask it, then keep how."""
    at = clock.now()
    actor = _actor(token, at)
    centre = _centre(number, actor, at)
    require(
        rights.may_run_centre(actor, centre.facts), rights.not_permitted(rights.CENTRE_MAY)
    )
    given = tomllib.loads(file.read_text(encoding="utf-8"))
    check_connection_names(set(given), names_of(given), needed_of(given))
    try:
        found = reach(given)
    except Unreachable as silence:
        raise no_answer(str(silence)) from silence
    check_accounted(found.is_accounted)
    actions.connect_centre(
        centre=centre, backend=found.kind, processors=found.processors or centre.processors,
        by=actor, at=at,
    )  # fmt: skip
    found.keep(queries.place_of(centre))
    console.print(f"{centre.number}  {found.said}", highlight=False)
    for line in found.lacks:
        console.print(f"slurm.conf: {line}", highlight=False)
    centre.refresh_from_db()
    for line in _before_it_takes_jobs(centre, at):
        console.print(line, highlight=False)


def _before_it_takes_jobs(centre: Centre, at: datetime) -> Iterator[str]:
    """What a centre that answers still lacks, and the page where it is put right."""
    page = f"/centres/{centre.number}/"
    if centre.state != Centre.State.OPEN:
        yield _("中心暂停，开放以后才接作业：{page}").format(page=f"{page}state/")
    if queries.price_list_at(centre, at) is None:
        asked = queries.prices_asked(centre)
        yield (
            _("价目在等第二人核定，核定以后才接作业：{page}").format(page=page) if asked
            else _("还没有定价，定价以后才接作业：{page}").format(page=f"{page}prices/")
        )  # fmt: skip
    if not centre.templates:
        yield _("还没有登记应用，登记以后才接作业：{page}").format(page=f"{page}change/")


@app.command()
def results(
    number: str,
    into: Annotated[Path, typer.Option(file_okay=False, help="放到哪个目录")] = Path(),
    token: Token = "",
) -> None:
    """结果 / fetch the files that a job left, a directory for each run."""
    at = clock.now()
    actor = _actor(token, at)
    job = _job(number, actor, at)
    if not rights.may_read_content(actor, job.facts):
        raise _no_job(number)
    kept = list(queries.results_of(job))
    require(bool(kept), JobRefused(
        "compute.no_results", N_("作业“{number}”没有结果文件。"), {"number": job.number}, (),
        N_("请看 kechuang compute logs {number}。"),
    ))  # fmt: skip
    for one in kept:
        path = into / one.run.key / Path(one.name).name
        path.parent.mkdir(parents=True, exist_ok=True)
        with open_blob(one.blob) as file:
            path.write_bytes(file.read())
        console.print(f"{path}  {one.blob.size}  sha256:{one.blob.hash}", highlight=False,
                      soft_wrap=True)  # fmt: skip


@app.command()
def prices(
    number: Annotated[str, typer.Argument(help="中心编号 ZX-…")], token: Token = ""
) -> None:
    """价目 / a centre's price lists as JSON, as tools/slurm_bill.py reads them."""
    at = clock.now()
    centre = _centre(number, _actor(token, at), at)
    rows = centre.prices.order_by("since")
    typer.echo(json.dumps([
        {"since": int(one.since.timestamp()), "milli_fen": one.milli_fen_per_core_hour,
         "minimum_fen": one.minimum_fen}
        for one in rows
    ]))  # fmt: skip


def _centre(number: str, actor: Actor, at: datetime) -> Centre:
    row = queries.centres_visible_to(actor, at).filter(number=number).first()
    if row is None:
        raise CentreRefused(
            "compute.no_centre", N_("没有中心“{number}”。"), {"number": number}, ("number",),
            N_("中心的编号在“算力”页上，ZX- 开头。"),
        )  # fmt: skip
    return row


@app.command()
def status(number: Annotated[str, typer.Argument()] = "", token: Token = "") -> None:
    """状态 / one job with its runs, or the newest twenty."""
    at = clock.now()
    actor = _actor(token, at)
    if not number:
        table = Table(_("作业"), _("状态"), _("名称"), show_edge=False)
        for job in queries.jobs_visible_to(actor, at).order_by("-pk")[:20]:
            table.add_row(job.number, job.get_state_display(), job.title)
        console.print(table)
        return
    job = _job(number, actor, at)
    console.print(f"{job.number}  {job.get_state_display()}  {job.title}", soft_wrap=True)
    for run in job.runs.order_by("task", "attempt"):
        said = "" if run.exit_code is None else f"exit {run.exit_code}"
        console.print(f"  {run.key}  {run.get_state_display()}  {said}".rstrip())


@app.command()
def cancel(number: str, token: Token = "") -> None:
    """取消 / end a job."""
    at = clock.now()
    actor = _actor(token, at)
    job = actions.cancel_job(job=_job(number, actor, at), by=actor, at=at)
    console.print(f"{job.number}  {job.get_state_display()}")


@app.command()
def logs(number: str, token: Token = "") -> None:
    """输出 / what the runs of a job printed."""
    at = clock.now()
    actor = _actor(token, at)
    job = _job(number, actor, at)
    if not rights.may_read_content(actor, job.facts):
        raise _no_job(number)
    for run in job.runs.select_related("job__centre").order_by("task", "attempt"):
        console.print(f"== {run.key}")
        console.print(queries.log_of(run), markup=False, highlight=False)
