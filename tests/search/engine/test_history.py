"""What a search knows of its trials, by hand."""

import math

import pytest

from recsae.results import States
from recsae.search.engine.history import WORST, History, Trial
from recsae.search.engine.reports import Report

TWO = {"ndcg@10": "max", "l0": "min"}


def added(history: History, *reports: Report, state: States = States.RUNNING) -> Trial:
    trial = history.add(Trial(len(history), "SASRec_SAE", {}, {}, max_epochs=9))
    for report in reports:
        history.add_report(trial, report)
    history.set_state(trial, state)
    return trial


@pytest.mark.parametrize(
    ("metrics", "expected"),
    [
        ({"ndcg@10": 0.5, "l0": 2.0, "leak": 0.0}, (0.5, -2.0)),
        ({"ndcg@10": 0.5}, (0.5, WORST)),
        ({"ndcg@10": None, "l0": math.nan}, (WORST, WORST)),
        ({"ndcg@10": math.inf, "l0": -math.inf}, (WORST, WORST)),
        ({"ndcg@10": 0.5, "l0": 2.0, "leak": 1.0}, (WORST, WORST)),
    ],
)
def test_more_is_better_in_the_values_of_a_report(
    metrics: dict[str, float | None], expected: tuple[float, ...]
) -> None:
    assert History(TWO).values(Report(1, 0.0, metrics)) == expected


def test_epochs_and_seconds_are_those_of_all_trials() -> None:
    history = History(TWO)
    # A process that was lost and began anew has a clock of its own.
    trial = added(history, Report(1, 10.0, {}), Report(3, 8.0, {}), Report(4, 12.0, {}))
    added(history, Report(2, 0.5, {}), state=States.PAUSED)
    assert (history.epochs, history.seconds) == (6, 14.5)
    assert trial.at(3) is trial.reports[1] and trial.at(2) is None
    assert (history.running, history.ended) == (1, 0)


def test_the_best_unfinished_goes_by_the_last_reports_of_those_that_may_go_on() -> None:
    history = History(TWO)
    assert history.best_unfinished is None and not history.has_answer
    added(history)
    added(history, Report(1, 0.0, {"ndcg@10": 0.9, "l0": 1.0}), state=States.PRUNED)
    added(history, Report(1, 0.0, {"ndcg@10": 0.8, "l0": 1.0, "leak": 1.0}))
    assert history.best_unfinished is history.trials[2] and not history.has_answer
    last = Report(2, 0.0, {"ndcg@10": 0.3, "l0": 9.0})
    best = added(history, Report(1, 0.0, {"ndcg@10": 0.1, "l0": 1.0}), last, state=States.PAUSED)
    added(history, Report(1, 0.0, {"ndcg@10": 0.2, "l0": 1.0}))
    assert history.best_unfinished is best


@pytest.mark.parametrize(("leak", "answered"), [(1.0, False), (0.0, True)])
def test_what_is_complete_and_does_not_leak_is_an_answer(leak: float, answered: bool) -> None:
    history = History(TWO)
    added(history, state=States.FAILED)
    added(history, Report(9, 0.0, {"leak": leak}), state=States.COMPLETE)
    assert history.has_answer == answered
    assert (history.running, history.ended) == (0, 2)


def test_an_epoch_comes_once() -> None:
    with pytest.raises(AssertionError, match="epochs come in order"):
        added(History(TWO), Report(1, 0.0, {}), Report(1, 0.0, {}))
