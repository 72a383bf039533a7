"""`tune` on the command line."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from recsae.cli.flags import settings_flags, take, take_data
from recsae.cli.output import Json, Storage, interrupt_on_sigterm, show
from recsae.errors import RecsaeError
from recsae.interactions.settings import DataSettings
from recsae.progress import quiet as quietly
from recsae.settings import Settings
from recsae.space import (
    ResourceSettings,
    SchedulerSettings,
    SearchSettings,
    load_space,
    shipped_spaces,
)

WITHOUT_RESULT = 1
"""Exit code of a search of which no trial is COMPLETE or PRUNED."""
INTERRUPTED = 130  # also what typer makes of a Ctrl-C


SECTIONS: Mapping[str, type[Settings]] = {
    "search": SearchSettings,
    "scheduler": SchedulerSettings,
    "resources": ResourceSettings,
}
SCHEDULER = {"name": "scheduler"}
"""--name is that of the run."""

Space = Annotated[
    str | None,
    typer.Argument(help=f"A search-space YAML of yours, or {', '.join(shipped_spaces())}."),
]
Name = Annotated[str | None, typer.Option(help="The run's name; default: a new one.")]
Workers = Annotated[int | None, typer.Option(help="Trials at once.", min=1)]
WarmStart = Annotated[
    list[str] | None,
    typer.Option("--warm_start", help="A run to learn from; may be given several times."),
]
Resume = Annotated[
    str | None, typer.Option(metavar="RUN", help="Go on with a run where it was left.")
]
Extend = Annotated[
    bool, typer.Option("--extend", help="With --resume: more trials, wider ranges, newer code.")
]
BaseModel = Annotated[
    str | None,
    typer.Option("--base_model", help="Explain this recommender, with its default settings."),
]
Base = Annotated[
    str | None, typer.Option(help="Take this base, by name, fingerprint or folder, and its data.")
]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress while it runs.")]
DryRun = Annotated[
    bool, typer.Option("--dry_run", help="Say what it would take, by measuring one trial.")
]
Address = Annotated[
    str | None, typer.Option(help="A running Ray cluster; default: local, a Ray of its own.")
]


@settings_flags(*SECTIONS.values(), DataSettings, renamed=SCHEDULER, defaults=False)
def tune(
    space: Space = None,
    name: Name = None,
    workers: Workers = None,
    warm_start: WarmStart = None,
    resume: Resume = None,
    extend: Extend = False,
    storage: Storage = None,
    address: Address = None,
    base_model: BaseModel = None,
    base: Base = None,
    quiet: Quiet = False,
    dry_run: DryRun = False,
    json: Json = False,
    **flags: Any,
) -> None:
    """Search a space, on this machine or on a Ray cluster; or go on with a search.

    A setting that a flag gives wins over that of the space. Exit code 1: no trial is COMPLETE or
    PRUNED. 2: a mistake in what was given.
    """
    interrupt_on_sigterm()
    overrides = {"data": take_data(flags)}
    overrides |= {section: take(flags, kind, SCHEDULER) for section, kind in SECTIONS.items()}
    chosen = {"model_name": base_model, "checkpoint": base}
    overrides["base"] = {key: value for key, value in chosen.items() if value is not None}
    _check_together(space, resume, extend, name, warm_start)
    if dry_run and (resume is not None or address is not None):
        raise RecsaeError("--dry_run: measures on this machine, not with --resume or --address")
    loaded = None if space is None else load_space(space)
    if loaded is not None and resume is None:
        loaded = loaded.override(**overrides)
    # Loads pandas: mistakes in flags and space are told before, --help does without.
    from recsae.jobs import search as jobs

    where = jobs.Where(workers, storage, address)
    if dry_run:
        from recsae.jobs.runs.estimate import estimate, estimate_lines

        assert loaded is not None
        with quietly(quiet):
            return show(estimate(loaded, where), json, estimate_lines)
    with quietly(quiet):
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
    return None


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
