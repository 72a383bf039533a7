"""What is known of a training: its curve, epoch by epoch."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """What a training tells, epoch by epoch, as far as it is known."""

    seconds: Array
    """Seconds of each epoch on its own."""
    metrics: dict[str, Array]
    """NaN where a metric was not measured."""
    error: str | None = None
    """What the training fails with after its last epoch here."""

    @cached_property
    def reports(self) -> list[dict[str, float]]:
        """The metrics of each epoch, those that were measured then."""
        rows = zip(*(values.tolist() for values in self.metrics.values()), strict=True)
        return [
            {name: value for name, value in zip(self.metrics, row, strict=True) if value == value}
            for row in rows
        ]

    def at(self, epochs: int) -> dict[str, float]:
        """Return the metrics after so many epochs."""
        return self.reports[epochs - 1]
