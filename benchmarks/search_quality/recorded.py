"""A recorded table as arrays, and the unit cube that its settings lie in."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.tables import EPOCHS, SEEDS, Table
from recsae.errors import RecsaeError
from recsae.space.parameters import Parameter, rate_factor
from recsae.space.unit import between_ends

METRICS = ("ndcg@10", "hr@10", "fvu", "l0", "dead", "share", "leak")
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
    """All curves of a table."""

    table: Table
    settings: list[dict[str, Any]]
    curves: dict[str, Array]
    """Metric, or COST → [seed, setting, epoch]."""

    @property
    def cube(self) -> Cube:
        """Coordinates of its settings."""
        return Cube(self.table.space.parameters, self.table.space.width)


def load(table: Table) -> Recorded:
    """Read a table's parquet file."""
    if not table.file.exists():
        raise RecsaeError(f"{table.file}: not recorded yet: benchmarks/search_quality/record.py")
    return recorded(table, pd.read_parquet(table.file))


def recorded(table: Table, frame: pd.DataFrame) -> Recorded:
    """Return the curves of a frame with a row for each setting, seed and epoch."""
    rows = frame.sort_values(["seed", "setting", "epoch"])
    shape = (len(SEEDS), rows["setting"].nunique(), EPOCHS)
    if len(rows) != math.prod(shape):
        raise RecsaeError(f"{table.name}: expected {math.prod(shape)} rows, got {len(rows)}")
    curves = {name: rows[name].to_numpy(float).reshape(shape) for name in METRICS}
    curves[COST] = np.diff(rows["seconds"].to_numpy(float).reshape(shape), prepend=0.0)
    known = {"setting", "seed", "epoch", "seconds", *METRICS}
    names = [name for name in rows.columns if name not in known]
    first = rows[(rows["seed"] == SEEDS[0]) & (rows["epoch"] == 1)]
    settings = [dict(zip(names, row, strict=True)) for row in first[names].itertuples(index=False)]
    return Recorded(table, settings, curves)
