"""The finalists of a run: trained anew with fresh seeds, scored once, in finalists.parquet."""

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from recsae.cache import Cache
from recsae.files import read_json, whole
from recsae.progress import say
from recsae.results import (
    TEST,
    Files,
    load_results,
    records,
    write_finalists,
)
from recsae.results.finalist_selection import chosen, winners
from recsae.search.engine.budgets import Budget
from recsae.search.engine.history import History
from recsae.search.engine.strategy import StartTrial
from recsae.search.finalists import (
    FACTORY,
    FOLDER,
    AllModels,
    Key,
    Listed,
    finalist_space,
    fresh_trials,
    history_of,
    key_of,
    model_folder,
    row_of,
)
from recsae.search.journal.folders import FOLDER as JOURNAL
from recsae.space import SearchSpace
from recsae.storage.entries import shared_words
from recsae.test_reads import count_test_read

if TYPE_CHECKING:
    from recsae.search.ray.plan import SearchOutcome

Row = dict[str, Any]

_MODEL: Final = re.compile(r"(\d+)-\d+")


@dataclass(frozen=True)
class Training:
    """By what means finalists are trained: those of the search."""

    activations: Path
    cache: Cache
    workers: int | None = None
    address: str | None = None
    about: Mapping[str, Any] | None = None
    """What the journal notes of this driver."""
    trial_factory: str = FACTORY
    gpus: float = 0.0
    """The part of a GPU that a trial of the search held; finalists are scored beside as much."""


def train_finalists(
    run: Path, space: SearchSpace, outcome: "SearchOutcome", training: Training
) -> "SearchOutcome":
    """Train the finalists of a search unless it was stopped; return how it all ended."""
    if outcome.interrupted:
        if space.search.finalists:
            say("no finalists: the search was stopped; --resume goes on with it, then with them")
        return outcome
    training = replace(training, gpus=outcome.allocation.gpus)
    return replace(outcome, interrupted=not run_finalists(run, space, training))


def run_finalists(run: Path, space: SearchSpace, training: Training) -> bool:
    """Train and score the finalists that a space asks for; False if a Ctrl-C came before the end.

    What an earlier driver did is not done again. Costs nothing of the search's budgets. Test is
    read once for all of them, after the last training.
    """
    wanted = _to_train(run, space)
    if not wanted:
        return True
    before = _rows_before(run)
    if any(key_of(fresh.drawn) not in before for fresh in wanted):
        if not _train(run / FOLDER, space, wanted, training):
            say("the finalists are not all trained: --resume goes on with them")
            return False
        rows = _scored(run, _trained(run, space), before, training)
        write_finalists(run, rows)
    _tidy(run, space)
    return True


def _to_train(run: Path, space: SearchSpace) -> list[StartTrial]:
    """Return the trainings of the best trials that a run has now."""
    if not space.search.finalists:
        return []
    trials, search = load_results(run).trials, space.search
    by_expected = search.select_by == "expected"
    numbers = chosen(trials, space.objectives, space.constraints, search.finalists, by_expected)
    if not numbers:
        say("no finalists: no trial is complete without a leak and within the constraints")
    history = _history(run, space)
    finalists = [history.trials[number] for number in numbers]
    return fresh_trials(finalists, space.search.finalist_seeds, space.search.seed)


def _train(folder: Path, space: SearchSpace, wanted: list[StartTrial], training: Training) -> bool:
    """Train what is not trained yet; return False after a Ctrl-C."""
    from recsae.search.ray.adapters import UNLIMITED
    from recsae.search.ray.plan import Plan
    from recsae.search.ray.tuner import run_plan

    known = {key_of(trial.drawn): trial.ended for trial in _history(folder, space)}
    keys = list(dict.fromkeys([*known, *(key_of(fresh.drawn) for fresh in wanted)]))
    left = sum(not known.get(key, False) for key in keys)
    if not left:
        return True  # an earlier driver was killed while it scored them
    say(f"training {len({trial_id for trial_id, _ in keys})} finalists anew: {left} trainings")
    folder.mkdir(exist_ok=True)
    plan = Plan(
        finalist_space(space, len(keys)),
        training.activations,
        Listed(wanted),
        Budget(UNLIMITED),
        training.workers,
        training.address,
        training.trial_factory,
        shared_words(training.cache.shared),
        best_models=AllModels(folder, keys, space.objectives),
        title="finalists",
        run=folder.parent.resolve(),
    )
    return not run_plan(plan, folder.resolve(), dict(training.about or {})).interrupted


def _history(folder: Path, space: SearchSpace) -> History:
    from recsae.search.journal.journal import events_of

    return history_of(events_of(folder), space.objectives)


def _trained(run: Path, space: SearchSpace) -> dict[Key, Row]:
    trials = _history(run / FOLDER, space)
    return {key_of(trial.drawn): row_of(trial) for trial in trials if trial.ended}


def _rows_before(run: Path) -> dict[Key, Row]:
    """Return the rows that were written before, by an earlier driver or ahead of --extend."""
    known = load_results(run).finalists
    return {} if known is None else {key_of(row): row for row in records(known)}


def _scored(
    run: Path, rows: Mapping[Key, Row], before: Mapping[Key, Row], training: Training
) -> list[Row]:
    """Return all rows, each with the figures that its model has on test."""
    found = list(before.values())
    new = [key for key in rows if key not in before]
    files = {key: run / FOLDER / model_folder(key) / Files.METRICS for key in new}
    unread = [file for file in files.values() if file.parent.is_dir() and not file.is_file()]
    # Once for all: an earlier driver that was killed while it scored has counted it.
    if unread and not any(file.is_file() for file in files.values()):
        count_test_read(run)
    _score(unread, training)
    for key, file in files.items():
        found.append(rows[key] | (_test_columns(file) if file.is_file() else {}))
    return found


def _score(files: list[Path], training: Training) -> None:
    if not training.gpus:
        score_files(files, training.cache)
    elif files:
        from recsae.search.ray.cluster import cluster
        from recsae.search.ray.gpus import tasks

        with cluster(training.address):
            tasks.run("to score finalists", training.gpus, score_files, files, training.cache)


def score_files(files: list[Path], cache: Cache) -> None:
    """Score the models beside which these files are to lie, on any node that reaches them."""
    from recsae.jobs.evaluation import score_model
    from recsae.jobs.scores import AS_SEARCHED, write_outcome

    here = cache.here()
    for file in files:
        write_outcome(file.parent, score_model(file.parent, AS_SEARCHED, here, None))


def _test_columns(file: Path) -> Row:
    with whole(file):
        return {TEST + name: value for name, value in read_json(file)["test"].items()}


def _tidy(run: Path, space: SearchSpace) -> None:
    """Leave the journal and the models of those that win: finalists.parquet has all the rest."""
    frame = load_results(run).finalists
    assert frame is not None
    won = set(winners(frame, space.objectives, space.constraints))
    for path in (run / FOLDER).glob("*"):
        if path.name != JOURNAL and _trial(path) not in won:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _trial(path: Path) -> int | None:
    """Return whose model lies in a folder, None if it is no model's."""
    found = _MODEL.fullmatch(path.name)
    return int(found[1]) if found else None
