"""The ranking of the trials that have come to a rung so far."""

from typing import Protocol

from recsae.search.engine.history import WORST, History, Trial
from recsae.search.schedulers.fronts import Fronts
from recsae.search.schedulers.ranking import Ranking


class RungTable(Protocol):
    """The trials at a rung, best first. More is better in each of their values."""

    def __len__(self) -> int:
        """Return how many there are."""

    def __contains__(self, trial_id: int) -> bool:
        """Return True if a trial has come here."""

    def add(self, trial_id: int, values: tuple[float, ...]) -> None:
        """Take in a trial that has not come here before."""

    def hold(self, trial_id: int, held: bool) -> None:
        """Note whether a trial that has come here is paused or was stopped: it has not gone on."""

    def first(self, quota: int, also: int | None = None) -> int | None:
        """Return the best trial that is held and is among the best `quota` of all, if there is one.

        `also`: this one is taken to be held too.
        """

    def survives(self, trial_id: int, factor: int) -> bool:
        """Return True if a trial, the last that came, is as good as the best 1/factor of all."""

    def ahead(self, values: tuple[float, ...]) -> int:
        """Return how many are better than a trial of these values would be."""


def rung_table(objectives: int) -> RungTable:
    """Return an empty table for so many objectives."""
    return Ranking() if objectives == 1 else Fronts(objectives)


def invalid(history: History, trial: Trial) -> bool:
    """Return True if the last report of a trial leaks, or lacks an objective."""
    return WORST in history.values(trial.reports[-1])


def ranked_values(history: History, trial: Trial) -> tuple[float, ...]:
    """Return the values of a trial's last report; all are WORST if one of them is."""
    values = history.values(trial.reports[-1])
    return (WORST,) * len(values) if WORST in values else values
