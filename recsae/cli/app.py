"""The command line: parse, call one function of `jobs`, print. Heavy imports wait for the call."""

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from recsae import __version__
from recsae.cli import data, inference, models, results, runs, search, space, verification, whatif
from recsae.cli.output import (
    Device,
    Json,
    Storage,
    check_working_directory,
    drop_output,
    open_streams,
    show,
)
from recsae.cli.search import INTERRUPTED
from recsae.errors import PausedError, refusal
from recsae.progress import first_line, say

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its boxes cut long flags off
    help="Search the settings of sparse autoencoders.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

for _command, _name in (
    (models.pretrain, "pretrain"),
    (models.train, "train"),
    (models.import_, "import"),
    (search.tune, "tune"),
    (inference.encode, "encode"),
    (inference.recommend, "recommend"),
    (inference.explain, "explain"),
    (inference.steer, "steer"),
    (inference.export, "export"),
    (inference.audit, "audit"),
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
    targets: Annotated[
        str,
        typer.Option(help="Targets that are scored: all, or new, those not met before."),
    ] = "all",
    k: Annotated[
        int | None,
        typer.Option("--k", help="Of a saved model: keep the k largest latents.", min=1),
    ] = None,
    metrics: Annotated[
        list[str] | None,
        typer.Option(
            help="A metric that is measured on request, e.g. concept_auc; may be given several "
            "times."
        ),
    ] = None,
    storage: Storage = None,
    device: Device = None,
    json: Json = False,
) -> None:
    """Score what is saved under a name, a fingerprint or a path again."""
    # Loads torch, which --help does without.
    from recsae.jobs import evaluation as jobs

    outcome = jobs.evaluate(
        name,
        mask=mask,
        targets=targets,
        k=k,
        asked=metrics or (),
        storage=storage,
        device=device,
    )
    from recsae.report.model_lines import model_lines

    show(outcome, json, model_lines)


results.add(app)
runs.add(app)
app.command("whatif")(whatif.whatif)
app.command("verify")(verification.verify)
data.add(app)
space.add(app)


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
    open_streams()
    try:
        check_working_directory()
        with first_line(f"recsae {' '.join(sys.argv[1:2])}: loading"):
            code = app(standalone_mode=False)
        sys.stdout.flush()
    except Exception as error:
        message = error.format_message() if isinstance(error, TyperException) else refusal(error)
        if message is None:
            raise
        say("recsae: " + " ".join(message.split()))
        drop_output()
        sys.exit(INTERRUPTED if isinstance(error, PausedError) else 2)
    if code == INTERRUPTED:
        say("recsae: interrupted")
    sys.exit(code if isinstance(code, int) else 0)
