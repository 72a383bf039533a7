"""`results` and `report` on the command line: `results RUN` shows, its commands do the rest."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from recsae.cli.output import Json, Storage, show, show_tables

Run = Annotated[str, typer.Argument(metavar="RUN", help="A run's name or path.")]

_SHOW = "show"


class _ShowsByDefault(TyperGroup):
    """Takes `results RUN` for `results show RUN`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the command in where a run stands in its place."""
        if not args or args[0] not in (*self.commands, *ctx.help_option_names):
            args = [_SHOW, *args]
        return super().parse_args(ctx, args)


group = typer.Typer(
    cls=_ShowsByDefault,
    add_completion=False,
    rich_markup_mode=None,
    help="Show a run's trials (`results RUN`), compare runs, merge them, hand them on.",
)


def add(app: typer.Typer) -> None:
    """Give an app both commands."""
    app.add_typer(group, name="results")
    app.command("report")(report)


@group.command(_SHOW)
def show_run(
    run: Run,
    sort: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="By a metric, better first, or a setting; else by rank."),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(metavar="NAMES", help="These columns alone, e.g. sae_k,ndcg@10,mark."),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the table as CSV.")
    ] = None,
    latex: Annotated[
        Path | None, typer.Option("--latex", metavar="FILE", help="Write it for LaTeX, booktabs.")
    ] = None,
    top: Annotated[int | None, typer.Option(help="Rows to show or write.", min=1)] = None,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Show what a run found, while it runs or after: the answer, then a table if one is asked for.

    dev and test: the splits that models are chosen by and scored on. share: NDCG@10 as a share of
    the base's. fvu: share of the states' variance that the reconstruction misses. l0: active
    latents a user. leak: the reconstruction does not come from the code alone.
    """
    # Loads pandas, which --help does without.
    from recsae.jobs import results as jobs
    from recsae.report.summary import head_lines, summary_lines

    wanted = jobs.Shown(sort, tuple(columns or ()), top, csv, latex)
    outcome, table = jobs.show(run, wanted, storage=storage)
    if json or table is None:
        return show(outcome, json, summary_lines)
    if outcome["answer"]:
        show(outcome, False, head_lines)
    return show_tables(table)


@group.command()
def diff(
    run: Run,
    other: Annotated[str, typer.Argument(metavar="RUN", help="The run to hold beside it.")],
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Tell what differs between two runs."""
    from recsae.jobs import results as jobs
    from recsae.report.diff_lines import diff_lines

    show(jobs.diff(run, other, storage=storage), json, diff_lines)


@group.command()
def merge(
    runs: Annotated[list[str], typer.Argument(metavar="RUN...", help="Two runs or more.")],
    name: Annotated[str, typer.Option(help="The name of the new run.")],
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Make one run of several that are alike."""
    from recsae.jobs import results as jobs
    from recsae.report.summary import summary_lines

    show(jobs.merge(runs, name=name, storage=storage), json, summary_lines)


@group.command()
def export(run: Run, storage: Storage = None, json: Json = False) -> None:
    """Write a run's trials for optuna-dashboard (`recsae export` writes its model)."""
    from recsae.jobs import results as jobs

    show(jobs.export(run, storage=storage), json)


def report(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN...", help="A run's name or path, or several.")
    ],
    figures: Annotated[
        Path | None,
        typer.Option("--figures", metavar="DIR", help="Write each figure there, as SVG and PDF."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o", "--out", metavar="FILE", help="Of several runs: default a-b.html in the storage."
        ),
    ] = None,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Write a run's report.html, or one page that compares several runs."""
    from recsae.jobs.runs import pages

    show(pages.report(runs, out=out, figures=figures, storage=storage), json)
