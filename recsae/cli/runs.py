"""The commands about runs and the cache as files: runs, watch, dashboard, stop, rm, cache."""

from typing import Annotated, Any

import typer

from recsae.cli.output import Json, Storage, follow, show, show_tables
from recsae.cli.results import Run
from recsae.errors import RecsaeError

Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]

cache = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="List what is computed once and shared, and delete what is needed no more.",
)


def runs(storage: Storage = None, json: Json = False) -> None:
    """List the runs of a storage: data, state, trials, best, and when each last changed."""
    # Loads pandas, which --help does without.
    from recsae.jobs.runs.listing import runs as listed

    outcome = listed(storage)
    if json:
        return show(outcome, True)
    from recsae.report.answers.listings import runs_table

    return show_tables(runs_table(outcome))


def stop(
    run: Run,
    wait: Annotated[
        float, typer.Option(help="Seconds to wait for its end; 0: do not wait.", min=0)
    ] = 120.0,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Stop a running search, from any terminal: nothing is lost, as after Ctrl-C."""
    from recsae.jobs.runs.drivers import stop as stopped

    show(stopped(run, storage=storage, wait_seconds=wait), json, _stopped)


def watch(
    run: Run,
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 2.0,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Follow a running search to its end: trials that run, epochs done, time left, best so far.

    With --json: how far it is now.
    """
    from recsae.jobs.runs.watching import snapshots
    from recsae.report.answers.progress import ProgressView, progress_line

    looks = snapshots(run, storage=storage, seconds=every)
    if json:
        return show(next(looks), True)
    return follow(looks, progress_line, ProgressView)


def dashboard(
    run: Run,
    port: Annotated[int, typer.Option(help="Port of the page.", min=1, max=65535)] = 8080,
    host: Annotated[
        str, typer.Option(help="Address to listen at; others than this machine need another.")
    ] = "127.0.0.1",
    every: Annotated[float, typer.Option(help="Seconds between two looks.", min=0.1)] = 2.0,
    storage: Storage = None,
) -> None:
    """Open a run in optuna-dashboard, which follows it while it is searched; Ctrl-C ends it."""
    from recsae.jobs.runs.dashboard import dashboard as served

    served(run, storage=storage, host=host, port=port, seconds=every)


def rm(run: Run, yes: Yes = False, storage: Storage = None, json: Json = False) -> None:
    """Delete a run with all that it holds; one that is running is refused."""
    from recsae.jobs.runs import removal

    found = removal.removable(run, storage)
    _ask(f"delete {found['path']} ({_megabytes(found['bytes'])})?", yes)
    show(removal.remove(run, storage), json, _removed)


@cache.command("list")
def list_cache(storage: Storage = None, json: Json = False) -> None:
    """List the entries of the cache with their sizes, and what still uses each."""
    from recsae.jobs.runs.cached import entries

    outcome = entries(storage)
    if json:
        return show(outcome, True)
    from recsae.report.answers.listings import cache_table

    return show_tables(cache_table(outcome))


@cache.command("rm")
def remove_cached(
    keys: Annotated[
        list[str] | None, typer.Argument(metavar="KEY...", help="Entries, by their keys.")
    ] = None,
    unused: Annotated[
        bool, typer.Option("--unused", help="All that no run, name or other entry uses.")
    ] = False,
    yes: Yes = False,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Delete entries of the cache; what needs one again computes it anew."""
    from recsae.jobs.runs import cached

    found = cached.removable(keys or (), unused, storage)
    for one in found:
        users = ", ".join(one["used_by"]) or "nothing"
        typer.echo(f"{one['kind']}/{one['key']}: used by {users}", err=True)
    _ask(f"delete {len(found)} entries ({_megabytes(sum(o['bytes'] for o in found))})?", yes)
    show(cached.remove(found), json, _freed)


def doctor(storage: Storage = None, json: Json = False) -> None:
    """Tell versions, cores, memory, GPUs and places, and what is missing."""
    from recsae.jobs.runs.doctor import doctor as examined

    outcome = examined(storage)
    if json:
        return show(outcome, True)
    from recsae.report.answers.listings import doctor_lines

    return show(outcome, False, doctor_lines)


def add(app: typer.Typer) -> None:
    """Give an app these commands."""
    for command in (runs, watch, dashboard, stop, rm, doctor):
        app.command(command.__name__)(command)
    app.add_typer(cache, name="cache")


def _ask(question: str, yes: bool) -> None:
    """Ask whether to go on, unless that is settled; raises RecsaeError if not."""
    try:
        agreed = yes or typer.confirm(question, err=True)
    except typer.Abort:  # nobody is there to answer
        raise RecsaeError("nothing is deleted without an answer; --yes does not ask") from None
    if not agreed:
        raise RecsaeError("nothing is deleted")


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"


def _stopped(outcome: dict[str, Any]) -> list[str]:
    counts = ", ".join(f"{count} {state}" for state, count in outcome["trials"].items())
    how = "stopped" if outcome["stopped"] else "asked to stop, and still at its last epoch"
    return [f"{outcome['run']}: {how}; {counts}", f"to go on: {outcome['resume']}"]


def _removed(outcome: dict[str, Any]) -> list[str]:
    return [f"deleted {outcome['path']} ({_megabytes(outcome['bytes'])})"]


def _freed(outcome: dict[str, Any]) -> list[str]:
    return [f"deleted {len(outcome['removed'])} entries ({_megabytes(outcome['bytes'])})"]
