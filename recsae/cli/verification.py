"""`verify` on the command line."""

from typing import Annotated, Any, Final

import typer

from recsae.cli.output import Json, Storage, show
from recsae.cli.results import Run

UNSOUND: Final = 1
"""Exit code of a run that is not what its search left."""
_WORDS: Final = {True: "sound", False: "NOT SOUND", None: "not checked"}


def verify(
    run: Run,
    score: Annotated[
        bool, typer.Option("--score/--no_score", help="Score and audit the best again.")
    ] = True,
    storage: Storage = None,
    json: Json = False,
) -> None:
    """Check a run against its journal, and score its best again; exit code 1: it is not sound.

    Scoring reads test once more, which is counted.
    """
    # Loads pandas and torch, which --help does without.
    from recsae.jobs.verification import run as jobs

    outcome = jobs.verify(run, storage=storage, score=score)
    show(outcome, json, verification_lines)
    if not outcome["sound"]:
        raise typer.Exit(UNSOUND)


def verification_lines(outcome: dict[str, Any]) -> list[str]:
    """Return a line a check, the chain's head and what the run was made with."""
    checks = outcome["checks"]
    width = max(len(check["name"]) for check in checks)
    lines = [
        f"{check['name']:<{width}}  {_WORDS[check['sound']]:<11}  {check['says']}"
        for check in checks
    ]
    made, here = (outcome["versions"][key] or {} for key in ("run", "here"))
    other = [
        f"{name} {made.get(name)}, here {version}"
        for name, version in here.items()
        if made.get(name) != version
    ]
    return [
        f"{outcome['run']}: {_WORDS[outcome['sound']]}",
        *lines,
        f"head of the chain: {outcome['head'] or 'none'}",
        f"states: {outcome['data'] or 'not told'}",
        f"versions: {'; '.join(other) or 'as here'}",
    ]
