"""What the study of nsgaii and cmaes is told: each trial once, as it was."""

from typing import Any

import pytest

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report
from recsae.search.samplers.optuna_adapter.evolutionary import Evolutionary
from recsae.search.strategies import sampler_for
from recsae.testing.sampler_laws import space_with

AUXK = {"sae_auxk": {"float": [0.0, 1.0]}, "sae_dead_window": {"float": [0.1, 1.0]}}


class Led:
    """A search that tells a sampler all that happens."""

    def __init__(self, name: str) -> None:
        made = space_with(name, model_name="SASRec_SAE", parameters=AUXK)
        sampler = sampler_for(made)
        assert isinstance(sampler, Evolutionary)
        self.sampler, self.history = sampler, History(made.objectives)

    def start(self, drawn: dict[str, Any] | None = None) -> Trial:
        """Start what is proposed, or something else that was drawn instead."""
        number = len(self.history)
        proposed = self.sampler.propose(self.history, number)
        drawn = drawn or proposed
        trial = self.history.add(Trial(number, "SASRec_SAE", drawn, drawn, 3))
        self.sampler.on_event(self.history, trial)
        return trial

    def report(self, trial: Trial, value: float) -> None:
        self.history.add_report(trial, Report(trial.epochs + 1, 1.0, {"ndcg@10": value}))
        self.sampler.on_event(self.history, trial)

    def become(self, trial: Trial, state: States) -> None:
        self.history.set_state(trial, state)
        self.sampler.on_event(self.history, trial)

    def told(self) -> list[tuple[str, list[float] | None]]:
        return [(trial.state.name, trial.values) for trial in self.sampler._study.trials]


@pytest.fixture(params=["nsgaii", "cmaes"])
def led(request: pytest.FixtureRequest) -> Led:
    return Led(request.param)


def test_a_trial_counts_once_when_it_first_pauses_or_ends(led: Led) -> None:
    one = led.start()
    assert led.told() == [("RUNNING", None)]
    led.report(one, 0.1)
    led.report(one, 0.2)
    assert led.told() == [("RUNNING", None)]
    led.become(one, States.PAUSED)
    assert led.told() == [("COMPLETE", [0.2])]
    led.become(one, States.RUNNING)
    led.report(one, 0.9)
    led.become(one, States.COMPLETE)
    assert led.told() == [("COMPLETE", [0.2])]
    assert led.sampler._study.trials[0].params == one.drawn


def test_a_failed_trial_and_one_without_a_value_teach_nothing(led: Led) -> None:
    failed, silent = led.start(), led.start()
    led.report(failed, 0.5)
    led.become(failed, States.FAILED)
    led.become(silent, States.PRUNED)
    assert led.told() == [("FAIL", None), ("FAIL", None)]


def test_what_something_else_drew_belongs_to_the_study_too(led: Led) -> None:
    first = led.start()
    led.report(first, 0.1)
    led.become(first, States.COMPLETE)
    other = led.start({"sae_auxk": 0.25, "sae_dead_window": 0.5})
    # What was proposed in its place never ran.
    assert led.told()[1:] == [("FAIL", None), ("RUNNING", None)]
    own = led.sampler._study.trials[2]
    assert own.params == other.drawn
    assert any("generation" in key for key in own.system_attrs)
    led.report(other, 0.3)
    led.become(other, States.COMPLETE)
    assert led.told()[2] == ("COMPLETE", [0.3])
