"""Earlier searches' values on the level of this one.

Another data set, variant or base has another level and spread. Each source's values are taken as
z-scores; what they are worth here is learnt from the trials of this search: at the settings of each
of them the source predicts a z-score (its nearest trials), and a line from these to the values
measured maps all of the source. With few trials the line's slope is the source's own spread; a
source that predicts nothing here gets a slope of 0, so that all its trials look alike and teach
nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from recsae.search.engine.reports import Report
from recsae.search.samplers.optuna_adapter.observations import Observation, bounded
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import MODEL, SearchSpace
from recsae.space.unit import to_unit

MOST: Final = 100
"""Of a source's trials, so many at most are shown to a surrogate."""
_NEAREST: Final = 5
_TRUST: Final = 5.0  # so many trials here weigh as much as the source's own spread

Array = npt.NDArray[np.float64]
Reads = Callable[[int, dict[str, Any], Report], Observation | None]


@dataclass
class _Source:
    """W trials of one earlier search, M objectives, D coordinates."""

    trials: list[Observation]
    places_WD: Array
    z_WM: Array
    mean_M: Array
    spread_M: Array

    def predicted(self, place_D: Array) -> Array:
        """Return the z-scores at a place: those of the nearest trials, near ones more."""
        far_W = ((self.places_WD - place_D) ** 2).sum(1)
        near = np.argsort(far_W, kind="stable")[:_NEAREST]
        weight = 1.0 / (far_W[near] + 1e-3)
        found: Array = weight @ self.z_WM[near] / weight.sum()
        return found


class SourceScaling:
    """All earlier searches that a surrogate may learn from."""

    def __init__(self, space: SearchSpace, warm: Sequence[WarmTrial], read: Reads) -> None:
        """`read` makes an observation of a trial's report."""
        self._space = space
        self._sources: list[_Source] = []
        self._predicted: dict[int, list[Array]] = {}
        first = -len(warm)
        for name in dict.fromkeys(trial.source for trial in warm):
            found = [
                read(first + i, trial.drawn, trial.last)
                for i, trial in enumerate(warm)
                if trial.source == name and trial.curve
            ]
            trials = bounded([observation for observation in found if observation], MOST)
            if trials:
                self._sources.append(self._source(trials))

    def mapped(self, seen: Sequence[Observation]) -> list[Observation]:
        """Return the trials of all sources, on the level of what this search has seen."""
        return [o for i, source in enumerate(self._sources) for o in self._level(i, source, seen)]

    def _source(self, trials: list[Observation]) -> _Source:
        values_WM = np.array([trial.values for trial in trials])
        mean_M, spread_M = values_WM.mean(0), values_WM.std(0)
        z_WM = (values_WM - mean_M) / np.where(spread_M > 0, spread_M, 1.0)
        places_WD = np.array([self._place(trial.drawn) for trial in trials])
        return _Source(trials, places_WD, z_WM, mean_M, spread_M)

    def _level(self, i: int, source: _Source, seen: Sequence[Observation]) -> list[Observation]:
        mean_M, slope_M = source.mean_M, source.spread_M
        if seen:
            z_NM = np.array([self._predictions(o)[i] for o in seen])
            y_NM = np.array([o.values for o in seen])
            dz_NM, dy_NM = z_NM - z_NM.mean(0), y_NM - y_NM.mean(0)
            slope_M = (dz_NM * dy_NM).sum(0) + _TRUST * source.spread_M
            slope_M = np.maximum(slope_M / ((dz_NM**2).sum(0) + _TRUST), 0.0)
            mean_M = y_NM.mean(0) - slope_M * z_NM.mean(0)
        values_WM = mean_M + slope_M * source.z_WM
        return [
            trial._replace(values=tuple(values))
            for trial, values in zip(source.trials, values_WM.tolist(), strict=True)
        ]

    def _predictions(self, observation: Observation) -> list[Array]:
        """Return what each source predicts where a trial of this search is."""
        number = observation.number
        if number not in self._predicted:
            place_D = self._place(observation.drawn)
            self._predicted[number] = [source.predicted(place_D) for source in self._sources]
        return self._predicted[number]

    def _place(self, drawn: Mapping[str, Any]) -> Array:
        """Return a point of what is drawn: a coordinate a number, one for each of the choices."""
        found = [0.7 * (drawn.get(MODEL) == model) for model in self._space.models]
        for parameter in self._space.parameters:
            value = drawn.get(parameter.name)
            if parameter.kind == "choice":
                found += [0.7 * (value == option) for option in parameter.choices]
            elif parameter.kind != "fixed":
                found.append(0.5 if value is None else to_unit(parameter, value))
        return np.array(found)
