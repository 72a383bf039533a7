"""Tells callbacks what the journal holds, each event at most once over all drivers of a run."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from recsae.callbacks.base import Callback, RunStart, TrialView
from recsae.errors import RecsaeError
from recsae.files import read_json, write_json
from recsae.progress import say
from recsae.results import Results
from recsae.search.engine import events
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial

TOLD: Final = "callbacks"
"""Folder in a run: of each callback the number of events that it was told."""


class Listeners:
    """The callbacks of one driver; `on_event` is a listener of the director."""

    def __init__(self, callbacks: Sequence[Callback], run: RunStart) -> None:
        """Read what was told before; raises RecsaeError if two callbacks have one name."""
        names = [one.name for one in callbacks]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise RecsaeError(f"callbacks: expected one of a name, got two of {twice[0]!r}")
        self._run = run
        self._callbacks = list(callbacks)
        self._told = {one.name: self._told_before(one.name) for one in callbacks}
        self._seen = 0

    def begin(self) -> None:
        """Tell that this driver begins."""
        for one in [*self._callbacks]:
            self._guarded(one, partial(one.on_begin, self._run))

    def on_event(self, event: Event, trial: Trial) -> None:
        """Tell an event of a trial to those that were not told it before, replayed or new."""
        self._seen += 1
        for one in [*self._callbacks]:
            if self._seen > self._told[one.name]:
                # Noted first: after a kill in between it counts as told, for nothing is told twice.
                self._told[one.name] = self._seen
                self._file(one.name).parent.mkdir(exist_ok=True)
                write_json(self._file(one.name), {"events": self._seen})
                self._guarded(one, partial(_tell, one, event, trial))

    def end(self, results: Results) -> None:
        """Tell that this driver ends."""
        for one in [*self._callbacks]:
            self._guarded(one, partial(one.on_end, results))

    def _guarded(self, callback: Callback, tell: Callable[[], None]) -> None:
        try:
            tell()
        except Exception as error:
            self._callbacks.remove(callback)
            words = f"{type(error).__name__}: {error}"
            say(f"callback {callback.name}: {words}; it is told nothing more, the search goes on")

    def _told_before(self, name: str) -> int:
        file = self._file(name)
        return int(read_json(file)["events"]) if file.is_file() else 0

    def _file(self, name: str) -> Path:
        return self._run.path / TOLD / f"{name}.json"


def _tell(callback: Callback, event: Event, trial: Trial) -> None:
    view = _view(trial)
    if event["kind"] == events.STARTED:
        callback.on_start(view)
    elif event["kind"] == events.REPORTED:
        callback.on_report(view)
    if trial.ended:
        callback.on_trial_end(view)


def _view(trial: Trial) -> TrialView:
    metrics = dict(trial.reports[-1].metrics) if trial.reports else {}
    return TrialView(
        trial.trial_id,
        trial.model_name,
        dict(trial.settings),
        str(trial.state),
        trial.epochs,
        metrics,
        trial.error,
    )
