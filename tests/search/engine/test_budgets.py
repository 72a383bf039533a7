"""When a search has spent enough, at the very limits."""

from typing import Any

import pytest

from recsae.results import States
from recsae.search.engine.budgets import OUT_OF_DEVICE_SECONDS, OUT_OF_EPOCHS, OUT_OF_TIME, Budget
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report
from recsae.space.sections import SearchSettings


@pytest.fixture
def history() -> History:
    """One trial, which has ended after 2 epochs and 10 seconds."""
    found = History({"ndcg@10": "max"})
    trial = found.add(Trial(0, "SASRec_SAE", {}, {}, max_epochs=9))
    found.add_report(trial, Report(2, 10.0, {"ndcg@10": 0.5}))
    found.set_state(trial, States.PRUNED)
    return found


@pytest.mark.parametrize(
    ("limits", "passed", "reason"),
    [
        ({"max_epochs": 3}, 0, None),
        ({"max_epochs": 2}, 0, OUT_OF_EPOCHS),
        ({"max_device_seconds": 20.5, "devices": 2.0}, 0, None),
        ({"max_device_seconds": 20.0, "devices": 2.0}, 0, OUT_OF_DEVICE_SECONDS),
        ({"max_device_seconds": 10.0}, 0, OUT_OF_DEVICE_SECONDS),
        ({"max_hours": 1.0}, 3599, None),
        ({"max_hours": 1.0}, 3600, OUT_OF_TIME),
        ({"max_hours": 1.0, "seconds_before": 600.0}, 2999, None),
        ({"max_hours": 1.0, "seconds_before": 600.0}, 3000, OUT_OF_TIME),
        ({"max_hours": 1.0, "min_trials": 2}, 9999, None),
        ({"max_hours": 1.0, "min_trials": 1}, 9999, OUT_OF_TIME),
        ({}, 9999, None),
    ],
)
def test_it_is_over_at_its_limit(
    history: History, limits: dict[str, Any], passed: int, reason: str | None
) -> None:
    now = 100.0
    budget = Budget(2, clock=lambda: now, **limits)
    budget.begin()
    now += passed
    budget.begin()  # the second driver's call does not start the clock anew
    assert budget.over(history) == reason
    assert budget.may_ask(history) == (reason is None)


def test_a_trial_more_than_it_has_is_not_asked_for(history: History) -> None:
    assert Budget(2).may_ask(history) and not Budget(1).may_ask(history)


def test_it_is_what_a_space_says() -> None:
    search = SearchSettings(trials=3, max_hours=1.5, max_device_seconds=7.0, max_epochs=9)
    assert Budget.of(search) == Budget(3, 1.5, 7.0, 9)
    assert Budget.of(search, 2) == Budget(3, 1.5, 7.0, 9, min_trials=2)
