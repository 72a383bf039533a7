"""Runs as their journals tell them, without a folder."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from recsae.results import Results
from recsae.results.frames import curves_frame, trials_frame
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History
from recsae.search.engine.reports import metric_columns
from recsae.search.strategies import strategy_for
from recsae.space import SearchSpace


def results_of(space: SearchSpace, journal: Iterable[Event]) -> Results:
    """Return the frames that a run of this journal has."""
    history = History(space.objectives)
    director = Director(strategy_for(space), history, Budget.of(space.search))
    director.replay(journal)
    rows: list[dict[str, Any]] = []
    points: list[dict[str, Any]] = []
    for trial in history:
        last: dict[str, Any] = {}
        for report in trial.reports:
            columns = metric_columns(report.metrics)
            last |= columns
            at = {"epoch": report.epochs, "seconds": report.seconds}
            points.append({"trial_id": trial.trial_id, **at, **columns})
        about = {"trial_id": trial.trial_id, "state": trial.state, "model_name": trial.model_name}
        ends = {"sae_epochs": trial.max_epochs, "epochs": trial.epochs, "error": trial.error}
        rows.append({**about, **trial.settings, **last, **ends, "started": 0.0, "ended": 1.0})
    search = {"space": space.resolved()}
    return Results(Path("made"), search, trials_frame(rows), curves_frame(points))


def decisions(journal: Iterable[Event]) -> list[tuple[Any, ...]]:
    """Return what a search did: each event with its trial, its epochs and what was decided."""
    names = ("kind", "trial_id", "epochs", "decided", "state")
    return [tuple(event.get(name) for name in names) for event in journal]
