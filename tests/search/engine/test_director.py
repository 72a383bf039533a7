"""The director: what happens is in the journal first, and a replay leads to the same search."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from search.engine.strategies import EPOCHS, director

from recsae.results import States
from recsae.search.engine import events
from recsae.search.engine.budgets import OUT_OF_DEVICE_SECONDS, OUT_OF_EPOCHS, OUT_OF_TIME, Budget
from recsae.search.engine.director import Director, TrialRun
from recsae.search.engine.history import Trial
from recsae.search.engine.strategy import Decision, Step
from recsae.testing.driver import MemoryJournal, drive


class Hours:
    """A clock on which an hour has passed after it was asked so many times."""

    def __init__(self, times: int) -> None:
        self.left = times

    def __call__(self) -> float:
        self.left -= 1
        return 0.0 if self.left > 0 else 3600.0


def tell(led: Director, trial_id: int, epochs: int, value: float = 0.5, **more: Any) -> bool:
    return led.report(trial_id, epochs, 10.0 * epochs, {"ndcg@10": value, **more})


def train(trial: Trial, epoch: int) -> dict[str, float]:
    return {"ndcg@10": 0.1 * trial.trial_id}


def states(led: Director) -> list[str]:
    return [str(trial.state) for trial in led.history]


def test_a_trial_runs_to_its_full_budget() -> None:
    led = director(budget=Budget(1))
    assert led.next() == TrialRun(0, "SASRec_SAE", {"sae_k": 0}, epochs=0)
    assert [tell(led, 0, epoch) for epoch in range(1, EPOCHS + 1)] == [True, True, True, False]
    assert states(led) == ["COMPLETE"] and not led.finished
    assert led.next() is None and led.finished


def test_a_paused_trial_goes_on_from_where_it_was() -> None:
    led = director({(0, 1): Decision.PAUSE}, Budget(1))
    led.next()
    assert not tell(led, 0, 1)
    assert states(led) == ["PAUSED"] and led.history.running == 0
    run = led.next()
    assert run is not None and (run.trial_id, run.epochs) == (0, 1)
    assert states(led) == ["RUNNING"] and tell(led, 0, 2)


def test_a_stopped_trial_is_pruned_and_nothing_changes_it_any_more() -> None:
    led = director({(0, 2): Decision.STOP})
    led.next()
    assert [tell(led, 0, 1), tell(led, 0, 2), tell(led, 0, 3)] == [True, False, False]
    led.fail(0, "too late")
    assert (states(led), led.history.trials[0].epochs, led.history.trials[0].error) == (
        ["PRUNED"],
        2,
        None,
    )


def test_an_epoch_that_comes_again_changes_nothing() -> None:
    journal = MemoryJournal()
    led = director(journal=journal)
    led.next()
    assert tell(led, 0, 1, 0.1) and tell(led, 0, 1, 0.9)
    assert [report.metrics["ndcg@10"] for report in led.history.trials[0].reports] == [0.1]
    assert [event["kind"] for event in journal] == [events.STARTED, events.REPORTED]


def test_a_failure_ends_a_trial_with_its_reason() -> None:
    led = director()
    led.next()
    tell(led, 0, 1)
    led.fail(0, "no room")
    assert (states(led), led.history.trials[0].error) == (["FAILED"], "no room")
    assert led.history.running == 0


def test_an_event_is_kept_before_anybody_hears_of_it() -> None:
    journal, order = MemoryJournal(), []
    listener = lambda event, trial: order.append((journal[-1] == event, trial.epochs))  # noqa: E731
    led = director(budget=Budget(1), journal=journal, listeners=[listener])
    led.next()
    tell(led, 0, 1)
    assert order == [(True, 0), (True, 1)]


def test_the_journal_of_a_trial_by_hand() -> None:
    journal = MemoryJournal()
    led = director({(0, 2): Decision.PAUSE}, Budget(1), journal)
    led.next()
    led.report(0, 1, 10.0, {"ndcg@10": 0.4}, node="one")
    led.report(0, 2, 20.0, {"ndcg@10": 0.5}, node="two")
    led.next()
    led.fail(0, "no room")
    drawn = {"sae_k": 0}
    first = {"model_name": "SASRec_SAE", "drawn": drawn, "settings": drawn, "max_epochs": EPOCHS}
    reported = {"epochs": 1, "seconds": 10.0, "metrics": {"ndcg@10": 0.4}, "node": "one"}
    paused = {"epochs": 2, "seconds": 20.0, "metrics": {"ndcg@10": 0.5}, "node": "two"}
    expected = [
        {"kind": events.STARTED, **first},
        {"kind": events.REPORTED, **reported, "decided": "go_on"},
        {"kind": events.REPORTED, **paused, "decided": "pause"},
        {"kind": events.RESUMED},
        {"kind": events.ENDED, "state": "FAILED", "error": "no room"},
    ]
    assert journal == [{**event, "trial_id": 0, "at": 5.0} for event in expected]


def test_what_runs_and_was_lost_starts_anew_before_any_other() -> None:
    led = director()
    led.next()
    tell(led, 0, 1)
    led.restart(0)
    assert led.next() == TrialRun(0, "SASRec_SAE", {"sae_k": 0}, epochs=1)
    led.fail(0, "no room")
    led.restart(0)
    run = led.next()
    assert run is not None and run.trial_id == 1


def test_the_strategy_hears_of_a_report_before_and_of_a_new_state_after() -> None:
    led = director({(0, 2): Decision.PAUSE}, Budget(1))
    led.next()
    tell(led, 0, 1)
    tell(led, 0, 2)
    heard = led._strategy.heard  # type: ignore[attr-defined]
    assert heard == [(0, "RUNNING", 0), (0, "RUNNING", 1), (0, "RUNNING", 2), (0, "PAUSED", 2)]


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"max_epochs": 2}, OUT_OF_EPOCHS),
        ({"max_device_seconds": 30.0, "devices": 2.0}, OUT_OF_DEVICE_SECONDS),
        ({"max_hours": 1.0}, OUT_OF_TIME),
    ],
)
def test_a_budget_that_is_over_still_gives_an_answer(limits: dict[str, Any], reason: str) -> None:
    budget = Budget(9, clock=Hours(7), **limits)
    led = director(budget=budget)
    for _ in range(2):
        led.next()
    assert tell(led, 0, 1, 0.2)
    decisions, epoch = [tell(led, 1, 1, 0.7)], 1
    while budget.over(led.history) is None:
        epoch += 1
        decisions.append(tell(led, 1, epoch, 0.7))
    assert budget.over(led.history) == reason
    assert led.next() is None and not led.finished
    assert not tell(led, 0, 2, 0.3), "the weaker one stops at its next report"
    while decisions[-1]:
        epoch += 1
        decisions.append(tell(led, 1, epoch, 0.7))
    assert states(led) == ["PRUNED", "COMPLETE"]
    assert led.next() is None and led.finished


def test_a_paused_leader_is_brought_to_its_end_when_the_budget_is_over() -> None:
    clock = Hours(99)
    budget = Budget(9, max_hours=1.0, clock=clock)
    led = director({(0, 1): Decision.PAUSE, (1, 1): Decision.PAUSE}, budget)
    for trial_id, value in enumerate((0.3, 0.6)):
        led.next()
        tell(led, trial_id, 1, value)
    clock.left = 0
    run = led.next()
    assert run is not None and run.trial_id == 1
    while tell(led, 1, led.history.trials[1].epochs + 1, 0.6):
        pass
    assert states(led) == ["PAUSED", "COMPLETE"]
    assert led.next() is None and led.finished


def test_a_strategy_with_nothing_to_start_is_asked_again_when_something_has_happened() -> None:
    led = director(budget=Budget(1, max_epochs=EPOCHS - 1))
    strategy, asked = led._strategy, []

    def counted(*about: Any) -> Step | None:
        asked.append(led.history.running)
        return type(strategy).next(strategy, *about)

    strategy.next = counted  # type: ignore[method-assign]
    led.next()
    assert [led.next() for _ in range(3)] == [None] * 3 and len(asked) == 2
    tell(led, 0, 1)
    assert led.next() is None and len(asked) == 3


def test_a_leak_is_no_answer() -> None:
    led = director(budget=Budget(9, max_epochs=EPOCHS))
    led.next(), led.next()
    for epoch in range(1, EPOCHS + 1):
        tell(led, 0, epoch, 0.9, leak=1.0)
    assert states(led)[0] == "COMPLETE" and not led.history.has_answer
    assert tell(led, 1, 1, 0.1), "the honest one goes on"


@given(
    picks=st.lists(st.integers(0, 1), min_size=60, max_size=60),
    judged=st.dictionaries(
        st.tuples(st.integers(0, 4), st.integers(1, 3)), st.sampled_from(list(Decision))
    ),
    killed_after=st.integers(0, 40),
)
def test_a_replayed_search_is_where_it_was(
    picks: list[int], judged: dict[tuple[int, int], Decision], killed_after: int
) -> None:
    journal, left = MemoryJournal(), list(picks)
    led = director(judged, Budget(5), journal)
    by_chance = lambda running: left.pop() % len(running)  # noqa: E731
    drive(led, train, workers=2, pick=by_chance, reports=killed_after)
    again = director({}, Budget(5), journal)
    assert again.history.trials == led.history.trials
    assert vars(again.history) == vars(led.history)
    assert again._strategy.heard == led._strategy.heard  # type: ignore[attr-defined]
    ran = [t.trial_id for t in led.history if t.state == States.RUNNING]
    runs = [again.next() for _ in ran]
    assert [one.trial_id for one in runs if one] == ran, "what ran goes on first"
