"""`results` and `report` on the command line: `results RUN` shows, its commands do the rest."""

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
    top: Annotated[int, typer.Option(help="Rows to show, best first.", min=1)] = 20,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Show a run's trials as a table, while it runs or after."""
    # Loads pandas, which --help does without.
    from recsae.jobs import results as jobs

    outcome, table = jobs.show(run, storage=storage, top=top)
    return show(outcome, True) if json else show_tables(table)


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


def report(run: Run, storage: Storage = None, json: Json = False) -> None:
    """Write a run's report.html."""
    from recsae.jobs import results as jobs

    show(jobs.report(run, storage=storage), json)
