"""The recorded tables: which there are, the settings in each, and the files they lie in."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import qmc

from recsae.space import SearchSpace, load_space
from recsae.space.unit import from_unit

HERE: Final = Path(__file__).parent
EPOCHS: Final = 27
SEEDS: Final = (0, 1)
SETTINGS: Final = 64
COLUMNS: Final = ("ndcg@10", "hr@10", "fvu", "l0", "dead", "share", "leak")
"""Metrics kept of each epoch, beside its seconds."""


@dataclass(frozen=True)
class Table:
    """One data set and one variant whose curves are recorded."""

    name: str
    variant: str
    dataset: str
    min_user: int = 0
    """Grocery keeps users with 10 events and more, which makes its curves three times as cheap."""

    @property
    def space(self) -> SearchSpace:
        """The space that its settings are drawn from, and that the contest searches."""
        space = load_space(HERE / "spaces" / f"{self.variant}.yaml")
        space = space.override(data={"dataset": self.dataset})
        return replace(space, data={**space.data, "min_user": self.min_user})

    @property
    def file(self) -> Path:
        """Where it lies once it is put together."""
        return HERE / "curves" / f"{self.name}.parquet"


TABLES: Final = {
    table.name: table
    for table in (
        Table("ml-100k_plain", "sasrec_sae", "ml-100k"),
        Table("grocery_plain", "sasrec_sae", "grocery", min_user=10),
        Table("ml-100k_attention", "sasrec_sae_attention", "ml-100k"),
        Table("grocery_attention", "sasrec_sae_attention", "grocery", min_user=10),
    )
}


def at_point(space: SearchSpace, point: Iterable[float]) -> dict[str, Any]:
    """Return what `SearchSpace.suggest` gives at a point of the unit cube, a side a parameter."""
    places = dict(zip((p.name for p in space.searched), point, strict=True))
    return space.suggest(lambda parameter: from_unit(parameter, places[parameter.name]))


def design(table: Table) -> list[dict[str, Any]]:
    """Return a table's settings, as `SearchSpace.suggest` gives them: a scrambled Sobol net."""
    space = table.space.override()
    net = qmc.Sobol(len(space.searched), seed=0).random_base2(math.ceil(math.log2(SETTINGS)))
    return [at_point(space, point.tolist()) for point in np.asarray(net)[:SETTINGS]]
