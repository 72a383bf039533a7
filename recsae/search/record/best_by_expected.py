"""The models of a run whose best trial is the one that is expected to score best.

What a trial is expected to score changes with each further trial, so the models of several stay
until the search ends; only a trial whose model is kept may be the best.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from recsae.results import Columns, by_objectives
from recsae.results.expected import best_first, expected_frame
from recsae.results.frames import trials_frame
from recsae.results.selection import eligible
from recsae.search.record.best_models import BestModels

KEPT: Final = 8
"""Models that are kept for their expected values, and as many for their observed ones."""


class BestByExpected(BestModels):
    """Keeps those of one objective that are among the best by expected or by observed values."""

    def select(self, rows: Sequence[Mapping[str, Any]] = ()) -> None:
        """Take in the models of trials that finished, and keep those of the best so far."""
        if self._finished:
            self._narrow(rows, KEPT)

    def restore(
        self, rows: Iterable[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]]
    ) -> None:
        """Take in the finished trials whose models an earlier driver has kept, or left waiting."""
        for row, _ in rows:
            name = str(row[Columns.TRIAL_ID])
            if (self._waiting / name).is_dir():
                self._keep(int(name))
            if (self._best / name).is_dir():
                self.add(row)
        shutil.rmtree(self._waiting, ignore_errors=True)

    def settle(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep the model of the best by expected, and of the best by observed values, alone."""
        if self._front:
            self._narrow(rows, 1)
            self.delete_others()

    def _narrow(self, rows: Sequence[Mapping[str, Any]], most: int) -> None:
        frame = trials_frame(rows)
        able = eligible(frame, self._objectives, self._constraints)
        numbers = set(frame.loc[able, Columns.TRIAL_ID])
        for row in self._finished:
            trial_id = int(row[Columns.TRIAL_ID])
            if trial_id in numbers:
                self._keep(trial_id)
                if (self._best / str(trial_id)).is_dir():
                    self._front[trial_id] = row
            else:
                shutil.rmtree(self._waiting / str(trial_id), ignore_errors=True)
        self._finished = []
        kept = frame[able & frame[Columns.TRIAL_ID].isin(self._front)]
        told = expected_frame(frame, self._objectives, able)
        expected = [n for n in best_first(frame, told, self._objectives) if n in self._front]
        observed = by_objectives(kept, self._objectives)[Columns.TRIAL_ID].tolist()
        best = dict.fromkeys([*expected[:most], *observed[:most]])
        self._front = {number: self._front[number] for number in best}
