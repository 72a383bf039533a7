"""The recorded tables: which there are, the settings in each, and the files they lie in."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy.stats import qmc

from recsae.space.space import SearchSpace, load_space

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
        space = load_space(HERE / "spaces" / f"{self.variant}.yaml").override(dataset=self.dataset)
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


class UnitDraw:
    """A Draw that takes the coordinates of a point in the unit cube, one for each parameter."""

    def __init__(self, point: Sequence[float]) -> None:
        self._left = list(point)

    def choice(self, name: str, options: Sequence[Any]) -> Any:
        """Pick one of equally wide parts."""
        return options[min(int(self._left.pop(0) * len(options)), len(options) - 1)]

    def float(self, name: str, low: float, high: float, log: bool) -> float:
        """Pick a number, by its logarithm if `log`."""
        share = self._left.pop(0)
        return low * (high / low) ** share if log else low + share * (high - low)

    def int(self, name: str, low: int, high: int, log: bool, step: int) -> int:
        """Pick an integer; half of a step beyond each end belongs to the end."""
        below, above = low - step / 2, high + step / 2
        share = self._left.pop(0)
        value = below * (above / below) ** share if log else below + share * (above - below)
        return int(min(max(low + step * round((value - low) / step), low), high))


def design(table: Table) -> list[dict[str, Any]]:
    """Return a table's settings, as `SearchSpace.suggest` gives them: a scrambled Sobol net."""
    space = table.space.override()
    searched = [p for p in space.parameters if p.kind != "fixed"]
    net = qmc.Sobol(len(searched), seed=0).random_base2(math.ceil(math.log2(SETTINGS)))
    return [space.suggest(UnitDraw(point.tolist())) for point in np.asarray(net)[:SETTINGS]]
