"""What a recorded setting is worth to a search that saw one of its seeds."""

from dataclasses import dataclass

import numpy as np

from benchmarks.search_quality.gp import Array
from benchmarks.search_quality.recorded import Recorded
from benchmarks.search_quality.tables import SEEDS


@dataclass(frozen=True)
class Judge:
    """Final NDCG@10 of each setting as seeds have it that the search did not see."""

    values: Array
    """[seed that was searched on, setting]: the mean over fresh seeds, which had no part in what
    was recorded anew either; of a setting without them, what the other first seed has."""
    errors: Array
    """Standard error of a setting's value [setting]."""
    fresh: Array
    """Whether a setting has fresh seeds [setting]."""

    @classmethod
    def of(cls, recorded: Recorded) -> "Judge":
        """Take the recorded values."""
        first = np.isin(recorded.seeds, SEEDS)
        fresh = recorded.final[~first]
        counts = np.isfinite(fresh).sum(0)
        means = np.nansum(fresh, axis=0) / np.maximum(counts, 1)
        values = np.where(counts > 0, means, recorded.final[first][::-1])
        errors = recorded.noise / np.sqrt(np.maximum(counts, 1))
        return cls(values, errors, counts > 0)

    @property
    def best(self) -> float:
        """The highest value, of those with fresh seeds if there are: flattered by their noise."""
        values = self.values[:, self.fresh] if self.fresh.any() else self.values
        return float(values.max())
