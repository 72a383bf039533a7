"""How the Pareto set grew: its hypervolume after each trial. Pure functions of a frame.

The hypervolume is the volume of all that the set dominates, up to a reference point. Objectives
are scaled first: 0 is the best value that any measured trial of the run has, 1 the worst, and the
reference lies `MARGIN` beyond the worst, so that the ends of a front count too. Scale and reference
are the same for the whole run. The volume is told as a share of the box: 1 is a single trial that
is best in every objective.

Shapes: N trials, M objectives. Costs: less is better.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from recsae.results.columns import DEV, Columns, States
from recsae.results.selection import MAX, eligible, non_dominated

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
        return np.asarray((costs_NM - self.best_M) / np.where(range_M > 0, range_M, 1.0))


def hypervolume_over_time(
    trials: pd.DataFrame,
    objectives: Mapping[str, str],
    constraints: Mapping[str, str],
    scale: Scale | None = None,
) -> pd.DataFrame:
    """Return the trials that may be best in the order of their ends, with what there was by then.

    Two columns more: "hypervolume", from 0 to 1, and "front", how many trials were not dominated.
    """
    able = trials[eligible(trials, objectives, constraints)]
    able = able.sort_values([Columns.ENDED, Columns.TRIAL_ID])
    scale = scale or Scale.of(trials, objectives=objectives, constraints=constraints)
    if scale is None or able.empty:
        return able.assign(**{name: pd.Series(dtype="float64") for name in (HYPERVOLUME, FRONT)})
    reference_M = np.full(len(objectives), 1.0 + MARGIN)
    front_NM = np.empty((0, len(objectives)))
    volume, volumes, sizes = 0.0, [], []
    for cost_M in scale.scaled(_costs(able, objectives)):
        volume += _gain(cost_M, front_NM, reference_M)
        front_NM = np.vstack([front_NM, cost_M])
        front_NM = front_NM[non_dominated(front_NM, ["min"] * len(objectives))]
        volumes.append(volume / float(np.prod(reference_M)))
        sizes.append(len(front_NM))
    return able.assign(hypervolume=volumes, front=sizes)


def hypervolume(costs_NM: npt.ArrayLike, reference_M: npt.ArrayLike) -> float:
    """Return the exact volume that points dominate up to a reference; points beyond count nothing.

    Two objectives are a sweep; more are cut in slices along the last, each a problem of one less.
    """
    reference_M = np.asarray(reference_M, dtype=np.float64)
    costs_NM = np.asarray(costs_NM, dtype=np.float64).reshape(-1, len(reference_M))
    costs_NM = costs_NM[(costs_NM < reference_M).all(axis=1)]
    if not len(costs_NM):
        return 0.0
    if len(reference_M) == 1:
        return float((reference_M - costs_NM.min(axis=0))[0])
    costs_NM = costs_NM[np.argsort(costs_NM[:, -1], kind="stable")]
    if len(reference_M) == 2:
        least_N = np.minimum.accumulate(costs_NM[:, 0])
        heights_N = np.diff(costs_NM[:, 1], append=reference_M[1])
        return float((reference_M[0] - least_N) @ heights_N)
    ends_N = np.append(costs_NM[1:, -1], reference_M[-1])
    return sum(
        float(end - start) * hypervolume(costs_NM[: i + 1, :-1], reference_M[:-1])
        for i, (start, end) in enumerate(zip(costs_NM[:, -1], ends_N, strict=True))
        if end > start
    )


def _gain(cost_M: Array, front_NM: Array, reference_M: Array) -> float:
    """Return the volume that a point dominates and the front does not."""
    own = float(np.prod(reference_M - cost_M))
    shared_NM = np.maximum(front_NM, cost_M)
    shared_NM = shared_NM[non_dominated(shared_NM, ["min"] * len(cost_M))]
    return own - hypervolume(shared_NM, reference_M)


def _costs(trials: pd.DataFrame, objectives: Mapping[str, str]) -> Array:
    columns = [DEV + name for name in objectives]
    if trials.empty:
        return np.empty((0, len(columns)))
    signs_M = np.array([-1.0 if way == MAX else 1.0 for way in objectives.values()])
    return np.asarray(trials[columns].to_numpy(np.float64) * signs_M)
