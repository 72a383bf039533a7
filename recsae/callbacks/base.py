"""The interface of callbacks, and what they are told."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsae.results import Results
from recsae.space import SearchSpace


@dataclass(frozen=True)
class RunStart:
    """A search that a driver begins, or takes up again."""

    name: str
    path: Path
    """The run's folder."""
    space: SearchSpace


@dataclass(frozen=True)
class TrialView:
    """One trial as it is when something of it is told."""

    trial_id: int
    model_name: str
    settings: Mapping[str, Any]
    """All settings, defaults and seed included."""
    state: str
    epochs: int
    """Epochs that it has reported."""
    metrics: Mapping[str, float | None]
    """Of its last report: dev metrics by name, e.g. "ndcg@10"; none before the first."""
    error: str | None = None


class Callback:
    """Told of a search in the order of its journal; override what you need.

    Each event is told at most once, in whichever driver: what an earlier one has told is not told
    again when the run is resumed, and what it had no time to tell is told then. A callback that
    raises is told nothing more by this driver, and the search goes on.
    """

    name: str
    """Says who has been told what in the run's folder; a run has one callback of a name."""

    def on_begin(self, run: RunStart) -> None:
        """A driver begins; with a resumed run once more."""

    def on_start(self, trial: TrialView) -> None:
        """A new trial starts."""

    def on_report(self, trial: TrialView) -> None:
        """A trial has reported an epoch."""

    def on_trial_end(self, trial: TrialView) -> None:
        """A trial is COMPLETE, PRUNED or FAILED; its last report has been told before."""

    def on_end(self, results: Results) -> None:
        """This driver ends, with what has been found; `results.search["ended"]` says how."""
