"""`data` on the command line: the named sets, how to have them, and what any data set is."""

from pathlib import Path
from typing import Annotated, Any

import typer

from recsae.cli.flags import settings_flags, take_data
from recsae.cli.output import Json, show, show_tables
from recsae.interactions.settings import DataSettings

group = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="List data sets with a name, download one, say what any data set is.",
)


def add(app: typer.Typer) -> None:
    """Give an app the command."""
    app.add_typer(group, name="data")


@group.callback(invoke_without_command=True)
def _top(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@group.command("list")
def list_(json: Json = False) -> None:
    """Show the named sets: what each is, its size and licence, and where it lies if it is here."""
    from recsae.jobs import data as jobs

    outcome = jobs.listing()
    if json:
        show(outcome, True)
    else:
        show_tables(_sets(outcome))


@group.command()
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="One of `data list`.")],
    json: Json = False,
) -> None:
    """Download a named set from its owner, check it, and keep it in RECSAE_CACHE/data/NAME."""
    from recsae.jobs import data as jobs

    show(jobs.get(name), json, _got)


@group.command()
@settings_flags(DataSettings, without=("dataset",))
def describe(
    dataset: Annotated[
        str, typer.Argument(metavar="NAME-or-path", help="A named set, a file or a folder.")
    ],
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE.html", help="A page with plots.")
    ] = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Say what a data set is: counts, what was dropped and why, splits, what a base will cost."""
    settings = DataSettings.of(take_data({**flags, "dataset": dataset}))
    from recsae.jobs import data_description as jobs

    described = jobs.describe(settings)
    outcome = described.outcome
    if out is not None:
        from recsae.report.datasets.page import write_page

        write_page(outcome, described.counted, out)
        outcome["page"] = str(out)
    if json:
        show(outcome, True)
    else:
        from recsae.report.datasets.tables import described_tables

        show_tables(*described_tables(outcome))


def _sets(outcome: dict[str, Any]) -> Any:
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table("name", "data set", box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("MB", justify="right")
    for head in ("licence", "here"):
        table.add_column(head, overflow="fold")
    for one in outcome["sets"]:
        size = "" if one["bytes"] is None else f"{one['bytes'] / 1e6:.1f}"
        table.add_row(
            *map(escape, (one["name"], one["title"], size, one["licence"], one["path"] or ""))
        )
    return table


def _got(outcome: dict[str, Any]) -> list[str]:
    return [
        f"{outcome['name']}: {outcome['title']}",
        f"licence: {outcome['licence']}; cite: {outcome['citation']}; {outcome['page']}",
        f"path: {outcome['path']}",
    ]
