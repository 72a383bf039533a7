"""What the phases of a comparison hand on: where everything lies."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from comparison.bases import Prepared
from comparison.plan import Budget
from comparison.winners import Winner

Trainings = list[list[Path]]
"""Files of a model's trainings: on each base, with each seed."""


@dataclass(frozen=True)
class FinishedSearch:
    """A contender's search on one data set."""

    folder: str
    """Of the run, relative to the comparison's."""
    trials: int
    winners: dict[Budget, Winner | None]
    """None: no trial was complete within the budget."""


@dataclass(frozen=True)
class Artifacts:
    """All that tables are made of, by data set (and contender, and budget)."""

    prepared: dict[str, list[Prepared]]
    categories: dict[str, tuple[str, ...]]
    """Names of the item categories that are asked for."""
    searched: dict[tuple[str, str], FinishedSearch]
    bases: dict[str, list[Path]] = field(default_factory=dict)
    controls: dict[tuple[str, str], Trainings] = field(default_factory=dict)
    winners: dict[tuple[str, str, Budget], Trainings] = field(default_factory=dict)
    agreement: dict[tuple[str, str, Budget], dict[str, float]] = field(default_factory=dict)
    counted: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Baselines of counts, as `train --json` gives them."""
