"""What a terminal shows of a search while it runs in this process."""

from collections.abc import Mapping
from typing import Any

from recsae.jobs.runs.doctor import memory
from recsae.report.answers.progress import ProgressView, TrialNow, progress
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.space import SearchSpace


class LiveSearch:
    """Hears of each event of a search, and draws how far it is."""

    def __init__(self, run: str, space: SearchSpace, base: Mapping[str, float]) -> None:
        """base: dev metrics of the base."""
        self._run, self._space, self._base = run, space, base
        self._trials: dict[int, Trial] = {}

    def on_event(self, event: Event, trial: Trial) -> None:
        """Know the trial from now on; whoever leads the search changes it."""
        self._trials[trial.trial_id] = trial

    def view(self, holds: str, at_once: int) -> ProgressView:
        """Return what is drawn; holds: what a trial has, in words."""
        name = next(iter(self._space.objectives))
        now = [_now(trial, name, self._space) for trial in self._trials.values()]
        found = progress(self._run, self._space, now, self._base, at_once=at_once)
        return ProgressView(found, f"{at_once} at once, each with {holds}{_memory_words()}")


def _now(trial: Trial, name: str, space: SearchSpace) -> TrialNow:
    last = trial.reports[-1] if trial.reports else None
    values = (report.metrics.get(name) for report in trial.reports)
    return TrialNow(
        trial.trial_id,
        trial.state,
        trial.epochs,
        trial.max_epochs,
        last.seconds if last else 0.0,
        [value for value in values if value is not None],
        last is not None and not last.leaks and space.allowed(last.metrics),
    )


def _memory_words() -> str:
    found: dict[str, Any] = memory()
    total, free = found.get("total"), found.get("free")
    if not total or free is None:
        return ""
    return f"; memory {(total - free) / 1e9:.1f} of {total / 1e9:.1f} GB"
