"""A search whose first trials fail alike starts no more, unless one of them gets farther."""

import pytest
from search.engine.strategies import director

from recsae.results import States
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.failures import EQUAL_FAILURES
from recsae.search.engine.strategy import Decision
from recsae.testing.driver import MemoryJournal

DIVERGED = "SettingError: diverged in epoch {}"


def giving_up(journal: MemoryJournal | None = None) -> Director:
    return director(budget=Budget(9), journal=journal, may_give_up=True)


def fail(led: Director, count: int, error: str = DIVERGED) -> None:
    for _ in range(count):
        run = led.next()
        assert run is not None
        led.fail(run.trial_id, error.format(run.trial_id))


def test_equal_failures_from_the_start_end_it() -> None:
    led = giving_up()
    fail(led, EQUAL_FAILURES - 1)
    assert led.failure is None
    fail(led, 1)
    assert led.failure == DIVERGED.format(0)
    assert led.next() is None and led.finished and len(led.history) == EQUAL_FAILURES


def test_it_is_asked_for() -> None:
    led = director(budget=Budget(9))
    fail(led, 5)
    assert led.failure is None and led.next() is not None


def test_different_failures_do_not_end_it() -> None:
    led = giving_up()
    for error in ("boo", DIVERGED, DIVERGED, DIVERGED):
        fail(led, 1, error)
    assert led.failure is None and led.next() is not None


def test_those_that_run_are_waited_for_and_one_that_gets_farther_is_hope() -> None:
    led = giving_up()
    for _ in range(5):
        led.next()
    for number in range(EQUAL_FAILURES):
        led.fail(number, "boo")
    assert led.next() is None and not led.finished, "two still run"
    led.fail(3, "boo")
    led.report(4, 1, 1.0, {"ndcg@10": 0.1})
    assert led.failure is None and led.next() is not None


def test_a_trial_that_is_where_the_others_failed_is_no_hope_yet() -> None:
    led = giving_up()
    for number in range(4):
        led.next()
        led.report(number, 1, 1.0, {"ndcg@10": 0.1})
    for number in range(3):
        led.fail(number, "boo")
    assert led.failure == "boo" and not led.finished
    led.report(3, 2, 2.0, {"ndcg@10": 0.1})
    assert led.failure is None


@pytest.mark.parametrize("decision", [Decision.STOP, Decision.PAUSE])
def test_a_trial_that_the_scheduler_judged_is_hope(decision: Decision) -> None:
    led = giving_up()
    led._strategy.judged = {(0, 1): decision}  # type: ignore[attr-defined]
    led.next()
    led.report(0, 1, 1.0, {"ndcg@10": 0.1})
    fail(led, 5, "boo")
    assert led.failure is None and led.next() is not None
    assert led.history.trials[0].state in (States.PRUNED, States.PAUSED)


def test_a_search_that_goes_on_is_not_judged_by_earlier_failures() -> None:
    journal = MemoryJournal()
    fail(giving_up(journal), EQUAL_FAILURES)
    again = giving_up(journal)
    assert again.failure is None
    fail(again, EQUAL_FAILURES)
    assert again.failure == DIVERGED.format(3) and again.next() is None and again.finished
