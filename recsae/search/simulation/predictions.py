"""What a scheduler would have answered on a run's trials: in the run's order, and in others.

An answer is judged among the trials that the run has to the end. One order is luck, so random
orders tell by how much an answer differs. What was not trained far enough is named, not guessed.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from recsae.results import DEV, MAX, Columns, Results, best_rows, by_objectives
from recsae.results.pareto import HYPERVOLUME, Scale, hypervolume_history
from recsae.search.simulation.recorded import Outcome, RecordedTrial, searched_again
from recsae.space import SearchSpace

SPREAD = (2.5, 97.5)
"""Percentiles of the random orders between which an interval lies."""


class Judge:
    """Says how good an answer is among all that a run has."""

    def __init__(self, results: Results) -> None:
        """One objective is judged by its value, several by the hypervolume of the front."""
        self._results, self._objectives = results, results.objectives
        self._able = by_objectives(results.trials[results.eligible], self._objectives)
        name, way = next(iter(self._objectives.items()))
        self._sign = 1.0 if way == MAX else -1.0
        values = self._able.get(DEV + name, ())
        ids = self._able[Columns.TRIAL_ID]
        self._values = dict(zip(map(int, ids), map(float, values), strict=True))
        self._scale = Scale.of(
            results.trials, objectives=self._objectives, constraints=results.constraints
        )
        self._volume = self._volume_of(self._able) if self._several else 0.0

    @property
    def _several(self) -> bool:
        return len(self._objectives) > 1

    @property
    def best(self) -> dict[str, Any] | None:
        """The answer of all trials together."""
        return self.answer(self._values)

    def answer(self, complete: Iterable[int]) -> dict[str, Any] | None:
        """Return the best of these trials: `trials`, `value`, `rank`, `regret`; None without one.

        With several objectives the value is the hypervolume as a share of that of the run's front,
        and there is no rank.
        """
        able = set(complete) & self._values.keys()
        if not able:
            return None
        if self._several:
            return self._front(self._able[self._able[Columns.TRIAL_ID].isin(able)])
        # They are sorted, best first.
        first = next(number for number in self._values if number in able)
        value, best = self._values[first], next(iter(self._values.values()))
        rank = 1 + sum(self._sign * other > self._sign * value for other in self._values.values())
        return _answer([first], value, rank, abs(best - value))

    def _front(self, trials: pd.DataFrame) -> dict[str, Any]:
        front = best_rows(trials, self._objectives)
        share = self._volume_of(trials) / self._volume if self._volume else 1.0
        return _answer([int(i) for i in front[Columns.TRIAL_ID]], share, None, 1 - share)

    def _volume_of(self, trials: pd.DataFrame) -> float:
        history = hypervolume_history(trials, self._objectives, {}, self._scale)
        return 0.0 if history.empty else float(history[HYPERVOLUME].iloc[-1])


def _answer(trials: list[int], value: float, rank: int | None, regret: float) -> dict[str, Any]:
    return {"trials": trials, "value": value, "rank": rank, "regret": regret}


@dataclass(frozen=True)
class Question:
    """Recorded trials, and how they are searched again."""

    judge: Judge
    trials: Sequence[RecordedTrial]
    workers: int
    orders: int
    """Random orders beside the run's own."""

    def prediction(self, space: SearchSpace, tick: Callable[[], None]) -> dict[str, Any]:
        """Return what the rules of a space make of the trials; `tick` is told of each search."""
        outcome = searched_again(space, self.trials, self.workers)
        tick()
        epochs = sum(trial.max_epochs for trial in outcome.trials)
        found = self._found(outcome)
        return {
            **found,
            "share": outcome.history.epochs / epochs if epochs else 0.0,
            "states": dict(Counter(str(trial.state) for trial in outcome.known)),
            "orders": self._spread(space, tick) if self.orders else None,
        }

    def _found(self, outcome: Outcome) -> dict[str, Any]:
        return {
            "epochs": outcome.history.epochs,
            "seconds": outcome.run.ended,
            "answer": self.judge.answer(outcome.complete),
            "unknown": outcome.unknown,
        }

    def _spread(self, space: SearchSpace, tick: Callable[[], None]) -> dict[str, Any]:
        draw, found = np.random.default_rng(space.search.seed), []
        for _ in range(self.orders):
            order = [self.trials[i] for i in draw.permutation(len(self.trials))]
            found.append(self._found(searched_again(space, order, self.workers)))
            tick()
        answers = [one["answer"] for one in found if one["answer"] is not None]
        figures = {key: [a[key] for a in answers] for key in ("value", "rank", "regret")}
        figures |= {key: [one[key] for one in found] for key in ("epochs", "seconds")}
        return {
            "count": len(found),
            "answers": len(answers),
            "with_unknown": sum(bool(one["unknown"]) for one in found),
            **{key: _interval(values) for key, values in figures.items()},
        }


def predictions(
    question: Question,
    own: SearchSpace,
    spaces: Sequence[SearchSpace],
    progress: Callable[[int], None],
) -> list[dict[str, Any]]:
    """Return what each of the spaces makes of the trials, and whether it has the run's scheduler.

    progress: told how many searches are done.
    """
    counts = itertools.count(1)
    return [
        {
            "scheduler": space.scheduler.name,
            "own": (space.scheduler, space.decides_by_expected)
            == (own.scheduler, own.decides_by_expected),
            **question.prediction(space, lambda: progress(next(counts))),
        }
        for space in spaces
    ]


def _interval(values: Sequence[float | None]) -> dict[str, float] | None:
    known = [value for value in values if value is not None]
    if not known:
        return None
    low, high = np.percentile(known, SPREAD)
    return {"mean": float(np.mean(known)), "low": float(low), "high": float(high)}
