"""The models of a run: only those of its best trials stay, from the moment that they are best."""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from recsae.files import make_folder, move_folder
from recsae.progress import say
from recsae.results import DEV, Columns, Files, best_rows, points, records
from recsae.results.frames import ladders_frame, trials_frame
from recsae.storage.keepers import WAITING

_NO_CONSTRAINTS: Final[Mapping[str, str]] = {}


class BestModels:
    """Keeps `best/` to the models of the best, or not dominated, finished trials."""

    def __init__(
        self,
        run_path: Path,
        objectives: Mapping[str, str],
        constraints: Mapping[str, str] = _NO_CONSTRAINTS,
    ) -> None:
        self._best, self._waiting = run_path / Files.BEST, run_path / WAITING
        self._objectives, self._constraints = objectives, constraints
        self._measured = [DEV + name for name in (*objectives, *constraints)]
        self._columns = (Columns.TRIAL_ID, Columns.STATE, Columns.LEAK, *self._measured)
        self._front: dict[int, dict[str, Any]] = {}
        self._ladders: dict[int, list[dict[str, Any]]] = {}
        self._points = 0
        self._finished: list[dict[str, Any]] = []

    def add(self, row: Mapping[str, Any], ladder: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in the row of a finished trial, and its ladder; its model waits until `select`."""
        self._finished.append({name: row.get(name) for name in self._columns})
        named = (Columns.TRIAL_ID, Columns.K, *self._measured)
        self._ladders[row[Columns.TRIAL_ID]] = [{n: r.get(n) for n in named} for r in ladder]

    def select(self, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Keep the models of those that are best now, delete those of the others.

        Call it before the rows that say which is best, `rows` of all trials, are written.
        """
        if not self._finished:
            return
        frame = trials_frame([*self._front.values(), *self._finished])
        ladders = ladders_frame([row for rows in self._ladders.values() for row in rows])
        best = best_rows(points(frame, ladders), self._objectives, self._constraints)
        numbers = best[Columns.TRIAL_ID].unique()
        self._points = len(best)
        rows = records(frame[frame[Columns.TRIAL_ID].isin(numbers)])
        self._front = {int(row[Columns.TRIAL_ID]): row for row in rows}
        self._ladders = {number: self._ladders[number] for number in self._front}
        for row in self._finished:
            trial_id = int(row[Columns.TRIAL_ID])
            if trial_id in self._front:
                self._keep(trial_id)
            else:
                shutil.rmtree(self._waiting / str(trial_id), ignore_errors=True)
        self._finished = []

    def restore(
        self, rows: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
    ) -> None:
        """Take in the rows, each with its ladder, of trials that finished under an earlier driver.

        It may have been killed at any moment: before it moved a model, before it deleted one, or
        after a trial saved one, yet before its report: that trial's last epoch comes again.
        """
        for row, ladder in rows:
            self.add(row, ladder)
        self.select()
        # What is left was saved before its report was kept: the trial saves it again.
        shutil.rmtree(self._waiting, ignore_errors=True)

    def delete_others(self) -> None:
        """Delete the models that are best no more; call it once the rows that say so are written.

        Until then a reader, or a kill, finds the model of whichever trial the file calls best.
        """
        for folder in self._best.glob("*"):
            if folder.name not in map(str, self._front):
                shutil.rmtree(folder, ignore_errors=True)

    def settle(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep no more than the best once the search is over, all rows being written."""

    def note(self) -> str:
        """Return the best value so far in a few words, "" before there is one."""
        if len(self._objectives) > 1 and self._front:
            return f"{self._points} on the front"
        # Of one objective the best comes first.
        return "".join(
            f"best {name} {row[DEV + name]:.4f}"
            for row in list(self._front.values())[:1]
            for name in self._objectives
        )

    def _keep(self, trial_id: int) -> None:
        make_folder(self._best)
        target = self._best / str(trial_id)
        try:
            move_folder(self._waiting / str(trial_id), target)
        except FileNotFoundError:
            if not target.exists():  # else an earlier driver has moved it
                at = self._best
                say(f"the model of trial {trial_id} did not arrive: do all nodes share {at}?")
