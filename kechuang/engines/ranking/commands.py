"""Ranking on files, for engineers: no database, no Django."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Rank documents for queries, and say how good a ranking is.")


def _file(help: str) -> Any:
    return typer.Option(exists=True, dir_okay=False, readable=True, help=help)


@app.command("rank")
def rank_files(  # noqa: PLR0913 - the options of one command
    docs: Annotated[Path, _file('documents, one a line: {"id", "title"?, "keywords"?, "body"}')],
    queries: Annotated[
        Path,
        _file(
            'queries, one a line: {"qid", "kind"?, "text", "body"?, "exclude"?}; kind is known '
            "(find this very thing), keywords, or related (find what answers or resembles it)"
        ),
    ],
    run: Annotated[Path, typer.Option(dir_okay=False, help="where the TREC run is written")],
    top: Annotated[int, typer.Option(min=1, max=10_000, help="hits of a query at most")] = 100,
    explain: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="where each hit's score is taken apart, one a line"),
    ] = None,
    feedback: Annotated[
        Path | None,
        _file(
            "judgements to learn from, one a line: the fields of a query, "
            '"docid", and "label" 0, 1 or 2'
        ),
    ] = None,
    lexicon: Annotated[
        Path | None, _file("words that count as a whole, one a line (用户词典)")
    ] = None,
    aliases: Annotated[
        Path | None, _file("names of one thing on a line, separated by commas (别名)")
    ] = None,
    workers: Annotated[
        str,
        typer.Option(
            help="who ranks: so many processes, 0 for every core; or ray:ADDRESS for a Ray cluster "
            "(ray:auto the one of this machine, ray:local one that starts here), whose machines "
            "see the same temporary folder (TMPDIR)"
        ),
    ] = "1",
) -> None:
    """按文件排序 / rank the documents for each query and write a TREC run.

    Nothing is written before everything is ranked; a line that cannot be read is named, and the
    command ends with 2.
    """
    with _refusing():
        from kechuang.engines.ranking import runs

        inputs = [docs, queries, *filter(None, (feedback, lexicon, aliases))]
        runs.check_outputs(inputs, [run, *filter(None, [explain])])
        for line in runs.rank_files(
            runs.Files(docs, queries, run, explain, feedback, lexicon, aliases),
            top,
            runs.hands_of(workers),
        ):
            typer.echo(line, err=True)


@app.command("rank-eval")
def rank_eval(
    run: Annotated[Path, _file("a TREC run: qid Q0 docid rank score tag")],
    qrels: Annotated[Path, _file("judgements: qid docid gain, or TREC's qid 0 docid gain")],
) -> None:
    """评价排序 / print nDCG@10 (gain 2^g - 1), MRR and recall@100; no hits count 0."""
    with _refusing():
        from kechuang.engines.ranking import files
        from kechuang.engines.ranking.evaluation import evaluate

        figures = evaluate(files.run_of(run), files.judgements_of(qrels))
    for name, value in figures.items():
        typer.echo(f"{name}\t{value:.4f}" if name != "queries" else f"{name}\t{value:.0f}")


@contextmanager
def _refusing() -> Iterator[None]:
    """Say what is wrong in one line and end with 2."""
    try:
        yield
    except (ValueError, OSError, RuntimeError) as error:
        if not _is_said(error):
            raise
        typer.echo(f"✗ {error}", err=True)
        raise typer.Exit(2) from error


def _is_said(error: Exception) -> bool:
    """Refusals of ours, and files that the system does not give; anything else is a bug."""
    from kechuang.engines.ranking.batch import RayMissing, RayUnreachable
    from kechuang.engines.ranking.files import FileProblem
    from kechuang.engines.ranking.lexicon import LexiconProblem

    named = isinstance(error, OSError) and error.filename is not None
    return named or isinstance(error, FileProblem | LexiconProblem | RayMissing | RayUnreachable)
