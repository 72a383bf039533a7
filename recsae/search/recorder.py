"""Writes a run's results while it runs: rows, curves, best models, TensorBoard, progress.

`RunRecord` knows no Ray; `Recorder` feeds it from Ray Tune's events, in the driver.
"""

import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ray.exceptions import RayActorError
from ray.tune import Callback
from ray.tune.experiment import Trial

from recsae.progress import say
from recsae.results import DEV, Columns, States, write_curves, write_trials
from recsae.search.keeper import Keeper
from recsae.search.reports import metric_columns, metrics_of, one_line
from recsae.search.tensorboard import TensorBoard

FLUSH_SECONDS = 1.0
FLUSH_SHARE = 20  # a flush may take one part in so many of the time

Clock = Callable[[], float]


class RunRecord:
    """All that is known of a run's trials; its files are written whole, now and then."""

    def __init__(
        self, run_path: Path, keeper: Keeper, board: TensorBoard, clock: Clock = time.monotonic
    ) -> None:
        self._path, self._keeper, self._board, self._clock = run_path, keeper, board, clock
        self._rows: dict[int, dict[str, Any]] = {}
        self._curves: dict[int, dict[int, dict[str, Any]]] = {}
        self._changed = False
        self._next_flush = clock()
        self.ended = 0
        """Number of trials that have ended."""

    def note(self) -> str:
        """Return the best so far in a few words."""
        return self._keeper.note()

    def start(self, trial_id: int, model_name: str, settings: Mapping[str, Any]) -> None:
        """Note that a trial starts; again, if its process was lost and it starts anew."""
        if trial_id in self._rows:
            return
        chosen = {Columns.MODEL_NAME: model_name, **settings}
        self._rows[trial_id] = {
            Columns.TRIAL_ID: trial_id,
            Columns.STATE: States.RUNNING,
            **chosen,
            Columns.EPOCHS: 0,
            Columns.SECONDS: 0.0,
            Columns.STARTED: time.time(),
        }
        self._curves[trial_id] = {}
        self._board.start(trial_id, chosen)
        self._changed = True

    def report(self, trial_id: int, result: Mapping[str, Any], node: str | None) -> None:
        """Take in a report of a running trial."""
        row, curve = self._rows[trial_id], self._curves[trial_id]
        epoch, seconds = result[Columns.EPOCHS], result[Columns.SECONDS]
        row |= {Columns.EPOCHS: epoch, Columns.SECONDS: seconds, Columns.NODE: node}
        self._changed = True
        columns = metric_columns(metrics_of(result))
        if not columns:
            return
        row |= {name: value for name, value in columns.items() if name.startswith(DEV)}
        for later in [known for known in curve if known > epoch]:
            del curve[later]  # from before its process was lost: not what led to this report
        point = {Columns.TRIAL_ID: trial_id, Columns.EPOCH: epoch, Columns.SECONDS: seconds}
        curve[epoch] = {**point, **columns}
        self._board.report(trial_id, epoch, columns)

    def end(self, trial_id: int, state: States, error: str | None = None) -> None:
        """Note how a trial has ended."""
        row = self._rows[trial_id]
        row |= {Columns.STATE: state, Columns.ENDED: time.time(), Columns.ERROR: error}
        self.ended += 1
        if state == States.COMPLETE:
            self._keeper.finished(row)
        self._board.end(trial_id, state)
        self._changed = True

    def close(self, reason: str) -> None:
        """End what still runs as FAILED for `reason`; write everything."""
        for trial_id, row in self._rows.items():
            if row[Columns.STATE] == States.RUNNING:
                self.end(trial_id, States.FAILED, reason)
        self.flush()

    def flush_if_due(self) -> None:
        """Write what is new, unless that was done a moment ago."""
        if self._changed and self._clock() >= self._next_flush:
            self.flush()

    def flush(self) -> None:
        """Write both files."""
        began = self._clock()
        write_trials(self._path, list(self._rows.values()))
        write_curves(self._path, [row for c in self._curves.values() for row in c.values()])
        self._keeper.tidy()
        ended = self._clock()
        self._next_flush = ended + max(FLUSH_SECONDS, FLUSH_SHARE * (ended - began))
        self._changed = False


class Recorder(Callback):
    """Tells a RunRecord, and the progress on the screen, what Ray Tune sees."""

    def __init__(self, record: RunRecord, tick: Callable[[int, str], None]) -> None:
        self._record, self._tick = record, tick
        self._last: dict[int, Mapping[str, Any]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Be empty in the copy that Tune pickles at the start: nothing ever reads it."""
        return {}

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial begins, or begins again after its process was lost."""
        config = trial.config
        self._record.start(number(trial), config[Columns.MODEL_NAME], config["settings"])

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **_: Any
    ) -> None:
        """An epoch is over, or the trial has failed."""
        self._last[number(trial)] = result
        self._record.report(number(trial), result, result.get("hostname"))

    def on_trial_complete(
        self, iteration: int, trials: list[Trial], trial: Trial, **_: Any
    ) -> None:
        """A trial has ended: by itself, or because the scheduler stopped it."""
        last = self._last.pop(number(trial), {})
        state = States(last.get(Columns.STATE, States.PRUNED))
        state = States.PRUNED if state == States.RUNNING else state
        self._record.end(number(trial), state, last.get(Columns.ERROR))
        _forget(trial)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial was given up after its process or node died again and again."""
        self.on_trial_start(iteration, trials, trial)  # it may never have come so far
        self._last.pop(number(trial), None)
        error = why_given_up(trial.get_error(), trial.num_failures)
        self._record.end(number(trial), States.FAILED, error)
        _forget(trial)

    def on_trial_recover(self, iteration: int, trials: list[Trial], trial: Trial, **_: Any) -> None:
        """A trial's process or node died; it will start again."""
        say(f"trial {number(trial)} lost its process: it starts again")

    def on_step_end(self, iteration: int, trials: list[Trial], **_: Any) -> None:
        """Write and show what is new, at most now and then."""
        self._record.flush_if_due()
        self._tick(self._record.ended, self._record.note())


def _forget(trial: Trial) -> None:
    """Delete the states that an ended trial kept for the case that it were lost."""
    if trial.checkpoint is not None and trial.path is not None:
        shutil.rmtree(trial.path, ignore_errors=True)


def why_given_up(error: Exception | None, times: int) -> str:
    """Return in one line why Ray gave a trial up after `times` losses."""
    if error is not None and not isinstance(error, RayActorError):
        return one_line(error)
    lines = str(error).strip().splitlines()
    if "creation task" in lines[0]:
        return f"its process cannot start: {lines[-1]}"[:300]
    return f"lost {times} times: its process or its node died"


def number(trial: Trial) -> int:
    """Return our own number of a trial."""
    return int(trial.config[Columns.TRIAL_ID])
