"""A run that goes on as an Optuna journal that grows, so that a reader of it follows the run.

A journal is read once, entry after entry: what changes is appended, nothing is written again.
"""

from pathlib import Path

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial

from recsae.results import Results
from recsae.search.optuna_views.export import frozen_trials, new_study


class GrowingStudy:
    """The study of a run in a new journal file."""

    def __init__(self, results: Results, path: Path) -> None:
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        self._storage = JournalStorage(JournalFileBackend(str(path)))
        study = new_study(self._storage, results)
        self._study = self._storage.get_study_id_from_name(study.study_name)
        self._told: dict[int, tuple[int, FrozenTrial]] = {}
        """By number Optuna's id of a trial, and the trial as it was told last."""
        self.take(results)

    def take(self, results: Results) -> None:
        """Append what is new in the run."""
        for number, trial in enumerate(frozen_trials(results)):
            if number not in self._told:
                found = self._storage.create_new_trial(self._study, template_trial=trial)
                self._told[number] = found, trial
                continue
            found, before = self._told[number]
            if not before.state.is_finished():
                self._go_on(found, before, trial)
                self._told[number] = found, trial

    def _go_on(self, found: int, before: FrozenTrial, trial: FrozenTrial) -> None:
        for step, value in trial.intermediate_values.items():
            if step not in before.intermediate_values:
                self._storage.set_trial_intermediate_value(found, step, value)
        for name, value in trial.user_attrs.items():
            if before.user_attrs.get(name) != value:
                self._storage.set_trial_user_attr(found, name, value)
        if trial.state.is_finished():
            for name, value in trial.system_attrs.items():
                self._storage.set_trial_system_attr(found, name, value)
            self._storage.set_trial_state_values(found, trial.state, trial.values)
