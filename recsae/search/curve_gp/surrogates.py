"""The surrogates of a search: one of each objective and of each constraint."""

from collections.abc import Callable, Sequence
from typing import Final

from recsae.metrics.bounds import Bound, number
from recsae.results import States
from recsae.search.curve_gp.curves import (
    Curve,
    Segment,
    Standardised,
    failed,
    segment_ends,
    segments_of,
    thinned,
)
from recsae.search.curve_gp.forecasts import Running, Surrogate
from recsae.search.curve_gp.gaussian_process import Kernel, fit
from recsae.search.curve_gp.unit_cube import Array, Cube
from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.reports import Report
from recsae.search.samplers.warm_start import WarmTrial
from recsae.space import SearchSpace

STEPS: Final = 12
"""Steps of the fit, from where the last one ended."""
REFIT: Final = 1.2
"""The kernel is fitted anew when there is so many times as much to learn from."""
ENOUGH: Final = 4
"""Curves from which a kernel is fitted."""
MOST_WARM: Final = 48
"""Trials of earlier searches that are used: those with the longest curves."""

Reading = Callable[[History, Report], float]


class Surrogates:
    """Fitted kernels of all that is modelled; a function of the events so far."""

    def __init__(self, space: SearchSpace, cube: Cube, warm: Sequence[WarmTrial]) -> None:
        self._cube = cube
        self.readings: list[Reading] = [_objective(i) for i in range(len(space.objectives))]
        self.readings += [_slack(name, text) for name, text in space.constraints.items()]
        self.points: dict[int, Array] = {}
        """Where trials lie in the cube, by number."""
        self._features: dict[int, Array] = {}
        self._segments_known: dict[tuple[int, int], tuple[int, list[Segment]]] = {}
        self._warm = _warm_curves(space, cube, warm, self.readings)
        self._segments_seen, self._due = 0, float(ENOUGH)
        self.kernels: list[Kernel] = []
        """Empty while there is too little to learn from."""
        if len(self._warm[0]) >= ENOUGH:
            self._fit(History(space.objectives))

    def on_event(self, history: History, trial: Trial) -> None:
        """Learn of an event."""
        if trial.trial_id not in self.points:
            self.points[trial.trial_id] = point = self._cube.point(trial.drawn)
            self._features[trial.trial_id] = self._cube.features(point[None])[0]
        if trial.state == States.RUNNING and trial.epochs in segment_ends(trial.max_epochs):
            self._segments_seen += 1
            if self._segments_seen >= self._due:
                # A search of n curves is fitted about log n times.
                self._due = self._segments_seen * REFIT
                self._fit(history)

    def features(self, trial: Trial) -> Array:
        """Return a trial's features."""
        return self._features[trial.trial_id]

    def of(self, history: History, running: Sequence[Running]) -> list[Surrogate]:
        """Return the surrogate of each objective, then of each constraint."""
        return [
            Surrogate(self._curves(history, which), kernel, running)
            for which, kernel in enumerate(self.kernels)
        ]

    def _fit(self, history: History) -> None:
        known: Sequence[Kernel | None] = self.kernels or [None] * len(self.readings)
        self.kernels = []
        for which, start in enumerate(known):
            seen = Standardised.of(list(self._curves(history, which).values())).observations
            self.kernels.append(fit(seen, start or Kernel.prior(seen.features.shape[1]), STEPS))

    def _curves(self, history: History, which: int) -> dict[int, Curve]:
        """Return the curves by number, those of earlier searches under negative ones."""
        found = {-1 - i: curve for i, curve in enumerate(self._warm[which])}
        segments = {t.trial_id: self._segments_of(history, t, which) for t in history}
        for trial in thinned([t for t in history if segments[t.trial_id]], segments):
            found[trial.trial_id] = Curve(self.features(trial), segments[trial.trial_id])
        return found

    def _segments_of(self, history: History, trial: Trial, which: int) -> list[Segment]:
        """Return what is seen of a trial; of one that failed before its first report, the worst."""
        if not trial.reports:
            return [failed(trial.max_epochs)] if trial.state == States.FAILED else []
        known = self._segments_known.get((trial.trial_id, which))
        if known is None or known[0] != trial.epochs:
            values = {r.epochs: self.readings[which](history, r) for r in trial.reports}
            known = trial.epochs, segments_of(values, trial.max_epochs)
            self._segments_known[trial.trial_id, which] = known
        return known[1]


def _objective(which: int) -> Reading:
    return lambda history, report: history.values(report)[which]


def _slack(name: str, text: str) -> Reading:
    """Return how far a metric is within its bound."""
    bound = Bound.of(text)

    def read(_: History, report: Report) -> float:
        value = number(report.metrics.get(name))
        return WORST if value is None or report.metrics.get("leak") else -bound.broken_by(value)

    return read


def _warm_curves(
    space: SearchSpace, cube: Cube, warm: Sequence[WarmTrial], readings: Sequence[Reading]
) -> list[list[Curve]]:
    """Return, for each reading, the curves of earlier searches: each search is a task."""
    history = History(space.objectives)
    tasks = {source: i + 1 for i, source in enumerate(dict.fromkeys(t.source for t in warm))}
    found: list[list[Curve]] = []
    for read in readings:
        curves = []
        for trial in warm:
            values = {
                epochs: read(history, Report(epochs, 0.0, metrics))
                for epochs, metrics in sorted(trial.curve.items())
            }
            features = cube.features(cube.point(trial.drawn)[None])[0]
            # An earlier search may have trained longer than this one will.
            segments = segments_of(values, max(space.max_epochs, *values))
            curves.append(Curve(features, segments, tasks[trial.source]))
        curves = [curve for curve in curves if curve.segments]
        # The longest curves say most of the end, which is what is to be predicted.
        curves.sort(key=lambda curve: -len(curve.segments))
        found.append(sorted(curves[:MOST_WARM], key=lambda curve: curve.task))
    return found
