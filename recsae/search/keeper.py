"""The models of a run: only those of its best trials stay, from the moment they are best."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recsae.progress import say
from recsae.results import DEV, Columns, Files, best_rows, records
from recsae.results.frames import trials_frame

WAITING = ".models"
"""Folder in a run where a finished trial leaves its model until the driver has judged it."""


class Keeper:
    """Told of each finished trial; keeps `best/` to the best, or not dominated, ones."""

    def __init__(self, run_path: Path, objectives: Mapping[str, str]) -> None:
        self._best, self._waiting = run_path / Files.BEST, run_path / WAITING
        self._objectives = objectives
        self._front: dict[int, dict[str, Any]] = {}

    def finished(self, row: Mapping[str, Any]) -> None:
        """Judge a finished trial by its row of the results; keep its model or delete it."""
        trial_id = int(row[Columns.TRIAL_ID])
        frame = trials_frame([*self._front.values(), dict(row)])
        front = {int(r[Columns.TRIAL_ID]): r for r in records(best_rows(frame, self._objectives))}
        if trial_id in front:
            self._take(trial_id)
        else:
            shutil.rmtree(self._waiting / str(trial_id), ignore_errors=True)
        self._front = front

    def tidy(self) -> None:
        """Delete the models that are best no more; call it once the rows that say so are written.

        Until then a reader, or a kill, finds the model of whichever trial the file calls best.
        """
        for folder in self._best.glob("*"):
            if folder.name not in map(str, self._front):
                shutil.rmtree(folder, ignore_errors=True)

    def note(self) -> str:
        """Return the best value so far in a few words, "" before there is one."""
        if len(self._objectives) > 1 and self._front:
            return f"{len(self._front)} on the front"
        return "".join(
            f"best {name} {row[DEV + name]:.4f}"
            for row in self._front.values()
            for name in self._objectives
        )

    def _take(self, trial_id: int) -> None:
        self._best.mkdir(exist_ok=True)
        try:
            (self._waiting / str(trial_id)).replace(self._best / str(trial_id))
        except FileNotFoundError:
            say(f"the model of trial {trial_id} did not arrive: do all nodes share {self._best}?")
