"""A run as an Optuna journal, which optuna-dashboard and `optuna.load_study` open."""

import json
import shlex
import warnings
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import optuna
import pandas as pd
from optuna.storages import JournalStorage
from optuna.storages.journal import BaseJournalBackend
from optuna.trial import FrozenTrial, TrialState, create_trial

from recsae.files import write_whole
from recsae.metrics.bounds import Bound, number
from recsae.results import DEV, Columns, Files, Results, States
from recsae.search.optuna_views.past_trials import DIRECTIONS, PastTrials, past_trials

_STATES: Final = {
    States.COMPLETE: TrialState.COMPLETE,
    States.PRUNED: TrialState.PRUNED,
    States.FAILED: TrialState.FAIL,
    States.RUNNING: TrialState.RUNNING,
    States.PAUSED: TrialState.RUNNING,  # it may go on
}
_TIMES: Final = (Columns.STARTED, Columns.ENDED)


def export(results: Results, path: Path | None = None) -> Path:
    """Write a run as a journal file, whole, and return where: the run's folder by default.

    One study, named like the run. Parameters are those that the search drew, before rates are
    scaled; everything else of a trial is a user attribute; what leaks, or breaks a limit, is
    infeasible.
    """
    target = path or results.path / Files.EXPORT
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    log = _Log()
    study = new_study(JournalStorage(log), results)
    study.add_trials(frozen_trials(results))
    write_whole(target, log.text())
    return target


def new_study(storage: JournalStorage, results: Results) -> optuna.Study:
    """Return a new study of a run, named like it, without its trials."""
    study = optuna.create_study(
        storage=storage,
        study_name=results.path.resolve().name,
        directions=[DIRECTIONS[way] for way in results.objectives.values()],
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        study.set_metric_names(list(results.objectives))
    for key in ("dataset", "protocol", "seed", "versions", "space"):
        if results.search.get(key) is not None:
            study.set_user_attr(key, results.search[key])
    return study


class _Log(BaseJournalBackend):
    """A journal in memory; in a file, each entry would be flushed to the disk by itself."""

    def __init__(self) -> None:
        self._entries: list[dict[str, Any]] = []

    def read_logs(self, log_number_from: int) -> list[dict[str, Any]]:
        """Return the entries from a number on."""
        return self._entries[log_number_from:]

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Take in entries."""
        self._entries += logs

    def text(self) -> str:
        """Return all entries as `JournalFileBackend` reads them: a line of JSON each."""
        return "".join(json.dumps(entry, separators=(",", ":")) + "\n" for entry in self._entries)


def dashboard_command(path: Path) -> str:
    """Return what to type to look at an exported run."""
    return f"optuna-dashboard {shlex.quote(str(path))}"


def frozen_trials(results: Results) -> list[FrozenTrial]:
    """Return the trials of a run as Optuna's own, in their order."""
    past = past_trials(results)
    curves = _curves(results)
    return [_frozen(past, place, results, curves) for place in range(len(past.rows))]


def _frozen(
    past: PastTrials, place: int, results: Results, curves: Mapping[int, dict[int, float]]
) -> FrozenTrial:
    row = past.rows[place]
    params, distributions = past.of(place)
    values = [number(row.get(DEV + name)) for name in results.objectives]
    given = [value for value in values if value is not None]
    state = _STATES[States(row[Columns.STATE])]
    known = len(given) == len(values) and state in (TrialState.COMPLETE, TrialState.PRUNED)
    if state == TrialState.COMPLETE and not known:
        state = TrialState.FAIL
    trial = create_trial(
        state=state,
        values=given if known else None,
        params=params,
        distributions=distributions,
        user_attrs=_attributes(row, params),
        intermediate_values=curves.get(int(row[Columns.TRIAL_ID]), {}),
        constraints=_broken(row, results.constraints) if known else None,
    )
    started, ended = (_instant(row[name]) for name in _TIMES)
    trial.datetime_start = started or datetime.fromtimestamp(0, UTC)
    trial.datetime_complete = (ended or trial.datetime_start) if state.is_finished() else None
    return trial


def _attributes(row: Mapping[str, Any], params: Mapping[str, Any]) -> dict[str, Any]:
    """Return what Optuna has no place for: metrics, settings that were not drawn, how it went."""
    names = [name for name in row if name not in params and name not in _TIMES]
    return {name: row[name] for name in names if not pd.isna(row[name])}


def _broken(row: Mapping[str, Any], constraints: Mapping[str, str]) -> dict[str, float]:
    """Return by how much each limit is broken, 0 or less where it is not; unknown breaks it."""
    found = {"leak": float(row.get(Columns.LEAK) is True)}
    for name, written in constraints.items():
        value = number(row.get(DEV + name))
        found[name] = 1.0 if value is None else Bound.of(written).broken_by(value)
    return found


def _curves(results: Results) -> dict[int, dict[int, float]]:
    """Return the first objective of each trial by epoch."""
    column = DEV + next(iter(results.objectives))
    if column not in results.curves:
        return {}
    known = results.curves.dropna(subset=[column])
    return {
        int(str(trial)): dict(zip(part[Columns.EPOCH].tolist(), part[column].tolist(), strict=True))
        for trial, part in known.groupby(Columns.TRIAL_ID)
    }


def _instant(value: Any) -> datetime | None:
    return None if pd.isna(value) else value.to_pydatetime()
