"""What differs between two runs: what they searched, on what, with what, and what came out."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

import pandas as pd

from recsae.results.columns import Columns
from recsae.results.pareto import HYPERVOLUME, Scale, hypervolume_history
from recsae.results.run import Results, records, run_seconds, settings_of, state_counts

Differences = dict[str, dict[str, list[Any]]]
"""Section → key → the value in each run, where they differ."""

TRIALS: Final = "trials"
FRESH: Final = ", anew"
"""Ends the name of what a finalist scored with other seeds."""

_SECTIONS: Final = ("space", "data", "base", "versions")
_OF_DATA: Final = ("dataset", "data")
_OF_BASE: Final = ("base", "activations")


def differences(one: Results, other: Results) -> Differences:
    """Return each value of search.yaml that differs, by section; what is absent is None."""
    return differences_of([one, other])


def differences_of(runs: Sequence[Results]) -> Differences:
    """Return the same of several runs: a value of each."""
    sections = [_sections(results) for results in runs]
    found: Differences = {}
    for section in _SECTIONS:
        own = [each[section] for each in sections]
        rows = {key: [one.get(key) for one in own] for key in dict.fromkeys(chain(*own))}
        found[section] = {k: row for k, row in rows.items() if any(v != row[0] for v in row)}
    return found


def outcomes(one: Results, other: Results) -> dict[str, list[Any]]:
    """Return what came out of both, under a key each: [of one, of the other]."""
    runs = (one, other)
    found: dict[str, list[Any]] = {
        TRIALS: [state_counts(run.trials) for run in runs],
        "epochs": [int(run.trials[Columns.EPOCHS].sum()) for run in runs],
        "device_seconds": [round(float(run.trials[Columns.SECONDS].sum()), 3) for run in runs],
        "seconds": [run_seconds(run) for run in runs],
    }
    objectives = {**one.objectives, **other.objectives}
    for name in objectives:
        found[f"best {name}"] = [_best(run, name) for run in runs]
    if one.objectives == other.objectives and len(one.objectives) > 1:
        found["front"] = [len(run.front) for run in runs]
        found[HYPERVOLUME] = _hypervolumes(one, other)
    if any(run.finalist_scores for run in runs):
        for name in objectives:
            found[f"finalist {name}{FRESH}"] = [_fresh(run, name) for run in runs]
    return found


def best_settings(one: Results, other: Results) -> dict[str, list[Any]]:
    """Return the settings in which the first of the best trials differ."""
    rows = [records(run.best.head(1)) for run in (one, other)]
    settings = [settings_of(row[0]) if row else {} for row in rows]
    keys = dict.fromkeys([*settings[0], *settings[1]])
    pairs = {key: [own.get(key) for own in settings] for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}


def flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of nested mappings under dotted keys; a parameter of a space is a leaf."""
    for key, value in values.items():
        inside = isinstance(value, Mapping) and not prefix.endswith("parameters.")
        if inside and value:
            yield from flat(value, f"{prefix}{key}.")
        elif not inside or prefix:
            yield f"{prefix}{key}", value


def _sections(results: Results) -> dict[str, dict[str, Any]]:
    search, space = results.search, results.space.resolved()
    names = (*_OF_DATA, *_OF_BASE)
    apart = {name: space.pop(name) for name in names}
    data = {"dataset": search.get("dataset", apart["dataset"]), "data": apart["data"]}
    base = {name: {**apart[name], **_mapping(search.get(name))} for name in _OF_BASE}
    base["base"].pop("settings", None)  # as the space says
    versions = {name: _mapping(search.get(name)) for name in ("versions", "code", "machine")}
    return {
        "space": dict(flat(space)),
        "data": dict(flat({**data, "protocol": search.get("protocol")})),
        "base": dict(flat(base)),
        "versions": dict(flat(versions)),
    }


def _mapping(value: Any) -> dict[str, Any]:
    return dict(value) if isinstance(value, Mapping) else {}


def _best(run: Results, name: str) -> float | None:
    """Return the best value of one objective on the front."""
    if name not in run.objectives or run.front.empty:
        return None
    values = run.front[f"dev/{name}"]
    return float(values.max() if run.objectives[name] == "max" else values.min())


def _fresh(run: Results, name: str) -> dict[str, Any] | None:
    """Return what fresh trainings say of the winner of a run."""
    scores = sorted(run.finalist_scores, key=lambda one: not one["wins"])
    return scores[0]["metrics"][name]["dev"] if scores and name in scores[0]["metrics"] else None


def _hypervolumes(one: Results, other: Results) -> list[float | None]:
    """Return the hypervolume of both on one scale: that of the points of both together."""
    objectives, constraints = one.objectives, one.constraints
    runs = (one.points, other.points)
    scale = Scale.of(*runs, objectives=objectives, constraints=constraints)
    histories = [hypervolume_history(points, objectives, constraints, scale) for points in runs]
    return [_last(part[HYPERVOLUME]) for part in histories]


def _last(values: "pd.Series[float]") -> float | None:
    return None if values.empty else float(values.iloc[-1])
