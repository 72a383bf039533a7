"""The recorded tables: which there are, the settings in each, and the files they lie in."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import qmc

from recsae.space import SearchSpace, load_space
from recsae.space.unit import from_unit

HERE: Final = Path(__file__).parent
EPOCHS: Final = 27
SEEDS: Final = (0, 1)
FRESH_SEEDS: Final = (2, 3, 4, 5)
"""Seeds of the second recording, on which answers are judged."""
SETTINGS: Final = 64
BEST: Final = 24
"""How many of the best settings by each measure are recorded with fresh seeds."""
COLUMNS: Final = ("ndcg@10", "hr@10", "fvu", "l0", "dead", "share", "leak")
"""Metrics kept of each epoch, beside its seconds."""
FRESH_COLUMNS: Final = (*COLUMNS, "kl", "overlap@10", "recovered")


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

    @property
    def fresh_file(self) -> Path:
        """Where its second recording lies."""
        return HERE / "curves" / f"{self.name}_fresh.parquet"

    def best(self) -> list[int]:
        """Return the settings that are best at the end by NDCG@10 or by FVU, mean of both seeds."""
        frame = pd.read_parquet(self.file)
        means = frame[frame["epoch"] == EPOCHS].groupby("setting")[["ndcg@10", "fvu"]].mean()
        by_score = means["ndcg@10"].sort_values(ascending=False, kind="stable").index[:BEST]
        by_fvu = means["fvu"].sort_values(kind="stable").index[:BEST]
        return sorted({*by_score, *by_fvu})


TABLES: Final = {
    table.name: table
    for table in (
        Table("ml-100k_plain", "sasrec_sae", "ml-100k"),
        Table("grocery_plain", "sasrec_sae", "grocery", min_user=10),
        Table("ml-100k_attention", "sasrec_sae_attention", "ml-100k"),
        Table("grocery_attention", "sasrec_sae_attention", "grocery", min_user=10),
        Table("beauty_plain", "sasrec_sae", "beauty", min_user=10),
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
