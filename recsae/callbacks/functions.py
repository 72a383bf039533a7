"""Plain functions as a callback."""

from collections.abc import Callable
from typing import Any

from recsae.callbacks.base import Callback, RunStart, TrialView
from recsae.results import Results

Tell = Callable[[Any], None]


def _nothing(_: Any) -> None:
    pass


class Functions(Callback):
    """Calls functions of yours: `Functions(on_report=lambda trial: print(trial.metrics))`."""

    def __init__(
        self,
        name: str = "functions",
        *,
        on_begin: Tell = _nothing,
        on_start: Tell = _nothing,
        on_report: Tell = _nothing,
        on_trial_end: Tell = _nothing,
        on_end: Tell = _nothing,
    ) -> None:
        """Take the functions, each with what the method of its name is given."""
        self.name = name
        self._told = (on_begin, on_start, on_report, on_trial_end, on_end)

    def on_begin(self, run: RunStart) -> None:
        """Call it."""
        self._told[0](run)

    def on_start(self, trial: TrialView) -> None:
        """Call it."""
        self._told[1](trial)

    def on_report(self, trial: TrialView) -> None:
        """Call it."""
        self._told[2](trial)

    def on_trial_end(self, trial: TrialView) -> None:
        """Call it."""
        self._told[3](trial)

    def on_end(self, results: Results) -> None:
        """Call it."""
        self._told[4](results)
