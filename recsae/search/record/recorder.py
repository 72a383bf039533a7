"""Writes a run's results while it runs: rows, curves, best models, TensorBoard, progress.

`RunRecord` listens to the director. It knows no Ray, and keeps hardly more than the history does.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from recsae.results import Columns, States, write_curves, write_ladders, write_trials
from recsae.results.columns import EXPECTED
from recsae.search.engine import events
from recsae.search.engine.events import Event
from recsae.search.engine.history import Trial
from recsae.search.engine.reports import metric_columns
from recsae.search.record.best_models import BestModels
from recsae.search.record.rows import GOING_ON, Known, curve_of, ladder_of, row_of
from recsae.search.record.tensorboard import TensorBoard

FLUSH_SECONDS = 1.0
FLUSH_SHARE = 20  # a flush may take one part in so many of the time

Clock = Callable[[], float]


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
        self._known: dict[int, Known] = {}
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
        self._best_models.restore((row_of(known), ladder_of(known.trial)) for known in complete)

    def on_event(self, event: Event, trial: Trial) -> None:
        """Take in an event of a trial, which is in the history by now."""
        number = trial.trial_id
        if event["kind"] == events.STARTED:
            self._known[number] = Known(trial, event["at"], event["at"])
        known = self._known[number]
        known.take(event)
        self._changed = True
        self.ended += trial.ended
        if not self._replays:
            self._show(event, known)

    def _show(self, event: Event, known: Known) -> None:
        """Show an event to TensorBoard, and a model that is complete to the best ones."""
        trial, board = known.trial, self._board
        if event["kind"] == events.STARTED:
            board.start(trial.trial_id, {Columns.MODEL_NAME: trial.model_name, **trial.settings})
        elif event["kind"] == events.REPORTED:
            report = trial.reports[-1]
            told = {EXPECTED + name: value for name, (value, _) in report.expected.items()}
            columns = {**metric_columns(report.metrics), **told}
            board.report(trial.trial_id, report.epochs, columns)
        if trial.ended:
            board.end(trial.trial_id, trial.state)
        if trial.state == States.COMPLETE:
            self._best_models.add(row_of(known), ladder_of(trial))

    def close(self, left: States) -> None:
        """Write everything; what has not ended is shown in the state `left`."""
        if left not in GOING_ON:
            for known in self._known.values():
                if not known.trial.ended:
                    self._board.end(known.trial.trial_id, left)
        self.flush(left)
        if left not in GOING_ON:
            self._best_models.settle(self._rows(left))

    def _rows(self, left: States | None) -> list[dict[str, Any]]:
        return [row_of(known, left) for known in self._known.values()]

    def flush_if_due(self) -> None:
        """Write what is new, unless that was done a moment ago."""
        if self._changed and self._clock() >= self._next_flush:
            self.flush()

    def flush(self, left: States | None = None) -> None:
        """Write all files."""
        began = self._clock()
        # Models first: a row that is called best must find its model, see BestModels.
        rows = self._rows(left)
        self._best_models.select(rows)
        # Before the rows, for a trial that is COMPLETE offers all its points.
        write_ladders(self._path, [row for k in self._known.values() for row in ladder_of(k.trial)])
        write_trials(self._path, rows)
        write_curves(self._path, [row for k in self._known.values() for row in curve_of(k.trial)])
        self._best_models.delete_others()
        ended = self._clock()
        # Both files are written whole, so the larger the run, the rarer.
        self._next_flush = ended + max(FLUSH_SECONDS, FLUSH_SHARE * (ended - began))
        self._changed = False
