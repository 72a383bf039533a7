"""The hypervolume of the Pareto set after each trial. Pure functions of a frame.

The hypervolume is the volume of all that the set dominates, up to a reference point. Objectives
are scaled first: 0 is the best value that any measured trial of the run has, 1 the worst, and the
reference lies `MARGIN` beyond the worst, so that the ends of a front count too. Scale and reference
are the same for the whole run. The volume is given as a share of the box: 1 is a single trial that
is best in every objective.

Shapes: N trials, M objectives, F trials on the front. Costs: less is better.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.results.columns import DEV, Columns, States
from recsae.results.hypervolume import hypervolumes
from recsae.results.selection import MAX, eligible

MARGIN: Final = 0.1
"""Of the range of each objective, from its worst value to the reference point."""

HYPERVOLUME: Final = "hypervolume"
FRONT: Final = "front"
_MEASURED: Final = (States.COMPLETE, States.PRUNED)

Array = npt.NDArray[np.float64]


class Scale(NamedTuple):
    """Where each objective is 0 (the best) and 1 (the worst), as costs."""

    best_M: Array
    worst_M: Array

    @classmethod
    def of(
        cls,
        *runs: pd.DataFrame,
        objectives: Mapping[str, str],
        constraints: Mapping[str, str],
    ) -> Self | None:
        """Return the scale of the measured trials of one run, or of several; None without any.

        Measured is what is COMPLETE or PRUNED, does not leak and breaks no constraint.
        """
        parts = [
            _costs(run[eligible(run, objectives, constraints, _MEASURED)], objectives)
            for run in runs
        ]
        costs_NM = np.concatenate(parts)
        return cls(costs_NM.min(0), costs_NM.max(0)) if len(costs_NM) else None

    def scaled(self, costs_NM: Array) -> Array:
        """Return costs from 0 to 1; an objective that never varied is 0."""
        range_M = self.worst_M - self.best_M
        # A range of 0 would divide by it: all are equally good.
        return np.asarray((costs_NM - self.best_M) / np.where(range_M > 0, range_M, 1.0))


def hypervolume_history(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str],
    scale: Scale | None = None,
) -> pd.DataFrame:
    """Return the rows that may be best in the order of their ends, with what there was by then.

    trials: a row each, or a row a point that they offer (`points`), which ends with its trial. Two
    columns more: "hypervolume", from 0 to 1, and "front", how many rows were not dominated.
    """
    able = trials[eligible(trials, objectives, constraints)]
    able = able.sort_values([Columns.ENDED, Columns.TRIAL_ID])
    scale = scale or Scale.of(trials, objectives=objectives, constraints=constraints)
    if scale is None or able.empty:
        return able.assign(**{name: pd.Series(dtype="float64") for name in (HYPERVOLUME, FRONT)})
    costs_NM = scale.scaled(_costs(able, objectives))
    reference_M = np.full(len(objectives), 1.0 + MARGIN)
    shares_N = hypervolumes(costs_NM, reference_M) / np.prod(reference_M)
    return able.assign(**{HYPERVOLUME: shares_N, FRONT: _front_sizes(costs_NM)})


def _front_sizes(costs_NM: Array) -> list[int]:
    """Return how many of the first 1, 2, … N points no other of them dominates."""
    front_FM, sizes = costs_NM[:0], []
    for cost_M in costs_NM:
        if not _dominates(front_FM, cost_M).any():
            # With all signs turned, `_dominates` gives the rows that the new point dominates.
            front_FM = np.vstack([front_FM[~_dominates(-front_FM, -cost_M)], cost_M])
        sizes.append(len(front_FM))
    return sizes


def _dominates(costs_NM: Array, cost_M: Array) -> npt.NDArray[np.bool_]:
    """Return which rows dominate a point: nowhere worse, somewhere better."""
    return np.asarray((costs_NM <= cost_M).all(axis=1) & (costs_NM < cost_M).any(axis=1))


def _costs(trials: pd.DataFrame, objectives: Mapping[str, str]) -> Array:
    columns = [DEV + name for name in objectives]
    if trials.empty:
        return np.empty((0, len(columns)))
    signs_M = np.array([-1.0 if way == MAX else 1.0 for way in objectives.values()])
    return np.asarray(trials[columns].to_numpy(np.float64) * signs_M)
