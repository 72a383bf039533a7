"""What the runs of a contest say: means, ranks, how much earlier, each with a bootstrap interval.

The bootstrap draws seeds anew, within each table, and for all methods the same ones: a difference
or a rank is compared among searches that met the same noise.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from benchmarks.search_quality.gp import Array

DRAWS = 4000


class Interval(NamedTuple):
    """A figure with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: Any, draws: Array) -> "Interval":
        """Take the percentiles of the figure over the draws."""
        low, high = np.percentile(draws, [2.5, 97.5])
        return cls(float(value), float(low), float(high))


@dataclass(frozen=True)
class Outcome:
    """Runs of one contest as arrays; what a method did not run is not there."""

    tables: tuple[str, ...]
    moments: dict[str, Array]
    """Table → when its answers were judged."""
    budgets: dict[str, tuple[float, ...]]
    missed: dict[tuple[str, str], Array]
    """Table and method → [seed, moment], nan once it has ended; of a method that must know its
    budget, [seed, budget]."""

    @classmethod
    def of(cls, frame: pd.DataFrame, budgets: dict[str, tuple[float, ...]]) -> "Outcome":
        """Arrange the rows of one contest."""
        tables = tuple(dict.fromkeys(frame["table"]))
        missed: dict[tuple[str, str], Array] = {}
        moments: dict[str, Array] = {}
        for table in tables:
            of_table = frame[frame["table"] == table]
            moments[table] = np.unique(of_table["at"].to_numpy(float))
            for method, rows in of_table.groupby("method"):
                wide = rows.pivot(index="seed", columns="at", values="missed")
                if wide.shape[1] > len(budgets[table]):
                    wide = wide.reindex(columns=moments[table])
                missed[table, str(method)] = wide.to_numpy(float)
        return cls(tables, moments, {t: budgets[t] for t in tables}, missed)

    @property
    def methods(self) -> list[str]:
        """Those that ran on every table."""
        names = dict.fromkeys(method for _, method in self.missed)
        return [m for m in names if all((table, m) in self.missed for table in self.tables)]

    def final(self, table: str, method: str, budget: int) -> Array:
        """Return what each seed had missed when a budget was over."""
        found = self.missed[table, method]
        if found.shape[1] == len(self.budgets[table]):
            return found[:, budget]
        return found[:, self._at(table, budget)]

    def _at(self, table: str, budget: int) -> int:
        return int(np.abs(self.moments[table] - self.budgets[table][budget]).argmin())

    def resampled(self) -> dict[str, Array]:
        """Return, of each table, how often each draw takes each seed, as shares."""
        shares = {}
        for number, table in enumerate(self.tables):
            seeds = next(len(v) for (t, _), v in self.missed.items() if t == table)
            draw = np.random.default_rng([0, number]).integers(seeds, size=(DRAWS, seeds))
            counts = np.stack([np.bincount(row, minlength=seeds) for row in draw])
            shares[table] = counts / seeds
        return shares

    def mean(self, table: str, method: str, budget: int) -> Interval:
        """Return the mean of what was missed."""
        values = self.final(table, method, budget)
        return Interval.of(values.mean(), self.resampled()[table] @ values)

    def gap(self, table: str, one: str, other: str, budget: int) -> Interval:
        """Return by how much more one method missed than another, seed by seed."""
        values = self.final(table, one, budget) - self.final(table, other, budget)
        return Interval.of(values.mean(), self.resampled()[table] @ values)

    def mean_gap(self, one: str, other: str) -> Interval:
        """Return the mean of the gaps over tables and budgets."""
        shares, values, draws = self.resampled(), [], []
        for table in self.tables:
            for budget in range(len(self.budgets[table])):
                gap = self.final(table, one, budget) - self.final(table, other, budget)
                values.append(gap.mean())
                draws.append(shares[table] @ gap)
        return Interval.of(np.mean(values), np.mean(draws, axis=0))

    def ranks(self, methods: Sequence[str]) -> dict[str, Interval]:
        """Return the mean rank of each method over tables, budgets and seeds: 1 is the best."""
        shares, per_table = self.resampled(), []
        for table in self.tables:
            for budget in range(len(self.budgets[table])):
                values = np.stack([self.final(table, method, budget) for method in methods])
                ranks = rankdata(values, axis=0)
                per_table.append((ranks.mean(1), ranks @ shares[table].T))
        value = np.mean([mean for mean, _ in per_table], axis=0)
        draws = np.mean([drawn for _, drawn in per_table], axis=0)
        return {m: Interval.of(value[i], draws[i]) for i, m in enumerate(methods)}

    def time_ratio(self, one: str, other: str) -> "TimeRatio":
        """Return the share of the time in which one reaches what the other has at each budget."""
        shares, logs, single = self.resampled(), [], {}
        for table in self.tables:
            mine, theirs = self.missed[table, one], self.missed[table, other]
            draws = np.vstack([np.full(len(mine), 1 / len(mine)), shares[table]])
            for budget, seconds in enumerate(self.budgets[table]):
                at = self._at(table, budget)
                goals = (draws @ theirs)[:, at]
                reached = _reached(draws @ mine, goals, self.moments[table], at)
                logs.append(np.log(reached / seconds))
                single[table, budget] = Interval.of(np.exp(logs[-1][0]), np.exp(logs[-1][1:]))
        mean = np.exp(np.mean(logs, axis=0))
        return TimeRatio(Interval.of(mean[0], mean[1:]), single)

    def area(self, table: str, method: str) -> float:
        """Return the mean of what was missed over the logarithm of time, to the larger budget."""
        end = self._at(table, -1) + 1
        logs = np.log(self.moments[table][:end])
        curve = self.missed[table, method].mean(0)[:end]
        return float(np.trapezoid(curve, logs) / (logs[-1] - logs[0]))


class TimeRatio(NamedTuple):
    """Over all tables and budgets by the geometric mean, and for each."""

    overall: Interval
    each: dict[tuple[str, int], Interval]


def _reached(curves: Array, goals: Array, moments: Array, budget: int) -> Array:
    """Return when each curve has come down to its goal, to stay there until the budget is over.

    A curve that has not by then may come later; one that never does counts as the last moment.
    """
    above = curves > goals[:, None]
    before = above[:, : budget + 1]
    last = np.where(before.any(1), budget - before[:, ::-1].argmax(1), -1)
    later = (~above[:, budget:]).argmax(1) + budget
    later = np.where((~above[:, budget:]).any(1), later, len(moments) - 1)
    return moments[np.where(last == budget, later, np.minimum(last + 1, len(moments) - 1))]
