"""Eligibility on files: who is entitled to what and why, and the rule sets themselves."""

import json
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from kechuang.base.refusals import Refused

ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
EVALUATED = range(1950, 2151)

app = typer.Typer(help="Who is entitled to what, by which rule, and what is missing.")
rules = typer.Typer(
    name="rules",
    help="规则集：检查、试算、比较、影响、所读的列 / rule sets: check, test, diff, effect, columns",
    no_args_is_help=True,
)

Rules = Annotated[Path, typer.Argument(help="a rule set's folder, a folder of them, or a code")]
AsOf = Annotated[str, typer.Option("--as-of", help="the day of the evaluation, YYYY-MM-DD")]
Enterprises = Annotated[
    Path, typer.Option(help="one enterprise a line: .jsonl, .csv or .parquet; money in fen")
]


@contextmanager
def _said() -> Iterator[None]:
    """A refusal is one line on standard error, with where and what to do, and exit code 2."""
    try:
        yield
    except Refused as refused:
        text = refused.text.format(**refused.facts)
        typer.echo(f"✗ {_where(refused)}{text}  {refused.way_on}".rstrip(), err=True)
        raise typer.Exit(2) from refused


def _where(refused: Refused) -> str:
    """`file:line: ` of a rule set that was refused, as editors jump to it."""
    from kechuang.engines.eligibility.editing import line_of
    from kechuang.engines.eligibility.refusals import RuleRefused

    if not isinstance(refused, RuleRefused):
        return ""
    head, found, _rest = str(refused.facts["place"]).partition(".yaml")
    path = Path(head + found)
    if not found or not path.is_file():
        return ""
    return f"{path}:{line_of(path.read_text('utf-8', 'replace'), refused)}: "


def _day(text: str) -> date:
    """A day from which rules can look back some years; only as YYYY-MM-DD."""
    try:
        found = date.fromisoformat(text) if ISO_DAY.fullmatch(text) else None
    except ValueError:
        found = None
    if found is None or found.year not in EVALUATED:
        raise typer.BadParameter(
            f"{text}: YYYY-MM-DD, {EVALUATED.start}–{EVALUATED.stop - 1}", param_hint="--as-of"
        )
    return found


@contextmanager
def _whole_file(path: Path) -> Iterator[TextIO]:
    with _whole_path(path) as name, name.open("w", encoding="utf-8") as out:
        yield out


@contextmanager
def _whole_path(path: Path) -> Iterator[Path]:
    """A name to write to; the file appears whole or not at all."""
    if not path.parent.is_dir():
        raise typer.BadParameter(f"{path.parent}: no such folder", param_hint="--out")
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    try:
        yield Path(name)
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(name, 0o666 & ~mask)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@app.command("entitle")
def entitle(
    enterprises: Enterprises,
    as_of: AsOf,
    out: Annotated[
        Path,
        typer.Option(help="the answers: .jsonl with reasons, or .parquet for many, by columns"),
    ],
    rules_: Annotated[
        Path | None,
        typer.Option("--rules", help="a rule set, or a folder of them; else the shipped"),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="also the reasons: clauses, tests, gaps, owners")
    ] = False,
) -> None:
    """谁符合哪项政策 / say which policies each enterprise meets on a day; unknown is an answer.

    Exit code 0 also where rows are unknown; 2 where a file or a rule set cannot be read.
    """
    from kechuang.engines.eligibility import (
        SHIPPED,
        Reader,
        answer,
        answer_json,
        bind_all,
        explained,
        load_all,
    )

    day = _day(as_of)
    with _said():
        policies = bind_all(load_all(rules_ or SHIPPED), day)
        if not enterprises.is_file():
            raise typer.BadParameter(f"{enterprises}: no such file", param_hint="--enterprises")
        if out.suffix.lower() == ".parquet":
            _by_columns(policies, enterprises, out, explain)
            return
        reader = Reader()
        with _whole_file(out) as lines:
            for row in reader.read(enterprises):
                said: dict[str, Any] = {}
                for policy in policies:
                    given = answer(policy, row)
                    said[policy.code] = answer_json(given)
                    if explain:
                        said[policy.code]["explain"] = explained(given)
                lines.write(
                    json.dumps({"id": row["id"], "policies": said}, ensure_ascii=False) + "\n"
                )
    _say_unread(reader)


def _say_unread(reader: Any) -> None:
    for name, count in sorted(reader.unread.items()):
        typer.echo(f"! {name}: 没有规则读这一列 / no rule reads it ({count})", err=True)


def _by_columns(policies: Any, enterprises: Path, out: Path, explain: bool) -> None:
    """Answers without reasons as columns of Parquet, by the back end for many enterprises."""
    if explain:
        raise typer.BadParameter("reasons are written as .jsonl", param_hint="--explain")
    if find_spec("pyarrow") is None or find_spec("numpy") is None:
        raise typer.BadParameter(
            "writing Parquet needs pyarrow: make install, or write .jsonl", param_hint="--out"
        )
    from kechuang.engines.eligibility.filing import write_columns

    with _whole_path(out) as path:
        reader = write_columns(policies, enterprises, path)
    _say_unread(reader)


# --- rule sets ------------------------------------------------------------------------------


@rules.command("check")
def check(folder: Rules) -> None:
    """Check names, types, units, clauses and sources on every day from which something changes."""
    with _said():
        for each in _checked(folder):
            until = f" – {each.until}" if each.until else ""
            assumed = each.assumed()
            typer.echo(
                f"✓ {each.code}  {each.version}  {each.since}{until}  "
                f"{len(each.criteria)} criteria, {len(assumed)} assumed"
            )
            for one in assumed:
                typer.echo(f"    假定 / assumed: {one}")


def _checked(where: Path) -> list[Any]:
    """Rule sets that hold together on every day from which something changes."""
    from kechuang.engines.eligibility import bind, load_all

    found = load_all(where)
    for each in found:
        for day in each.days_of_change():
            bind(each, day)
    return found


@rules.command("test")
def test(
    folder: Rules,
    boundaries: Annotated[
        bool, typer.Option(help="also either side of every threshold of every criterion")
    ] = True,
) -> None:
    """Run a rule set's own tests, and those made for every threshold; exit 1 where one fails."""
    from kechuang.engines.eligibility import load_all
    from kechuang.engines.eligibility.boundaries import boundary_outcomes
    from kechuang.engines.eligibility.testing import outcomes

    failed = 0
    with _said():
        for each in load_all(folder):
            found = list(outcomes(each))
            made = list(boundary_outcomes(each)) if boundaries else []
            for one in found + made:
                for problem in one.problems:
                    typer.echo(f"✗ {each.code} · {one.name}：{problem}")
            wrong = sum(bool(one.problems) for one in found + made)
            failed += wrong
            typer.echo(
                f"{'✗' if wrong else '✓'} {each.code}: {len(found)} tests, "
                f"{len(made)} on boundaries, {wrong} failed"
            )
    if failed:
        raise typer.Exit(1)


@rules.command("diff")
def diff(before: Rules, after: Rules) -> None:
    """Say what changes between two versions of rule sets, each of which holds together."""
    from kechuang.engines.eligibility.comparing import differences

    with _said():
        old = {each.code: each for each in _checked(before)}
        new = {each.code: each for each in _checked(after)}
        for code in sorted(old | new):
            if code not in old or code not in new:
                typer.echo(f"{'+' if code in new else '-'} {code}")
                continue
            lines = list(differences(old[code], new[code]))
            typer.echo(f"{code}: {'没有变化 / no change' if not lines else ''}")
            for line in lines:
                typer.echo(f"    {line}")


@rules.command("effect")
def effect(
    before: Rules,
    after: Annotated[Path, typer.Option("--after", help="the version that would come instead")],
    enterprises: Enterprises,
    as_of: AsOf,
) -> None:
    """Say whom a change would touch: counts, money, gainers and losers by group."""
    from kechuang.engines.eligibility import Reader, bind, load_all
    from kechuang.engines.eligibility.comparing import effect as effect_of

    day = _day(as_of)
    with _said():
        old = {each.code: each for each in load_all(before)}
        new = {each.code: each for each in load_all(after)}
        rows = list(Reader().read(enterprises))
        for code in sorted(old.keys() & new.keys()):
            _say_effect(code, effect_of(bind(old[code], day), bind(new[code], day), rows))


def _say_effect(code: str, found: Any) -> None:
    from kechuang.base.money import yuan_exact

    typer.echo(f"{code}: {found.count:,} enterprises, +{len(found.gainers)} −{len(found.losers)}")
    for (old, new), count in sorted(found.moves.items()):
        typer.echo(f"    {old} → {new}: {count:,}")
    if found.before_fen or found.after_fen:
        typer.echo(f"    元: {yuan_exact(found.before_fen)} → {yuan_exact(found.after_fen)}")
    for sign, by in (("+", found.gained), ("−", found.lost)):
        for group, counts in by.items():
            listed = "，".join(f"{name} {count}" for name, count in sorted(counts.items()))
            typer.echo(f"    {sign} {group}：{listed}")


@rules.command("columns")
def columns(
    folder: Rules, as_of: Annotated[str, typer.Option("--as-of", help="YYYY-MM-DD")] = ""
) -> None:
    """List the columns that each criterion reads, with label, unit and owning department."""
    from kechuang.engines.eligibility import bind, load_all, units
    from kechuang.engines.eligibility.schema import schema

    with _said():
        for each in load_all(folder):
            day = _day(as_of) if as_of else each.days_of_change()[-1]
            by_column: dict[str, list[str]] = {}
            for code, used in bind(each, day).used.items():
                for name in used:
                    by_column.setdefault(name, []).append(code)
            typer.echo(f"{each.code}  {each.version}  {day}")
            for name, codes in sorted(by_column.items()):
                spec = schema().spec_of(name)
                unit = units.said(spec.unit) if spec and spec.unit else spec.type if spec else ""
                listed = "\t".join(
                    (name, schema().label_of(name), unit, schema().owner_of(name), ",".join(codes))
                )
                typer.echo(f"    {listed}")
