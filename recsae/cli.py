"""The command line: parse, call one function of `jobs`, print. Heavy imports wait for the call."""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from recsae import __version__, cli_models
from recsae.cli_output import Device, Json, show
from recsae.errors import refusal
from recsae.flags import number_or_word
from recsae.progress import say
from recsae.search.shipped import shipped_spaces

INTERRUPTED = 130  # also what typer makes of a Ctrl-C

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its boxes cut long flags off
    help="Search the settings of sparse autoencoders.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Storage = Annotated[
    str | None, typer.Option(help="Where runs lie; default RECSAE_STORAGE, else ./runs.")
]

for _command, _name in (
    (cli_models.pretrain, "pretrain"),
    (cli_models.train, "train"),
    (cli_models.import_, "import"),
):
    app.command(_name)(_command)


@app.command()
def evaluate(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A run, a saved model or a base: name, fingerprint or path."
        ),
    ],
    mask: Annotated[
        str, typer.Option(help="Items left out of the ranking: history, all or none.")
    ] = "history",
    storage: Storage = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Score what is saved under a name, a fingerprint or a path again."""
    from recsae.jobs import evaluation as jobs

    outcome = jobs.evaluate(name, mask=mask, storage=storage, device=device)
    from recsae.report.outcome import model_lines

    show(outcome, json, model_lines)


@app.command()
def tune(
    space: Annotated[
        str, typer.Argument(help=f"A search-space YAML of yours, or {', '.join(shipped_spaces())}.")
    ],
    dataset: Annotated[str | None, typer.Option(help="A data set's name or path.")] = None,
    trials: Annotated[int | None, typer.Option(help="Trials in all.")] = None,
    name: Annotated[str | None, typer.Option(help="The run's name; default: a new one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the search.")] = None,
    workers: Annotated[int | None, typer.Option(help="Trials at once.", min=1)] = None,
    sampler: Annotated[str | None, typer.Option(help="tpe or random.")] = None,
    max_hours: Annotated[
        float | None, typer.Option("--max_hours", help="Stop after so long, whole or in part.")
    ] = None,
    cpus: Annotated[float | None, typer.Option(help="CPU cores a trial.")] = None,
    gpus: Annotated[str | None, typer.Option(help="GPUs a trial: a number or auto.")] = None,
    storage: Storage = None,
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster; default: a Ray of its own.")
    ] = None,
    json: Json = False,
) -> None:
    """Search a space, on this machine or on a Ray cluster."""
    from recsae.search.space import load_space

    loaded = load_space(space).override(
        dataset=dataset,
        trials=trials,
        seed=seed,
        sampler=sampler,
        max_hours=max_hours,
        cpus=cpus,
        gpus=number_or_word(gpus),
    )
    from recsae.jobs import search as jobs

    outcome = jobs.tune(loaded, name=name, workers=workers, storage=storage, address=address)
    from recsae.report.summary import summary_lines

    show(outcome, json, summary_lines)
    if outcome["interrupted"]:
        raise typer.Exit(INTERRUPTED)


@app.command()
def results(
    run: Annotated[str, typer.Argument(help="A run's name or path.")],
    top: Annotated[int, typer.Option(help="Rows to show, best first.", min=1)] = 20,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Show a run's trials as a table, while it runs or after."""
    from recsae.jobs import search as jobs

    outcome, table = jobs.results(run, storage=storage, top=top)
    if json:
        return show(outcome, True)
    from rich.console import Console

    # Where nobody looks at a screen, as in a pipe, all columns have room.
    return Console(width=None if sys.stdout.isatty() else 160).print(table)


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="A run's name or path.")],
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Write a run's report.html."""
    from recsae.jobs import search as jobs

    show(jobs.report(run, storage=storage), json)


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version or context.invoked_subcommand is None:
        typer.echo(__version__ if version else context.get_help())
        raise typer.Exit


def main() -> None:
    """Run the command line; a user's mistake is one line on standard error and exit code 2."""
    try:
        code = app(standalone_mode=False)
    except Exception as error:
        message = error.format_message() if isinstance(error, TyperException) else refusal(error)
        if message is None:
            raise
        say("recsae: " + " ".join(message.split()))
        sys.exit(2)
    if code == INTERRUPTED:
        say("recsae: interrupted")
    sys.exit(code if isinstance(code, int) else 0)
