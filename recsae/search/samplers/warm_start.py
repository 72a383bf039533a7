"""Trials of an earlier run as a new search understands them, from the run's dataframes alone."""

import json
from collections import Counter
from collections.abc import Mapping
from math import isclose
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import pandas as pd

from recsae.errors import SettingError
from recsae.results import (
    DEV,
    Columns,
    Results,
    States,
    is_metric,
    load_results,
    records,
    settings_of,
)
from recsae.sae.registry import variant
from recsae.search.engine.reports import Report
from recsae.settings import fields
from recsae.space import SearchSpace, parameters
from recsae.space.parameters import MODEL, SEED, Parameter, rate_factor

_TAKEN: Final = (States.COMPLETE, States.PRUNED, States.PAUSED)


class WarmTrial(NamedTuple):
    """One trial of an earlier search."""

    model_name: str
    drawn: dict[str, Any]
    """What this search would have drawn to get it, see `Trial.drawn`."""
    curve: dict[int, dict[str, Any]]
    """Epochs → metrics under flat names, as in a `Report`."""
    source: str
    """The name of its run; values are comparable within one source only."""

    @classmethod
    def of(cls, model_name: str, drawn: Any, curve: Mapping[Any, Any], source: str) -> Self:
        """Take up what JSON made of one: it writes the epochs as texts."""
        return cls(model_name, drawn, {int(n): dict(m) for n, m in curve.items()}, source)

    @property
    def last(self) -> Report:
        """What it reported last."""
        epochs = max(self.curve)
        return Report(epochs, 0.0, self.curve[epochs])


class _Left(Exception):
    """Why a trial cannot be taken, in words."""


def warm_trials(run_path: str | Path, space: SearchSpace) -> tuple[list[WarmTrial], list[str]]:
    """Return the trials of a run that lie in the space, and notes of what was left or differs.

    Raises RecsaeError if there is no readable run. A value outside of its range leaves its trial
    out; a parameter that the run did not have is taken at its default.
    """
    results = load_results(run_path)
    name = results.path.name
    missing = [n for n in space.objectives if DEV + n not in results.trials]
    if missing:
        return [], [f"warm start from {name}: it has no {', '.join(missing)}; nothing is taken"]
    curves = _curves(results)
    ended = results.trials[results.trials[Columns.STATE].isin(_TAKEN)]
    trials, left, differs = [], Counter[str](), Counter[str]()
    for row in records(ended):
        curve = curves.get(int(row[Columns.TRIAL_ID]))
        if not curve:
            left["nothing was reported"] += 1
            continue
        try:
            model, drawn, odd = _read(space, settings_of(row), results.width)
        except _Left as reason:
            left[str(reason)] += 1
            continue
        differs.update(odd)
        trials.append(WarmTrial(model, drawn, curve, name))
    notes = [f"{len(trials)} of {len(ended)} trials"]
    notes += [f"{many} left out: {reason}" for reason, many in left.most_common()]
    notes += [f"{many} with {what}" for what, many in differs.most_common()]
    dataset = results.space.dataset
    if dataset != space.dataset:
        notes.append(f"their data set is {dataset}")
    return trials, [f"warm start from {name}: {note}" for note in notes]


def _curves(results: Results) -> dict[int, dict[int, dict[str, Any]]]:
    """Return the reports of each trial, by epoch, with flat names."""
    frame = results.curves
    names = [str(name) for name in frame if is_metric(str(name))]
    found: dict[int, dict[int, dict[str, Any]]] = {}
    for row in records(frame):
        metrics = {n.removeprefix(DEV): row[n] for n in names if not pd.isna(row[n])}
        curve = found.setdefault(int(row[Columns.TRIAL_ID]), {})
        curve[int(row[Columns.EPOCH])] = metrics
    return found


def _read(
    space: SearchSpace, row: Mapping[str, Any], width: int | None
) -> tuple[str, dict[str, Any], list[str]]:
    """Return a trial's model and what is drawn for it, and in what else it differs."""
    theirs = str(row[MODEL])
    if theirs not in space.models and len(space.models) > 1:
        raise _Left(f"{theirs} is not searched")
    model = theirs if theirs in space.models else space.models[0]
    odd = [] if theirs == model else [f"the model {theirs}"]
    params: dict[str, Any] = {MODEL: model}
    drawn = {MODEL: model} if len(space.models) > 1 else {}
    for parameter in space.parameters:
        if not parameter.active(params):
            continue
        own, value = parameter.at(params), _value(parameter, model, row, width)
        if own.kind == "fixed":
            # Every trial has a seed of its own: that one differs says nothing.
            if value != own.value and parameter.name != SEED:
                odd.append(f"{parameter.name} {value}, which is {own.value} here")
            params[parameter.name] = own.value
        else:
            params[parameter.name] = _in_range(own, value)
        if parameter.searched:
            drawn[parameter.name] = params[parameter.name]
    return model, drawn, odd


def _value(parameter: Parameter, model: str, row: Mapping[str, Any], width: int | None) -> Any:
    """Return a setting in the file's terms, the default where the run did not have it."""
    value = row.get(parameter.name)
    if value is None:
        value = getattr(variant(model).Settings(), parameter.name)
    if not parameter.scale:
        return value
    if width is None:
        raise _Left(f"{parameter.name} is scaled by a width that is not known")
    known = {n: row[n] for n in fields(variant(model).Settings) if n in row}
    try:
        settings = parameters.settings_of({MODEL: model, **known})
    except SettingError as error:
        raise _Left(str(error)) from None
    return value / rate_factor(settings.latents(width))


def _in_range(parameter: Parameter, value: Any) -> Any:
    """Return a value as the search would draw it."""
    if parameter.kind == "choice":
        for option in parameter.choices:
            # In a column of several types numbers are texts.
            if (parameter.takes(value) and option == value) or json.dumps(option) == value:
                return option
    elif isinstance(value, int | float) and not isinstance(value, bool):
        # Scaling a rate and back may leave it a rounding beyond the end of its range.
        for end in (parameter.low, parameter.high):
            if end is not None and isclose(value, end, rel_tol=1e-9):
                value = end
        if parameter.takes(value):
            return int(value) if parameter.kind == "int" else float(value)
    raise _Left(f"{parameter.name} is not {parameter.words().removeprefix(parameter.name).strip()}")
