"""Recorded trials searched again: the run's own rules, and other rules on a run that stops none."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from search.simulation.recorded_runs import decisions, results_of

from recsae.search.engine.events import Event
from recsae.search.simulation.recorded import recorded_trials, searched_again
from recsae.space import SearchSpace, space_of
from recsae.space.kinds import SCHEDULERS
from recsae.testing.driver import MemoryJournal
from recsae.testing.scheduler_laws import LAWS, worlds
from recsae.testing.searches import made_metrics, search
from recsae.testing.worlds import ONE, TWO, scheduler_named, searched, space_with

EVERY = pytest.mark.parametrize("name", SCHEDULERS.names)
EACH_GOAL = pytest.mark.parametrize("objectives", [ONE, TWO], ids=["one", "two"])


def again(space: SearchSpace, of: SearchSpace, journal: list[Event], workers: int = 1) -> Any:
    """Return what a space makes of the trials of a run of another, and its journal."""
    found = MemoryJournal()
    outcome = searched_again(space, recorded_trials(results_of(of, journal)), workers, found)
    return outcome, found


@EVERY
@EACH_GOAL
@given(data=st.data(), trials=st.integers(1, 14))
@LAWS
def test_its_own_rules_decide_as_they_did(
    name: str, objectives: dict[str, str], data: st.DataObject, trials: int
) -> None:
    world, space = data.draw(worlds(objectives, trials)), space_with(name, objectives)
    _, journal = searched(scheduler_named(name, objectives), world, trials)
    outcome, found = again(space, space, journal)
    assert decisions(found) == decisions(journal)
    assert outcome.unknown == []


def made_space(name: str, objectives: dict[str, str], **search: Any) -> SearchSpace:
    return space_of(
        {
            "model_name": "SASRec_SAE",
            "base": {"emb_size": 16},
            "parameters": {
                "sae_k": {"int": [2, 16]},
                "sae_lr": {"float": [1e-4, 1e-1], "log": True},
                "sae_epochs": 9,
            },
            "objectives": objectives,
            "search": {"sampler": "random", "trials": 20, **search},
            "scheduler": {"name": name},
        }
    )


@EVERY
@EACH_GOAL
@pytest.mark.parametrize("budget", [{}, {"max_epochs": 50}], ids=["trials", "epochs"])
def test_a_run_that_stops_none_predicts_what_any_rule_does(
    name: str, objectives: dict[str, str], budget: dict[str, int]
) -> None:
    everything = made_space("none", objectives)
    space = made_space(name, objectives, **budget)
    outcome, found = again(space, everything, search(everything))
    assert decisions(found) == decisions(search(space))
    assert outcome.unknown == []


def lucky(trial_id: int, settings: dict[str, Any], epoch: int) -> dict[str, Any]:
    """Return made metrics whose score has a luck of its own in each epoch."""
    luck = np.random.default_rng([trial_id, epoch]).normal(0, 0.03)
    made = made_metrics(trial_id + 100, settings, epoch + 3)
    assert made is not None
    return {**made, "leak": False, "ndcg@10": made["ndcg@10"] + luck}


@pytest.mark.parametrize("name", ["asha", "asha_promote", "median"])
def test_what_it_decides_by_can_be_asked_about(name: str) -> None:
    everything = made_space("none", ONE)
    recorded, found = search(everything, curve=lucky), {}
    for decides in ("expected", "observed"):
        space = made_space(name, ONE, decide_by=decides)
        _, journal = again(space, everything, recorded)
        found[decides] = decisions(journal)
        assert found[decides] == decisions(search(space, curve=lucky))
        assert any("expected" in event for event in journal) == (decides == "expected")
    assert found["expected"] != found["observed"]


def test_what_was_stopped_early_is_unknown_where_another_rule_goes_on() -> None:
    stopping, everything = made_space("asha", ONE), made_space("none", ONE)
    journal = search(stopping)
    outcome, _ = again(everything, stopping, journal)
    stopped = [event["trial_id"] for event in journal if event.get("decided") == "stop"]
    assert outcome.unknown == sorted(stopped) != []
    # No report is made up, and the others are as they were.
    assert outcome.history.epochs == sum(event["kind"] == "reported" for event in journal)
    complete = {event["trial_id"] for event in journal if event.get("decided") == "complete"}
    assert outcome.complete == complete


@EVERY
@given(data=st.data(), trials=st.integers(1, 10), workers=st.integers(1, 3))
@LAWS
def test_nothing_is_reported_that_was_not_recorded(
    name: str, data: st.DataObject, trials: int, workers: int
) -> None:
    world, own = data.draw(worlds(ONE, trials)), data.draw(st.sampled_from(SCHEDULERS.names))
    _, journal = searched(scheduler_named(own, ONE), world, trials)
    space = space_with(own, ONE)
    outcome, found = again(space_with(name, ONE), space, journal, workers)
    recorded = {(e["trial_id"], e["epochs"]) for e in journal if e["kind"] == "reported"}
    reported = {(e["trial_id"], e["epochs"]) for e in found if e["kind"] == "reported"}
    assert reported <= recorded
    unknown = set(outcome.unknown)
    assert {t.trial_id for t in outcome.history if t.state == "RUNNING"} == unknown


def test_time_is_that_of_the_recorded_epochs() -> None:
    space = made_space("none", ONE)
    results = results_of(space, search(space))
    alone = searched_again(space, recorded_trials(results), 1).run.ended
    four = searched_again(space, recorded_trials(results), 4).run.ended
    # Ten seconds an epoch, and .12 before each trial that has one.
    epochs = len(results.curves)
    begun = results.curves["trial_id"].nunique()
    assert alone == pytest.approx(10 * epochs + 0.12 * begun)
    assert alone / 4 <= four < alone / 3


def test_an_epoch_that_is_missing_ends_a_curve() -> None:
    space = made_space("none", ONE)
    results = results_of(space, search(space))
    curves = results.curves[~((results.curves.trial_id == 1) & (results.curves.epoch == 4))]
    cut = type(results)(results.path, results.search, results.trials, curves)
    assert [len(trial.curve.seconds) for trial in recorded_trials(cut)][:3] == [9, 3, 9]
