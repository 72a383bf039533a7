"""Trials that the model has no say in: which they are, how far they run, when they are let go."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from recsae.results import States
from recsae.search.curve_gp.asha_trials import EVERY, FACTOR, AshaTrials
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report
from recsae.search.engine.strategy import Decision
from recsae.space import SearchSpace, space_of

FIRST = 8


def nine_epochs(**sections: Any) -> SearchSpace:
    """A space whose trials have rungs at 1 and 3."""
    parameters = {"sae_k": {"int": [2, 16]}, "sae_epochs": 9}
    return space_of({"model_name": "SASRec_SAE", "parameters": parameters, **sections})


class Led:
    """The rule of these trials, and the history that it is told."""

    def __init__(self, space: SearchSpace) -> None:
        self.history, self.asha_trials = History(space.objectives), AshaTrials(space, FIRST)

    def start(self) -> Trial:
        """Start the next trial."""
        trial = self.history.add(Trial(len(self.history), "SASRec_SAE", {}, {}, 9))
        self.asha_trials.on_event(self.history, trial)
        return trial

    def report(self, trial: Trial, value: float, **metrics: float) -> Decision:
        """Let a trial tell of its next epoch; return what becomes of it."""
        report = Report(trial.epochs + 1, 0.0, {"ndcg@10": value, "leak": 0.0, **metrics})
        self.history.add_report(trial, report)
        self.asha_trials.on_event(self.history, trial)
        return self.asha_trials.judge(self.history, trial)

    def pause(self, trial: Trial) -> None:
        """Let a trial wait."""
        self.history.set_state(trial, States.PAUSED)
        self.asha_trials.on_event(self.history, trial)


def test_the_first_trials_and_some_later_ones_are_led() -> None:
    led = Led(nine_epochs())
    trials = [led.start() for _ in range(4 * EVERY)]
    found = [trial.trial_id for trial in trials if led.asha_trials.leads(trial)]
    assert found == [*range(FIRST), *(n for n in range(FIRST, 4 * EVERY) if n % EVERY == 0)]
    assert [n for n in found if led.asha_trials.due(n)] == found[FIRST:]


@given(st.lists(st.floats(0.01, 0.2), min_size=2, max_size=FIRST, unique=True))
def test_a_trial_goes_on_at_a_rung_if_it_is_among_the_best_there(values: list[float]) -> None:
    led = Led(nine_epochs())
    for i, value in enumerate(values):
        decision = led.report(led.start(), value)
        better = sum(other > value for other in values[:i])
        if decision == Decision.GO_ON:
            assert better <= i / FACTOR + 1
        else:
            assert decision == Decision.PAUSE and better > 0


def test_between_rungs_a_trial_goes_on() -> None:
    led = Led(nine_epochs())
    best, weak = led.start(), led.start()
    for epoch in range(1, 9):
        assert led.report(best, 0.1 + 0.01 * epoch) == Decision.GO_ON
    assert led.report(weak, 0.2) == Decision.GO_ON
    assert led.report(weak, 0.01) == Decision.GO_ON
    assert led.report(weak, 0.01) == Decision.PAUSE


def test_one_that_waits_is_the_models_from_then_on() -> None:
    led = Led(nine_epochs())
    trial = led.start()
    led.report(trial, 0.1)
    assert led.asha_trials.leads(trial)
    led.pause(trial)
    assert not led.asha_trials.leads(trial)
    led.history.set_state(trial, States.RUNNING)
    led.asha_trials.on_event(led.history, trial)
    assert not led.asha_trials.leads(trial)


def test_one_that_breaks_a_limit_waits_at_a_rung() -> None:
    led = Led(nine_epochs(constraints={"l0": "<= 5"}))
    assert led.report(led.start(), 0.2, l0=8.0) == Decision.PAUSE
    assert led.report(led.start(), 0.3, l0=4.0) == Decision.GO_ON
