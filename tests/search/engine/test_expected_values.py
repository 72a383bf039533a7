"""What decisions rest on: expected values at rungs and ends, kept with the report."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from search.engine.strategies import EPOCHS, Scripted

from recsae.results.expected import LEAST_TRIALS
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.expected_values import LATEST, ExpectedValues
from recsae.search.engine.history import WORST, History
from recsae.search.engine.strategy import Decision
from recsae.testing.driver import MemoryJournal

COUNT, NOISE = 60, 0.003
TRUTH = np.random.default_rng(0).uniform(0.12, 0.13, COUNT)
OBSERVED = TRUTH + NOISE * np.random.default_rng(1).standard_normal(COUNT)
STOPPED_AT_ONE = {(number, 1): Decision.STOP for number in range(2 * COUNT)}


def metrics(number: int, **others: Any) -> dict[str, Any]:
    """Return a report whose FVU tells the score without its luck."""
    fvu = float(np.exp(-100 * TRUTH[number]))
    return {"ndcg@10": float(OBSERVED[number]), "fvu": fvu, "l0": 4.0, **others}


def director(
    objectives: dict[str, str] | None = None,
    journal: MemoryJournal | None = None,
    rungs: Iterable[int] = (1,),
) -> Director:
    """Return one whose trials stop after an epoch, its journal replayed."""
    history = History(objectives or {"ndcg@10": "max"})
    led = Director(
        Scripted(STOPPED_AT_ONE),
        history,
        Budget(10**6),
        journal=journal,
        clock=lambda: 0.0,
        expected=ExpectedValues(tuple(rungs)),
    )
    led.replay(list(journal or []))
    return led


def searched(led: Director, reports: Iterable[dict[str, Any]]) -> np.ndarray:
    """Let a trial report each; return what decides of them."""
    for own in reports:
        run = led.next()
        assert run is not None
        led.report(run.trial_id, 1, 1.0, own)
    return np.array([led.history.values(trial.reports[0]) for trial in led.history])


def test_values_at_rungs_see_through_the_luck_once_there_are_enough_trials() -> None:
    values = searched(director(), map(metrics, range(COUNT)))[:, 0]
    assert list(values[: LEAST_TRIALS - 1]) == list(OBSERVED[: LEAST_TRIALS - 1])
    late = slice(COUNT // 2, None)
    assert abs(values - TRUTH)[late].mean() < 0.5 * abs(OBSERVED - TRUTH)[late].mean()


def test_between_rungs_it_is_the_observed_value_and_at_the_end_again_the_expected_one() -> None:
    led = director(rungs=())
    searched(led, map(metrics, range(COUNT - 1)))
    run = led.next()
    assert run is not None
    for epoch in range(2, EPOCHS + 1):
        led.report(run.trial_id, epoch, 1.0, metrics(COUNT - 1))
    *early, last = led.history.trials[run.trial_id].reports
    assert [bool(one.expected) for one in (*early, last)] == [False] * (EPOCHS - 2) + [True]
    assert led.history.values(early[-1]) == (OBSERVED[-1],) != led.history.values(last)


def test_a_leak_is_worst_and_teaches_nothing() -> None:
    clean = searched(director(), map(metrics, range(COUNT)))[:, 0]
    led = director()
    searched(led, (metrics(n, leak=True, fvu=9.0) for n in range(COUNT)))
    both = searched(led, map(metrics, range(COUNT)))[:, 0]
    assert set(both[:COUNT]) == {WORST}
    np.testing.assert_array_equal(both[COUNT:], clean)


def test_each_objective_is_told_with_its_own_sign_and_quiet_ones_stay() -> None:
    one = searched(director(), map(metrics, range(COUNT)))[:, 0]
    goals = {"loss": "min", "fvu": "min", "ndcg@10": "max"}
    led = director(goals)
    several = searched(led, (metrics(n, loss=-float(OBSERVED[n])) for n in range(COUNT)))
    np.testing.assert_allclose(several[:, 0], one)
    np.testing.assert_array_equal(several[:, 2], one)
    fvu = [-metrics(n)["fvu"] for n in range(COUNT)]
    assert several[:, 1].tolist() == fvu
    assert set(led.history.trials[COUNT - 1].reports[0].expected) == {"loss", "ndcg@10"}


def test_other_models_and_trials_long_ago_teach_nothing() -> None:
    led = director()
    searched(led, (metrics(0, **{"ndcg@10": 0.12 + n / 1e3}) for n in range(COUNT)))
    for trial in led.history:
        trial.model_name = "SASRec_SAE_Attention"
    own = searched(led, map(metrics, range(COUNT)))[COUNT:, 0]
    np.testing.assert_array_equal(own, searched(director(), map(metrics, range(COUNT)))[:, 0])
    again = searched(led, (metrics(n % COUNT) for n in range(LATEST + 20)))[-20:, 0]
    fresh = searched(director(), (metrics(n % COUNT) for n in range(20, LATEST + 20)))[-1, 0]
    # The last of both is told by the same latest trials.
    assert again[-1] == fresh


def test_the_journal_keeps_what_was_told_and_a_replay_takes_it() -> None:
    journal = MemoryJournal()
    led = director(journal=journal)
    values = searched(led, map(metrics, range(COUNT)))
    kept = [event for event in journal if event["kind"] == "reported"]
    assert "expected" not in kept[0] and kept[-1]["expected"].keys() == {"ndcg@10"}
    value, sd = kept[-1]["expected"]["ndcg@10"]
    assert value == values[-1, 0] and 0 < sd < 2 * NOISE
    kept[-1]["expected"]["ndcg@10"] = [0.5, 0.1]  # told by other code
    for event in kept[:-1]:
        event.pop("expected", None)  # as a journal has it that knows of none
    again = director(journal=MemoryJournal(journal)).history
    found = [again.values(trial.reports[0])[0] for trial in again]
    assert found == pytest.approx([*OBSERVED[:-1], 0.5], abs=0)
    assert again.observed(again.trials[COUNT - 1].reports[0]) == (OBSERVED[-1],)
