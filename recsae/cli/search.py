"""`tune` on the command line."""

from typing import Annotated, Any

import typer

from recsae.cli.flags import number_or_word, settings_flags, take_data
from recsae.cli.output import Json, Storage, show
from recsae.errors import RecsaeError
from recsae.interactions.settings import DataSettings
from recsae.space.shipped import shipped_spaces

WITHOUT_RESULT = 1
"""Exit code of a search of which no trial is COMPLETE or PRUNED."""
INTERRUPTED = 130  # also what typer makes of a Ctrl-C


@settings_flags(DataSettings, without=("dataset",), defaults=False)
def tune(
    space: Annotated[
        str | None,
        typer.Argument(help=f"A search-space YAML of yours, or {', '.join(shipped_spaces())}."),
    ] = None,
    dataset: Annotated[str | None, typer.Option(help="A data set's name or path.")] = None,
    trials: Annotated[int | None, typer.Option(help="Trials in all.")] = None,
    name: Annotated[str | None, typer.Option(help="The run's name; default: a new one.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the search.")] = None,
    workers: Annotated[int | None, typer.Option(help="Trials at once.", min=1)] = None,
    sampler: Annotated[
        str | None, typer.Option(help="What proposes: ours, tpe, random, gp, cmaes, nsgaii or qmc.")
    ] = None,
    scheduler: Annotated[
        str | None,
        typer.Option(
            help="What stops: asha (the default), asha_promote, hyperband, median (the default "
            "with several objectives), one_epoch or none."
        ),
    ] = None,
    max_hours: Annotated[
        float | None, typer.Option("--max_hours", help="Budget in hours, whole or in part.")
    ] = None,
    max_device_seconds: Annotated[
        float | None,
        typer.Option("--max_device_seconds", help="Budget in seconds of all devices together."),
    ] = None,
    max_epochs: Annotated[
        int | None, typer.Option("--max_epochs", help="Budget in epochs of all trials together.")
    ] = None,
    stop_at_noise: Annotated[
        bool | None,
        typer.Option(
            "--stop_at_noise/--no_stop_at_noise",
            help="Stop when what may still be gained is less than what the seed of a trial makes.",
        ),
    ] = None,
    finalists: Annotated[
        int | None, typer.Option(help="Train so many of the best anew, with other seeds.")
    ] = None,
    finalist_seeds: Annotated[
        int | None, typer.Option("--finalist_seeds", help="Seeds of each finalist.")
    ] = None,
    warm_start: Annotated[
        list[str] | None,
        typer.Option("--warm_start", help="A run to learn from; may be given several times."),
    ] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="RUN", help="Go on with a run where it was left.")
    ] = None,
    extend: Annotated[
        bool, typer.Option("--extend", help="With --resume: more trials, wider ranges, newer code.")
    ] = False,
    cpus: Annotated[float | None, typer.Option(help="CPU cores a trial.")] = None,
    gpus: Annotated[str | None, typer.Option(help="GPUs a trial: a number or auto.")] = None,
    storage: Storage = None,
    address: Annotated[
        str | None, typer.Option(help="A running Ray cluster; default: a Ray of its own.")
    ] = None,
    json: Json = False,
    **flags: Any,
) -> None:
    """Search a space, on this machine or on a Ray cluster; or go on with a search.

    Exit code 1: no trial is COMPLETE or PRUNED. 2: a mistake in what was given.
    """
    from recsae.space.space import load_space

    overrides: dict[str, dict[str, Any]] = {
        "data": take_data({"dataset": dataset, **flags}),
        "search": {
            "trials": trials,
            "seed": seed,
            "sampler": sampler,
            "max_hours": max_hours,
            "max_device_seconds": max_device_seconds,
            "max_epochs": max_epochs,
            "stop_at_noise": stop_at_noise,
            "finalists": finalists,
            "finalist_seeds": finalist_seeds,
        },
        "scheduler": {"name": scheduler},
        "resources": {"cpus": cpus, "gpus": number_or_word(gpus)},
    }
    _check_together(space, resume, extend, name, warm_start)
    loaded = None if space is None else load_space(space)
    if loaded is not None and resume is None:
        loaded = loaded.override(**overrides)
    from recsae.jobs import search as jobs

    where = jobs.Where(workers, storage, address)
    if resume is not None:
        outcome = jobs.resume(resume, where, loaded, overrides, extend=extend)
    else:
        assert loaded is not None
        outcome = jobs.tune(loaded, where, name=name, warm_start=warm_start or ())
    from recsae.report.summary import summary_lines
    from recsae.results.failures import without_result

    show(outcome, json, summary_lines)
    if outcome["interrupted"]:
        raise typer.Exit(INTERRUPTED)
    if without_result(outcome["trials"]):
        raise typer.Exit(WITHOUT_RESULT)


def _check_together(
    space: str | None, resume: str | None, extend: bool, name: str | None, warm: list[str] | None
) -> None:
    """Raise what flags forbid each other."""
    if resume is None and space is None:
        raise RecsaeError("tune: expected a search space, or --resume RUN")
    if resume is None and extend:
        raise RecsaeError("--extend: expected together with --resume RUN")
    for flag, given in (("--name", name), ("--warm_start", warm)):
        if resume is not None and given:
            raise RecsaeError(f"{flag}: not with --resume, which goes on with a run as it began")
