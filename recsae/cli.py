"""The command line: parse, call one function of `jobs`, print. Heavy imports wait for the call."""

import json
import math
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from recsae import __version__
from recsae.activations_settings import ActivationSettings
from recsae.errors import SettingError, nearest, refusal
from recsae.flags import number_or_word, refuse_rest, settings_flags, take
from recsae.interactions.settings import DataSettings, check_name
from recsae.progress import say
from recsae.sae.registry import variant, variants
from recsae.sasrec.settings import SASRecSettings
from recsae.search.shipped import shipped_spaces

BASE_NAME = "SASRec"
INTERRUPTED = 130  # also what typer makes of a Ctrl-C
MODELS = [BASE_NAME, *variants()]
SHARED = (DataSettings, SASRecSettings, ActivationSettings)

app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # its boxes cut long flags off
    help="Search the settings of sparse autoencoders.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object as the last line.")]
Storage = Annotated[
    str | None, typer.Option(help="Where runs lie; default RECSAE_STORAGE, else ./runs.")
]
Device = Annotated[str | None, typer.Option(help="cpu or cuda; default: cuda if there is one.")]
Seed = Annotated[
    int | None,
    typer.Option(help="Of SASRec: its base_seed. Of an autoencoder: data order.", min=0),
]


@app.command()
@settings_flags(*SHARED)
def pretrain(seed: Seed = None, device: Device = None, json: Json = False, **flags: Any) -> None:
    """Train the shared SASRec, or find it in the cache."""
    _train(BASE_NAME, seed, device, True, json, flags)


@app.command()
@settings_flags(*SHARED, *(kind.Settings for kind in variants().values()))
def train(
    model_name: Annotated[str, typer.Option("--model_name", help=" or ".join(MODELS))],
    sae_train: Annotated[
        int,
        typer.Option("--sae_train", min=0, max=1, help="0: evaluate the saved model instead."),
    ] = 1,
    seed: Seed = None,
    device: Device = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Train one model and report it on dev and test."""
    _train(model_name, seed, device, bool(sae_train), json, flags)


def _train(
    model_name: str,
    seed: int | None,
    device: str | None,
    training: bool,
    as_json: bool,
    flags: dict[str, Any],
) -> None:
    given = {name: value for name, value in flags.items() if value is not None}
    data = DataSettings.of(take(given, DataSettings))
    check_name(data.dataset)
    store = ActivationSettings.of(take(given, ActivationSettings))
    base_values = take(given, SASRecSettings)
    if model_name == BASE_NAME:
        if seed is not None and base_values.setdefault("base_seed", seed) != seed:
            raise SettingError("--seed", "expected it or --base_seed, which it means for SASRec")
        if not training:
            raise SettingError("--sae_train", f"not a setting of {BASE_NAME}; `evaluate` scores it")
        refuse_rest(given, model_name)
        base = SASRecSettings.of(base_values)
        from recsae.jobs import training as jobs
        from recsae.jobs.sources import Source

        return _show(jobs.pretrain(Source(data, base, store), device=device), as_json)
    if model_name not in variants():
        raise _no_such_model(model_name)
    kind = variant(model_name).Settings
    settings = kind.of(take(given, kind))
    refuse_rest(given, model_name)
    base = SASRecSettings.of(base_values)
    settings.check_width(base.emb_size)
    from recsae.jobs import training as jobs
    from recsae.jobs.sources import Source

    job = jobs.train if training else jobs.evaluate_saved
    source = Source(data, base, store)
    return _show(job(model_name, settings, source, seed=seed or 0, device=device), as_json)


def _no_such_model(name: str) -> SettingError:
    message = f"expected one of {', '.join(MODELS)}, got {name!r}{nearest(name, MODELS)}"
    return SettingError("--model_name", message)


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

    _show(jobs.evaluate(name, mask=mask, storage=storage, device=device), json)


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

    _show(outcome, json, summary_lines)
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
        return _show(outcome, True)
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

    _show(jobs.report(run, storage=storage), json)


@app.callback(invoke_without_command=True)
def _top(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
) -> None:
    if version or context.invoked_subcommand is None:
        typer.echo(__version__ if version else context.get_help())
        raise typer.Exit


def _show(
    outcome: dict[str, Any], as_json: bool, words: Callable[..., list[str]] | None = None
) -> None:
    """Print the outcome: one JSON object on the last line, or lines a person reads."""
    lines = (words or outcome_lines)(outcome)
    if as_json:
        lines = [json.dumps(strict_json(outcome), allow_nan=False, default=str)]
    try:
        typer.echo("\n".join(lines))
    except BrokenPipeError:  # nobody reads on, as in `| head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at exit
        raise typer.Exit(1) from None


def strict_json(value: Any) -> Any:
    """Return the value with null for every number that JSON cannot hold."""
    if isinstance(value, dict):
        return {name: strict_json(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [strict_json(inner) for inner in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def outcome_lines(outcome: dict[str, Any], indent: str = "") -> list[str]:
    """Return nested values as indented `name: value` lines."""
    lines = []
    for name, value in outcome.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *outcome_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for item in value:
                lines += [f"{indent}{name}:", *outcome_lines(item, indent + "  ")]
        else:
            text = f"{value:.4f}" if isinstance(value, float) else str(value)
            lines.append(f"{indent}{name}: {text}")
    return lines


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
