"""A search that stops at the noise of its seeds: when, why, and the same again after a kill."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.results import States
from recsae.search.engine.budgets import Budget
from recsae.search.engine.director import Director
from recsae.search.engine.history import History, Trial
from recsae.search.engine.strategy import Decision, StartTrial, Step
from recsae.search.stopping.noise import ENOUGH_FREEDOM, SHARE, StopAtNoise, _rise, tail_gain
from recsae.search.stopping.repeats import RepeatedSettings
from recsae.testing.driver import MemoryJournal, drive

EPOCHS = 3
SPREAD, NOISE = 0.01, 0.002


class Plain:
    """Draws anew for every trial; prunes what begins badly."""

    def __init__(self, seed: int, cut: float = -np.inf) -> None:
        self._seed, self._cut = seed, cut
        self.heard: list[int] = []

    def next(self, history: History, trial_id: int, may_ask: bool) -> Step | None:
        if not may_ask:
            return None
        worth = float(np.random.default_rng([self._seed, trial_id]).normal(0, SPREAD))
        return complete({"worth": worth}, trial_id)

    def over(self, history: History) -> str | None:
        return None

    def judge(self, history: History, trial: Trial) -> Decision:
        poor = trial.reports[-1].metrics["ndcg@10"] < self._cut  # type: ignore[operator]
        return Decision.STOP if poor else Decision.GO_ON

    def on_event(self, history: History, trial: Trial) -> None:
        self.heard.append(trial.trial_id)


def complete(drawn: dict[str, Any], trial_id: int) -> StartTrial:
    return StartTrial("SASRec_SAE", drawn, {**drawn, "sae_seed": 1000 + trial_id}, EPOCHS)


def measured(settings: dict[str, Any], noise: float = NOISE) -> float:
    luck = np.random.default_rng([settings["sae_seed"], 9]).normal(0, noise)
    return float(settings["worth"] + luck)


Value = Callable[[dict[str, Any]], float]


def nothing_known(history: History) -> float | None:
    return None


def director(
    seed: int = 0,
    gain: Callable[[History], float | None] = nothing_known,
    trials: int = 60,
    journal: MemoryJournal | None = None,
    cut: float = -np.inf,
    objectives: tuple[str, ...] = ("ndcg@10",),
) -> tuple[Director, StopAtNoise]:
    strategy = StopAtNoise(Plain(seed, cut), complete, gain, seed)
    history = History(dict.fromkeys(objectives, "max"))
    led = Director(strategy, history, Budget(trials), journal=journal, clock=lambda: 0.0)
    led.replay(list(journal or []))
    return led, strategy


def run(led: Director, value: Value = measured, workers: int = 2, **keys: Any) -> Director:
    """Run trials in turns, an epoch each."""

    def train(trial: Trial, epoch: int) -> dict[str, float]:
        return {"ndcg@10": value(trial.settings), "l0": 1.0}

    return drive(led, train, workers=workers, **keys)


def test_the_best_runs_again_with_other_seeds() -> None:
    led = run(director()[0])
    settings = RepeatedSettings.of(led.history)
    again = [one for one in settings if len(one.trials) > 1]
    assert again
    for one in again:
        seeds = {led.history.trials[number].settings["sae_seed"] for number in one.trials}
        assert len(seeds) == len(one.trials)
        worths = [other.drawn["worth"] for other in settings if other.trials[0] < one.trials[1]]
        assert one.drawn["worth"] >= sorted(worths)[-3], "what runs again is among the best"
    assert sum(len(one.repeat_values) - 1 for one in again) == ENOUGH_FREEDOM
    assert led.history.ended == 60 and settings.repeat_epochs <= SHARE * led.history.epochs


def test_a_run_of_the_same_setting_is_not_cut_short() -> None:
    led = run(director(cut=0.0)[0], lambda settings: measured(settings, noise=0.02))
    settings = RepeatedSettings.of(led.history)
    again = [n for one in settings for n in one.trials[1:]]
    low = [led.history.trials[n].reports[0].metrics["ndcg@10"] for n in again]
    assert min(value for value in low if value is not None) < 0.0
    assert {led.history.trials[number].state for number in again} == {States.COMPLETE}
    assert States.PRUNED in {trial.state for trial in led.history}


def test_a_seed_that_the_space_fixes_is_changed_all_the_same() -> None:
    def fixed(drawn: dict[str, Any], trial_id: int) -> StartTrial:
        return complete(drawn, trial_id)._replace(settings={**drawn, "sae_seed": 5})

    led, strategy = director()
    strategy.complete = fixed
    run(led)
    again = [one for one in RepeatedSettings.of(led.history) if len(one.trials) > 1]
    seeds = [led.history.trials[n].settings["sae_seed"] for one in again for n in one.trials[1:]]
    assert seeds and len(set(seeds)) == len(seeds)


def test_it_stops_when_the_gain_is_below_the_noise() -> None:
    asked: list[int] = []

    def gain(history: History) -> float:
        asked.append(history.ended)
        return 0.05 / len(history)

    led, strategy = director(gain=gain)
    run(led)
    assert led.finished and 0.05 / len(led.history) < 2 * NOISE and len(led.history) < 60
    assert all(trial.state == States.COMPLETE for trial in led.history), "what ran ran to its end"
    reason = strategy.over(led.history)
    assert (
        reason is not None
        and reason.startswith("expected gain 0.00")
        and "seed noise 0.00" in reason
    )
    assert reason.endswith(" repeats") and len(asked) <= len(led.history) / 2


@pytest.mark.parametrize("gain", [nothing_known, lambda history: 1.0])
def test_it_goes_on_while_the_gain_is_large_or_unknown(
    gain: Callable[[History], float | None],
) -> None:
    led, strategy = director(gain=gain)
    assert len(run(led).history) == 60 and strategy.over(led.history) is None


def test_no_gain_is_small_before_the_noise_is_measured() -> None:
    led, _ = director(gain=lambda history: 0.0, trials=9)
    run(led)
    noise = RepeatedSettings.of(led.history).noise()
    assert len(led.history) == 9 and (noise is None or noise.freedom < 3)


def test_several_objectives_change_nothing() -> None:
    led, strategy = director(gain=lambda history: 0.0, objectives=("ndcg@10", "l0"))
    run(led)
    assert len(led.history) == 60 and strategy.over(led.history) is None
    assert all(len(one.trials) == 1 for one in RepeatedSettings.of(led.history))


@given(reports=st.integers(0, 120), workers=st.integers(1, 4), seed=st.integers(0, 3))
def test_a_killed_search_stops_where_the_other_does(reports: int, workers: int, seed: int) -> None:
    gain = tail_gain if seed % 2 else lambda history: 0.06 / len(history)
    alone, killed = MemoryJournal(), MemoryJournal()
    run(director(seed, gain, 40, alone)[0], workers=1)
    run(director(seed, gain, 40, killed)[0], workers=1, reports=reports)
    assert run(director(seed, gain, 40, killed)[0], workers=1).finished
    assert killed == alone
    busy = run(director(seed, gain, 40)[0], workers=workers)
    assert busy.finished and busy.history.ended == len(busy.history)


def test_the_noise_is_measured_without_the_luck_that_was_chosen() -> None:
    squares, with_first = np.zeros(2), np.zeros(2)
    for seed in range(100):
        led = run(director(seed, trials=40)[0], partial(lucky, seed))
        settings = RepeatedSettings.of(led.history)
        noise = settings.noise()
        assert noise is not None
        squares += (noise.deviation**2 * noise.freedom, noise.freedom)
        for one in settings:
            values = list(one.values.values())
            with_first += (float(np.var(values)) * len(values), len(values) - 1)
    assert squares[0] / squares[1] == pytest.approx(NOISE**2, rel=0.1)
    assert with_first[0] / with_first[1] > 1.3 * NOISE**2


def lucky(seed: int, settings: dict[str, Any]) -> float:
    """Return a value that is luck alone."""
    luck = np.random.default_rng([settings["sae_seed"], seed, 7]).normal(0, NOISE)
    return float(luck)


def history_of(values: list[float]) -> History:
    led = Director(Plain(0), History({"ndcg@10": "max"}), Budget(len(values)))
    for number, value in enumerate(values):
        led.next()
        led.report(number, EPOCHS, 1.0, {"ndcg@10": value})
    return led.history


def test_the_tail_gain_is_the_mean_of_a_simulation() -> None:
    rng = np.random.default_rng(0)
    for expected in (0.01, 0.3, 1.0, 16.0):
        counts = rng.poisson(expected, 200_000)
        best = np.array([rng.exponential(size=n).max() if n else 0.0 for n in counts])
        assert _rise(expected) == pytest.approx(best.mean(), rel=0.08)
    assert _rise(0.0) == 0.0 and _rise(1e-9) == pytest.approx(_rise(2e-8) / 20)


@pytest.mark.parametrize(("kind", "least", "most"), [("exponential", 0.6, 1), ("normal", 1, 2.5)])
def test_as_many_trials_again_gain_about_what_is_expected(
    kind: str, least: float, most: float
) -> None:
    rng, expected, gained = np.random.default_rng(2), [], []
    for _ in range(400):
        values = getattr(rng, kind)(size=80)
        found = tail_gain(history_of(values[:40].tolist()))
        assert found is not None
        expected.append(found)
        gained.append(max(0.0, values[40:].max() - values[:40].max()))
    assert least < np.mean(expected) / np.mean(gained) < most


def test_nothing_but_noise_is_worth_no_further_trial() -> None:
    rng = np.random.default_rng(3)
    found = [tail_gain(history_of(rng.normal(size=32).tolist())) for _ in range(50)]
    assert np.median([gain for gain in found if gain is not None]) < 0.75


def test_the_tail_gain_of_little_or_nothing() -> None:
    assert tail_gain(history_of([0.1] * 7)) is None
    assert tail_gain(history_of([0.1] * 8)) == 0.0


@given(st.lists(st.floats(0, 1), min_size=8, max_size=80), st.floats(0.1, 10))
def test_the_tail_gain_scales_with_the_values(values: list[float], by: float) -> None:
    one, other = (tail_gain(history_of(v)) for v in (values, [by * v + 3 for v in values]))
    assert one is not None and other is not None and one >= 0
    assert other == pytest.approx(by * one, rel=1e-3, abs=1e-9)
