"""What a run's frames tell of its trials, in Optuna's terms: parameters as drawn, and their ranges.

A rate with `scale: latents` is told before it was scaled, so that it lies in the range of the file.
A range holds every value that was seen: a merged run, or an extended one, may have wider ones.
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.study import StudyDirection

from recsae.errors import SettingError
from recsae.results import Columns, Results, records, settings_of
from recsae.search.optuna_views.distributions import distribution_of
from recsae.space import SearchSpace
from recsae.space.parameters import Parameter, rate_factor
from recsae.space.parameters import settings_of as checked

DIRECTIONS: Final = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}
_MISSING: Final = object()
"""Stands for what a row does not have."""
_CLOSE: Final = 1e-9
"""Of a number: what scaling a rate there and back may lose."""


@dataclass(frozen=True)
class PastTrials:
    """Trials of a run: the rows of its frame, what each drew, and from what."""

    rows: list[dict[str, Any]]
    params: list[dict[str, Any]]
    distributions: dict[str, BaseDistribution]

    def of(self, place: int) -> tuple[dict[str, Any], dict[str, BaseDistribution]]:
        """Return parameters and distributions of one trial."""
        params = self.params[place]
        return params, {name: self.distributions[name] for name in params}


def past_trials(results: Results) -> PastTrials:
    """Return the trials of a run with what the search drew for each."""
    rows = records(results.trials)
    seen = results.trials[Columns.MODEL_NAME].dropna().unique()
    models = dict.fromkeys([*results.space.models, *seen])
    space = replace(results.space, models=tuple(models))
    drawn = [_drawn(space, row, results.width) for row in rows]
    distributions = {
        p.name: _distribution(p, [values[p.name] for values in drawn if p.name in values])
        for p in space.searched
        if any(p.name in values for values in drawn)
    }
    params = [
        {name: _inside(value, distributions[name]) for name, value in values.items()}
        for values in drawn
    ]
    return PastTrials(rows, params, distributions)


def _drawn(space: SearchSpace, row: Mapping[str, Any], width: int | None) -> dict[str, Any]:
    """Return what a trial drew, in the terms of the space; what its row lacks is left out."""

    def draw(parameter: Parameter) -> Any:
        value = row.get(parameter.name, _MISSING)
        if value is not _MISSING and parameter.kind == "choice":
            return _chosen(value, parameter.choices)
        if value is _MISSING or pd.isna(value):
            return _MISSING
        return _unscaled(float(value), parameter, row, width)

    return {name: value for name, value in space.drawn(draw).items() if value is not _MISSING}


def _chosen(value: Any, choices: Sequence[Any]) -> Any:
    """Return the choice that a frame's value stands for; a frame has no None."""
    if value is None or pd.isna(value):
        return None if None in choices else _MISSING
    return next((choice for choice in choices if _same(value, choice)), value)


def _same(value: Any, choice: Any) -> bool:
    if isinstance(value, str) and not isinstance(choice, str):
        return value == json.dumps(choice)  # as frames hold numbers among texts
    is_flag = isinstance(choice, bool)
    return bool(not pd.isna(value) and (type(value) is bool) == is_flag and value == choice)


def _unscaled(
    value: float, parameter: Parameter, row: Mapping[str, Any], width: int | None
) -> float:
    if not parameter.scale or width is None:
        return value
    try:
        latents = checked(settings_of(row)).latents(width)
    except SettingError:  # of an older recsae
        return value
    return value / rate_factor(latents)


def _distribution(parameter: Parameter, seen: Sequence[Any]) -> BaseDistribution:
    """Return the parameter's distribution, as wide as the values seen."""
    if parameter.kind == "choice":
        choices = dict.fromkeys([*parameter.choices, *seen])
        return distribution_of(replace(parameter, choices=tuple(choices)))
    ends = parameter.ends
    low = min(ends[0], _reach(ends[0], min(seen)))
    high = max(ends[1], _reach(ends[1], max(seen)))
    log = parameter.log and low > 0
    even = not log and all((value - low) % (parameter.step or 1) == 0 for value in (high, *seen))
    step = parameter.step if even else None
    return distribution_of(replace(parameter, low=low, high=high, log=log, step=step))


def _reach(edge: float, value: float) -> float:
    """Return the value if it is beyond the edge of a range, and not only by rounding."""
    return edge if math.isclose(edge, value, rel_tol=_CLOSE) else value


def _inside(value: Any, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return value
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    number = min(max(value, distribution.low), distribution.high)
    return int(number) if isinstance(distribution, IntDistribution) else number
