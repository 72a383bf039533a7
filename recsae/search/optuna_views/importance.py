"""How much each parameter decides of each objective: Optuna's PED-ANOVA over a run's frames.

PED-ANOVA asks how differently a parameter is spread among the best trials and among all; it knows
conditional parameters and needs no surrogate (arXiv 2304.10255, 2601.20800). Shares of 1 in all.

Stopping early would mislead it: a stopped trial's last score is of fewer epochs. So trials are
compared twice, each time after as many epochs: all of them where half of them still trained, and
those that are complete.
"""

import math
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import optuna
import pandas as pd
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances
from optuna.trial import create_trial

from recsae.results import (
    DEV,
    Columns,
    Results,
    States,
    leaking,
    load_results,
    write_importance,
)
from recsae.search.optuna_views.past_trials import DIRECTIONS, PastTrials, past_trials

LEAST_TRIALS: Final = 10
"""Fewer say nothing of what decides."""
_BEST_SHARE: Final = 0.1
_LEAST_BEST: Final = 5
_RESAMPLES: Final = 60
_ENDS: Final = (0.025, 0.975)


def store_importance(run_path: Path) -> None:
    """Write a run's importance.parquet; without rows if there are too few trials."""
    write_importance(run_path, importance_rows(load_results(run_path)))


def importance_rows(results: Results) -> list[dict[str, Any]]:
    """Return a row for each parameter, objective and number of epochs, the largest share first."""
    past = past_trials(results)
    if results.trials.empty or len(past.distributions) < 2:
        return []
    return [
        {
            Columns.PARAMETER: name,
            Columns.OBJECTIVE: objective,
            Columns.EPOCHS: epochs,
            Columns.TRIALS: len(values),
            Columns.IMPORTANCE: share,
            **intervals.get(name, {}),
        }
        for objective, way in results.objectives.items()
        for epochs, values in _compared(results, DEV + objective)
        for intervals in [_intervals(past, values, way)]
        for name, share in _shares(past, list(values.items()), way).items()
    ]


def _intervals(
    past: PastTrials, values: Mapping[int, float], way: str
) -> dict[str, dict[str, float]]:
    """Return the ends of each parameter's share over trials drawn with replacement."""
    random = np.random.default_rng(0)
    pairs = list(values.items())
    drawn = [
        _shares(past, [pairs[i] for i in random.integers(len(pairs), size=len(pairs))], way)
        for _ in range(_RESAMPLES)
    ]
    # A parameter that does not vary in a resample has no part in it.
    shares = pd.DataFrame(drawn).fillna(0.0)
    if shares.empty:
        return {}
    ends = shares.quantile(list(_ENDS)).set_axis([Columns.LOW, Columns.HIGH])
    return {str(name): {str(end): float(x) for end, x in ends[name].items()} for name in ends}


def _compared(results: Results, column: str) -> list[tuple[int, dict[int, float]]]:
    """Return numbers of epochs, and of each trial (its place) what it scored after so many."""
    sound = results.trials[~leaking(results.trials)]
    if column not in sound or column not in results.curves:
        return []
    epochs = sound[Columns.EPOCHS][sound[column].notna()]
    if epochs.empty:
        return []
    half = int(epochs.sort_values(ascending=False).iloc[math.ceil(len(epochs) / 2) - 1])
    at = results.curves[results.curves[Columns.EPOCH] == half]
    scored = at.set_index(Columns.TRIAL_ID)[column]
    complete = sound[sound[Columns.STATE] == States.COMPLETE]
    found = [(half, sound[Columns.TRIAL_ID].map(scored))]
    if len(complete) and (complete[Columns.EPOCHS] != half).any():
        found.append((int(complete[Columns.EPOCHS].max()), complete[column]))
    known = [(epochs, _finite(values)) for epochs, values in found]
    return [(epochs, values) for epochs, values in known if len(values) >= LEAST_TRIALS]


def _finite(values: "pd.Series[Any]") -> dict[int, float]:
    return {int(str(i)): float(v) for i, v in values.items() if math.isfinite(v)}


def _shares(past: PastTrials, values: Sequence[tuple[int, float]], way: str) -> dict[str, float]:
    """Return the share of each parameter that varies among some trials, the largest first.

    values: place and score of each trial; one that is drawn twice counts twice.
    """
    varied = _varied([past.params[place] for place, _ in values])
    if len(varied) < 2 or len({value for _, value in values}) < 2:
        return {}
    best = min(0.5, max(_BEST_SHARE, _LEAST_BEST / len(values)))
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction=DIRECTIONS[way])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # where few trials have a conditional parameter
        for place, value in values:
            params, distributions = past.of(place)
            study.add_trial(create_trial(value=value, params=params, distributions=distributions))
        evaluator = PedAnovaImportanceEvaluator(target_quantile=best)
        found = get_param_importances(study, evaluator=evaluator, params=varied)
    return {name: float(share) for name, share in found.items()}


def _varied(drawn: Sequence[Mapping[str, Any]]) -> list[str]:
    names = sorted({name for params in drawn for name in params})
    return [name for name in names if len({params.get(name) for params in drawn}) > 1]
