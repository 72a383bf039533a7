"""A recorded table as arrays, and the unit cube that its settings lie in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.tables import COLUMNS, EPOCHS, FRESH_COLUMNS, SEEDS, Table
from recsae.errors import RecsaeError
from recsae.space.parameters import Parameter, rate_factor
from recsae.space.unit import between_ends

COST = "cost"
"""Seconds of each epoch on its own."""


class Cube:
    """Settings of a space without conditions as points of a unit cube."""

    def __init__(self, parameters: Sequence[Parameter], width: int) -> None:
        self._searched = [p for p in parameters if p.searched]
        self._width = width
        assert not any(p.when for p in self._searched), "its spaces have no conditions"

    @property
    def names(self) -> list[str]:
        """Names of the coordinates."""
        return [p.name for p in self._searched]

    def point(self, settings: Mapping[str, Any]) -> list[float]:
        """Return the coordinates of a trial's settings, its rates scaled as trials get them."""
        latents = int(settings["sae_scale_size"]) * self._width
        factor = rate_factor(latents)
        return [
            _share(p, float(settings[p.name]) / (factor if p.scale else 1.0))
            for p in self._searched
        ]

    def points(self, settings: Sequence[Mapping[str, Any]]) -> Array:
        """Return a row for each of the settings."""
        return np.array([self.point(one) for one in settings])


def _share(parameter: Parameter, value: float) -> float:
    """Return where a value stands between the ends; ordered choices count by their logarithm."""
    if parameter.kind == "choice":
        ends = [float(value) for value in parameter.choices if value is not None]
        return between_ends(value, min(ends), max(ends), log=True)
    return between_ends(value, *parameter.ends, parameter.log)


@dataclass(frozen=True)
class Recorded:
    """All curves of a table. Shapes: S seeds, N settings, E epochs."""

    table: Table
    settings: list[dict[str, Any]]
    seeds: tuple[int, ...]
    """SEEDS, which all settings were trained with, then those that only some were."""
    curves: dict[str, Array]
    """Metric, or COST → [S, N, E]; NaN where a setting was not trained with a seed."""

    @property
    def cube(self) -> Cube:
        """Coordinates of its settings."""
        return Cube(self.table.space.parameters, self.table.space.width)

    @property
    def counts(self) -> NDArray[np.int64]:
        """How many seeds each setting was trained with [N]."""
        return np.asarray(np.isfinite(self.curves["ndcg@10"][:, :, -1]).sum(0))

    @property
    def final(self) -> Array:
        """NDCG@10 after the last epoch [S, N]."""
        return self.curves["ndcg@10"][:, :, -1]

    @property
    def noise(self) -> float:
        """Standard deviation that a training's seed gives to its final NDCG@10.

        Of the better half of the settings: a training that collapses moves its score far more.
        """
        means = np.nanmean(self.final, axis=0)
        better = self.final[:, means >= np.median(means)]
        gaps = better - np.nanmean(better, axis=0)
        freedom = np.isfinite(gaps).sum() - better.shape[1]
        return float(np.sqrt(np.nansum(gaps**2) / freedom))


def load(table: Table) -> Recorded:
    """Read a table's parquet file, and that of its fresh seeds if it is there."""
    if not table.file.exists():
        raise RecsaeError(f"{table.file}: not recorded yet: benchmarks/search_quality/record.py")
    files = [file for file in (table.file, table.fresh_file) if file.exists()]
    return recorded(table, pd.concat(map(pd.read_parquet, files), ignore_index=True))


def recorded(table: Table, frame: pd.DataFrame) -> Recorded:
    """Return the curves of a frame with a row for each setting, seed and epoch."""
    seeds = tuple(sorted(map(int, frame["seed"].unique())))
    shape = (len(seeds), frame["setting"].nunique(), EPOCHS)
    first = frame[frame["seed"].isin(SEEDS)]
    wanted = len(SEEDS) * shape[1] * EPOCHS
    if len(first) != wanted:
        raise RecsaeError(f"{table.name}: expected {wanted} rows, got {len(first)}")
    rows = frame.sort_values(["seed", "setting", "epoch"])
    at = (np.searchsorted(seeds, rows["seed"]), rows["setting"], rows["epoch"] - 1)
    curves = {name: np.full(shape, np.nan) for name in (*COLUMNS, "seconds")}
    for name, values in curves.items():
        values[at] = rows[name]
    # The machine was busy with other work while fresh seeds were trained.
    spent = np.where(np.isin(seeds, SEEDS)[:, None, None], curves.pop("seconds"), np.nan)
    curves[COST] = np.diff(spent, prepend=0.0)
    known = {"setting", "seed", "epoch", "seconds", *FRESH_COLUMNS}
    names = [name for name in rows.columns if name not in known]
    own = first[(first["seed"] == SEEDS[0]) & (first["epoch"] == 1)].sort_values("setting")
    settings = [dict(zip(names, row, strict=True)) for row in own[names].itertuples(index=False)]
    return Recorded(table, settings, seeds, curves)
