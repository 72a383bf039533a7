"""Several runs as one: what forbids it, the space that has all their trials, and their frames."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from recsae.errors import RecsaeError
from recsae.results.columns import Columns, States
from recsae.results.comparison import differences
from recsae.results.frames import Row
from recsae.results.run import Results, records, run_seconds
from recsae.space.unions import shown, united_space

_MUST_BE_SAME: Final = ("objectives.", "constraints.")
_FREE: Final = ("data.format",)
_OF_ONE_RUN: Final = ("seed", "ended", "over", "extended", "warm_start", "launch")


@dataclass(frozen=True)
class Merged:
    """All that a merged run is made of."""

    search: dict[str, Any]
    trials: list[Row]
    curves: list[Row]
    finalists: list[Row]
    ladders: list[Row]
    numbers: list[dict[int, int]]
    """Of each run: its trials' numbers → their numbers in the merged run."""
    left_out: int
    """Trials that ran when the runs were read; nobody knows what becomes of them."""


def merged(runs: Sequence[Results]) -> Merged:
    """Return several runs as one; raises RecsaeError, in one line, if they do not belong together.

    Trials are numbered anew, run by run. Those that still run are left out; paused ones are PRUNED.
    """
    for i, run in enumerate(runs):
        _check_new(run, runs[:i])
        _check_alike(runs[0], run)
    # Runs of two storages may be called alike.
    names = _labels(runs)
    parts = [_ended(run.trials) for run in runs]
    numbers = _renumbered(parts)
    about = zip(runs, parts, numbers, names, strict=True)
    trials = [_trial(row, new, name) for _, part, new, name in about for row in records(part)]
    return Merged(
        search=_search(runs, names),
        trials=trials,
        curves=_all([run.curves for run in runs], numbers),
        finalists=_all([run.finalists for run in runs], numbers),
        ladders=_all([run.ladders for run in runs], numbers),
        numbers=numbers,
        left_out=sum(len(run.trials) for run in runs) - len(trials),
    )


def why_not(one: Results, other: Results) -> str | None:
    """Return in words what keeps two runs from being merged; None if nothing does."""
    try:
        merged([one, other])
    except RecsaeError as error:
        return str(error)
    return None


def sources(run: Results) -> list[dict[str, Any]]:
    """Return what is known of each search that a run is made of: of itself, or what was merged."""
    merged_runs = run.search.get("merged")
    if isinstance(merged_runs, list):
        return [dict(source) for source in merged_runs]
    known = ("fingerprint", "seed", "versions")
    return [
        {
            "run": run.path.name,
            "trials": len(run.trials),
            "started": str(run.trials[Columns.STARTED].min()),
            **{key: run.search[key] for key in known if key in run.search},
        }
    ]


def _check_new(run: Results, before: Sequence[Results]) -> None:
    """Raise if trials of the run are there already."""
    for other in before:
        if run.path.resolve() == other.path.resolve():
            raise RecsaeError(f"{run.path.name}: expected each run once, got it twice")
        for source in sources(run):
            if any(_identity(source) == _identity(known) for known in sources(other)):
                raise RecsaeError(
                    f"{run.path.name} and {other.path.name}: both have the trials of "
                    f"{source['run']}; expected each once"
                )


def _identity(source: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(source.get(key) for key in ("run", "started", "fingerprint"))


def _check_alike(one: Results, other: Results) -> None:
    """Raise what keeps the scores of two runs from being compared."""
    found = differences(one, other)
    decides = {
        **{k: v for k, v in found["space"].items() if k.startswith(_MUST_BE_SAME)},
        **{k: v for k, v in found["data"].items() if k not in _FREE},
        **{k: v for k, v in found["base"].items() if k.endswith(".fingerprint")},
    }
    # The first difference is told; any one forbids a merge.
    for key, (mine, its) in decides.items():
        raise RecsaeError(
            f"{one.path.name} and {other.path.name} cannot be compared: "
            f"{key} {shown(mine)} and {shown(its)}"
        )
    try:
        united_space([one.space, other.space])
    except ValueError as error:
        raise RecsaeError(
            f"{one.path.name} and {other.path.name} cannot be merged: {error}"
        ) from None


def _search(runs: Sequence[Results], names: Sequence[str]) -> dict[str, Any]:
    first = runs[0].search
    space = united_space([run.space for run in runs])
    merged_runs = [
        {**source, **({"run": name} if "merged" not in run.search else {})}
        for run, name in zip(runs, names, strict=True)
        for source in sources(run)
    ]
    return {
        **{key: value for key, value in first.items() if key not in _OF_ONE_RUN},
        "space": space.resolved(),
        "fingerprint": space.fingerprint,
        "merged": merged_runs,
        "pretrained": any(run.search.get("pretrained", False) for run in runs),
        "seconds": round(sum(run_seconds(run) for run in runs), 3),
    }


def _labels(runs: Sequence[Results]) -> list[str]:
    """Return the runs' names, with their storage where two are called alike."""
    paths = [run.path.resolve() for run in runs]
    names = [path.name for path in paths]
    return [
        name if names.count(name) == 1 else f"{path.parent.name}/{name}"
        for path, name in zip(paths, names, strict=True)
    ]


def _ended(trials: pd.DataFrame) -> pd.DataFrame:
    known = trials[trials[Columns.STATE] != States.RUNNING]
    states = known[Columns.STATE]
    # Nobody will resume it in the merged run.
    states = states.where(states != States.PAUSED, States.PRUNED)
    return known.assign(**{Columns.STATE: states})


def _renumbered(parts: Sequence[pd.DataFrame]) -> list[dict[int, int]]:
    numbers: list[dict[int, int]] = []
    total = 0
    for part in parts:
        numbers.append({int(old): total + i for i, old in enumerate(part[Columns.TRIAL_ID])})
        total += len(part)
    return numbers


def _trial(row: dict[str, Any], numbers: Mapping[int, int], name: str) -> Row:
    old = int(row[Columns.TRIAL_ID])
    source = {Columns.RUN: name, Columns.RUN_TRIAL: old}
    return {**source, **row, Columns.TRIAL_ID: numbers[old]}  # a merged row keeps its own source


def _all(frames: Sequence[pd.DataFrame | None], numbers: Sequence[Mapping[int, int]]) -> list[Row]:
    return [
        {**row, Columns.TRIAL_ID: new[int(row[Columns.TRIAL_ID])]}
        for frame, new in zip(frames, numbers, strict=True)
        if frame is not None
        for row in records(frame)
        if int(row[Columns.TRIAL_ID]) in new
    ]
