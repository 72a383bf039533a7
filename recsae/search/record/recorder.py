"""Writes a run's results while it runs: rows, curves, best models, TensorBoard, progress.

`RunRecord` listens to the director. It knows no Ray, and keeps hardly more than the history does.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from recsae.results import DEV, Columns, States, write_curves, write_ladders, write_trials
from recsae.search.engine import events
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.search.engine.reports import metric_columns
from recsae.search.record.best_models import BestModels
from recsae.search.record.tensorboard import TensorBoard

FLUSH_SECONDS = 1.0
FLUSH_SHARE = 20  # a flush may take one part in so many of the time

Clock = Callable[[], float]


@dataclass(slots=True)
class _Known:
    """What a row has beside what the history knows."""

    trial: Trial
    started: float
    changed: float
    """When its last event was."""
    node: str | None = None


class RunRecord:
    """All that is known of a run's trials; its files are written whole, now and then."""

    def __init__(
        self,
        run_path: Path,
        best_models: BestModels,
        board: TensorBoard,
        clock: Clock = time.monotonic,
    ) -> None:
        self._path, self._best_models, self._board, self._clock = (
            run_path,
            best_models,
            board,
            clock,
        )
        self._known: dict[int, _Known] = {}
        self._replays = self._changed = False
        self._next_flush = clock()
        self.ended = 0
        """Number of trials that have ended."""

    @property
    def progress(self) -> float:
        """Trials that have ended, and the parts of the others' epochs that are trained."""
        going = (k.trial for k in self._known.values() if not k.trial.ended)
        return self.ended + sum(trial.epochs / max(1, trial.max_epochs) for trial in going)

    def note(self) -> str:
        """Return the best so far in a few words."""
        return self._best_models.note()

    @contextmanager
    def replaying(self) -> Iterator[None]:
        """Take the events of the block as those of an earlier driver: they only fill the rows."""
        self._replays = True
        yield
        self._replays = False
        complete = [k for k in self._known.values() if k.trial.state == States.COMPLETE]
        self._best_models.restore((_row(known), _ladder(known.trial)) for known in complete)

    def on_event(self, event: Event, trial: Trial) -> None:
        """Take in an event of a trial, which is in the history by now."""
        number = trial.trial_id
        if event["kind"] == events.STARTED:
            self._known[number] = _Known(trial, event["at"], event["at"])
        known = self._known[number]
        known.changed, self._changed = event["at"], True
        if event["kind"] == events.REPORTED:
            known.node = event["node"]
        self.ended += trial.ended
        if not self._replays:
            self._show(event, known)

    def _show(self, event: Event, known: _Known) -> None:
        """Show an event to TensorBoard, and a model that is complete to the best ones."""
        trial, board = known.trial, self._board
        if event["kind"] == events.STARTED:
            board.start(trial.trial_id, {Columns.MODEL_NAME: trial.model_name, **trial.settings})
        elif event["kind"] == events.REPORTED:
            report = trial.reports[-1]
            board.report(trial.trial_id, report.epochs, metric_columns(report.metrics))
        if trial.ended:
            board.end(trial.trial_id, trial.state)
        if trial.state == States.COMPLETE:
            self._best_models.add(_row(known), _ladder(trial))

    def close(self, left: States) -> None:
        """Write everything; what has not ended is shown in the state `left`."""
        if left not in _GOING_ON:
            for known in self._known.values():
                if not known.trial.ended:
                    self._board.end(known.trial.trial_id, left)
        self.flush(left)

    def flush_if_due(self) -> None:
        """Write what is new, unless that was done a moment ago."""
        if self._changed and self._clock() >= self._next_flush:
            self.flush()

    def flush(self, left: States | None = None) -> None:
        """Write all files."""
        began = self._clock()
        # Models first: a row that is called best must find its model, see BestModels.
        self._best_models.select()
        # Before the rows, for a trial that is COMPLETE offers all its points.
        write_ladders(self._path, [row for k in self._known.values() for row in _ladder(k.trial)])
        write_trials(self._path, [_row(known, left) for known in self._known.values()])
        write_curves(self._path, [row for k in self._known.values() for row in _curve(k.trial)])
        self._best_models.delete_others()
        ended = self._clock()
        # Both files are written whole, so the larger the run, the rarer.
        self._next_flush = ended + max(FLUSH_SECONDS, FLUSH_SHARE * (ended - began))
        self._changed = False


_GOING_ON = (States.RUNNING, States.PAUSED)


def _row(known: _Known, left: States | None = None) -> dict[str, Any]:
    """Return a trial's row; `left`: the state of one that has not ended."""
    trial = known.trial
    state = trial.state if trial.ended or left is None else left
    row = {
        Columns.TRIAL_ID: trial.trial_id,
        Columns.STATE: state,
        Columns.MODEL_NAME: trial.model_name,
        **trial.settings,
        Columns.EPOCHS: trial.epochs,
        Columns.SECONDS: trial.reports[-1].seconds if trial.reports else 0.0,
        Columns.STARTED: known.started,
        Columns.ENDED: None if state in _GOING_ON else known.changed,
        Columns.NODE: known.node,
        Columns.ERROR: trial.error,
    }
    for report in trial.reports:  # a figure that was not taken again stays
        columns = metric_columns(report.metrics)
        row |= {name: value for name, value in columns.items() if name.startswith(DEV)}
    return row


def _ladder(trial: Trial) -> list[dict[str, Any]]:
    """Return a row a k of what a trial told of its ladder."""
    told = trial.reports[-1].ladder if trial.reports else ()
    return [
        {Columns.TRIAL_ID: trial.trial_id, **{_at_k(name): figure for name, figure in row.items()}}
        for row in told
    ]


def _at_k(name: str) -> str:
    return name if name == Columns.K else DEV + name


def _curve(trial: Trial) -> Iterator[dict[str, Any]]:
    """Return a row an epoch that has figures."""
    for report in trial.reports:
        if report.metrics:
            yield {
                Columns.TRIAL_ID: trial.trial_id,
                Columns.EPOCH: report.epochs,
                Columns.SECONDS: report.seconds,
                **metric_columns(report.metrics),
            }
