"""What a run's frames tell of its trials, in Optuna's terms: parameters as drawn, and their ranges.

A rate with `scale: latents` is told before it was scaled, so that it lies in the range of the file.
A range holds every value that was seen: a merged run, or an extended one, may have wider ones.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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
from recsae.space.parameters import MODEL, rate_factor
from recsae.space.parameters import settings_of as checked

DIRECTIONS: Final = {"max": StudyDirection.MAXIMIZE, "min": StudyDirection.MINIMIZE}
_KINDS: Final = ("int", "float", "choice")
_CLOSE: Final = 1e-9
"""Of a number: what scaling a rate there and back may lose."""

Spec = Mapping[str, Any]


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
    specs = _searched(results)
    columns = {
        name: _column(name, spec, specs, rows, results.width) for name, spec in specs.items()
    }
    distributions = {
        name: _distribution(specs[name], [v for v, drawn in column if drawn])
        for name, column in columns.items()
        if any(drawn for _, drawn in column)
    }
    params = [
        {name: _inside(columns[name][i][0], distributions[name])
         for name in distributions if columns[name][i][1]}
        for i in range(len(rows))
    ]  # fmt: skip
    return PastTrials(rows, params, distributions)


def _searched(results: Results) -> dict[str, Spec]:
    """Return the specification of each parameter that a trial could draw, the model among them."""
    space = results.search["space"]
    written = space.get("parameters") or {}
    named = space.get(MODEL) or []
    models = [named] if isinstance(named, str) else list(named)
    models += [m for m in results.trials[Columns.MODEL_NAME].dropna().unique() if m not in models]
    own: dict[str, Spec] = {MODEL: {"choice": models}} if len(models) > 1 else {}
    return own | {
        name: spec
        for name, spec in written.items()
        if isinstance(spec, dict) and any(kind in spec for kind in _KINDS)
    }


def _column(
    name: str,
    spec: Spec,
    specs: Mapping[str, Spec],
    rows: Sequence[Mapping[str, Any]],
    width: int | None,
) -> list[tuple[Any, bool]]:
    """Return of each trial the value of one parameter, and whether it was drawn at all."""
    found: list[tuple[Any, bool]] = []
    for row in rows:
        value = row.get(name)
        if not _active(spec, specs, row) or name not in row:
            found.append((None, False))
        elif "choice" in spec:
            found.append(_chosen(value, spec["choice"]))
        elif pd.isna(value):
            found.append((None, False))
        else:
            found.append((_unscaled(float(value), spec, row, width), True))
    return found


def _active(spec: Spec, specs: Mapping[str, Spec], row: Mapping[str, Any]) -> bool:
    """Return True if the other values of a trial let a parameter take part."""
    for name, values in (spec.get("when") or {}).items():
        allowed = values if isinstance(values, list) else [values]
        met = any(_same(row.get(name), value) for value in allowed)
        if not met or (name in specs and not _active(specs[name], specs, row)):
            return False
    return True


def _chosen(value: Any, choices: Iterable[Any]) -> tuple[Any, bool]:
    """Return the choice that a frame's value stands for; a frame has no None."""
    if value is None or pd.isna(value):
        return None, None in choices
    return next((choice for choice in choices if _same(value, choice)), value), True


def _same(value: Any, choice: Any) -> bool:
    if isinstance(value, str) and not isinstance(choice, str):
        return value == json.dumps(choice)  # as frames hold numbers among texts
    is_flag = isinstance(choice, bool)
    return bool(not pd.isna(value) and (type(value) is bool) == is_flag and value == choice)


def _unscaled(value: float, spec: Spec, row: Mapping[str, Any], width: int | None) -> float:
    if not spec.get("scale") or width is None:
        return value
    try:
        latents = checked(settings_of(row)).latents(width)
    except SettingError:  # of an older recsae
        return value
    return value / rate_factor(latents)


def _distribution(spec: Spec, seen: Sequence[Any]) -> BaseDistribution:
    if "choice" in spec:
        choices = list(spec["choice"])
        return CategoricalDistribution(choices + [v for v in _once(seen) if v not in choices])
    kind = "int" if "int" in spec else "float"
    low, high = spec[kind]
    low, high = (_reach(edge, value) for edge, value in ((low, min(seen)), (high, max(seen))))
    low, high = min(low, *spec[kind]), max(high, *spec[kind])
    log = bool(spec.get("log")) and low > 0
    if kind == "float":
        return FloatDistribution(float(low), float(high), log=log)
    step = int(spec.get("step") or 1)
    even = not log and all((value - low) % step == 0 for value in (high, *seen))
    return IntDistribution(int(low), int(high), log=log, step=step if even else 1)


def _reach(edge: float, value: float) -> float:
    """Return the value if it is beyond the edge of a range, and not only by rounding."""
    return edge if math.isclose(edge, value, rel_tol=_CLOSE) else value


def _inside(value: Any, distribution: BaseDistribution) -> Any:
    if isinstance(distribution, CategoricalDistribution):
        return value
    assert isinstance(distribution, IntDistribution | FloatDistribution)
    number = min(max(value, distribution.low), distribution.high)
    return int(number) if isinstance(distribution, IntDistribution) else number


def _once(values: Iterable[Any]) -> list[Any]:
    return list(dict.fromkeys(values))
