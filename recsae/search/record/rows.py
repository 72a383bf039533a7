"""The rows of a run's frames from the events of its search: one a trial, one an epoch, one a k."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from recsae.results import DEV, Columns, States
from recsae.search.engine import events
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.events import Event
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import metric_columns
from recsae.search.engine.strategy import Decision, Step

GOING_ON = (States.RUNNING, States.PAUSED)


@dataclass(slots=True)
class Known:
    """What a row has beside what the history knows."""

    trial: Trial
    started: float
    changed: float
    """When its last event was."""
    node: str | None = None

    def take(self, event: Event) -> None:
        """Take in an event of the trial, which is in the history by now."""
        self.changed = event["at"]
        if event["kind"] == events.REPORTED:
            self.node = event["node"]


def row_of(known: Known, left: States | None = None) -> dict[str, Any]:
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
        Columns.ENDED: None if state in GOING_ON else known.changed,
        Columns.NODE: known.node,
        Columns.ERROR: trial.error,
    }
    for report in trial.reports:  # a figure that was not taken again stays
        columns = metric_columns(report.metrics)
        row |= {name: value for name, value in columns.items() if name.startswith(DEV)}
    return row


def ladder_of(trial: Trial) -> list[dict[str, Any]]:
    """Return a row a k of what a trial told of its ladder."""
    told = trial.reports[-1].ladder if trial.reports else ()
    return [
        {Columns.TRIAL_ID: trial.trial_id, **{_at_k(name): figure for name, figure in row.items()}}
        for row in told
    ]


def _at_k(name: str) -> str:
    return name if name == Columns.K else DEV + name


def curve_of(trial: Trial) -> Iterator[dict[str, Any]]:
    """Return a row an epoch that has figures."""
    for report in trial.reports:
        if report.metrics:
            yield {
                Columns.TRIAL_ID: trial.trial_id,
                Columns.EPOCH: report.epochs,
                Columns.SECONDS: report.seconds,
                **metric_columns(report.metrics),
            }


class _Silent:
    """Proposes nothing and decides nothing: what was decided stands in the events."""

    exact = True

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        """Propose nothing."""
        return None

    def over(self, history: History) -> str | None:
        """Leave it to the events."""
        return None

    def judge(self, history: History, trial: Trial) -> Decision:
        """Fail: no report here is new."""
        raise AssertionError("a replay decides nothing")

    def on_event(self, history: History, trial: Trial) -> None:
        """Do nothing."""


def replayed(past: Iterable[Event]) -> list[Known]:
    """Return what is known of each trial after the events of a journal."""
    known: dict[int, Known] = {}

    def listen(event: Event, trial: Trial) -> None:
        found = known.setdefault(trial.trial_id, Known(trial, event["at"], event["at"]))
        found.take(event)

    Director(_Silent(), History({}), Budget(0), listeners=[listen]).replay(past)
    return [*known.values()]
