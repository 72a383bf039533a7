"""What a model is told of the trials so far, and which of many."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.trial import FrozenTrial

from recsae.results import States
from recsae.search.engine.history import History, Trial
from recsae.search.engine.reports import Report
from recsae.search.samplers.optuna_adapter.observations import (
    MOST,
    Observation,
    Observations,
    best,
    bounded,
)
from recsae.search.samplers.optuna_adapter.trials import FrozenTrials
from recsae.search.strategies import sampler_for
from recsae.space import SearchSpace, space_of


def space(**keys: Any) -> SearchSpace:
    parameters = {"sae_k": {"int": [2, 16]}, "sae_lr": {"float": [0.001, 0.1]}, "sae_epochs": 9}
    return space_of({"model_name": "SASRec_SAE", "parameters": parameters, **keys})


def trial(number: int, *values: float, state: States = States.COMPLETE, **metrics: Any) -> Trial:
    """Return a trial with a value an epoch."""
    reports = [
        Report(epoch, 10.0 * epoch, {"ndcg@10": value, **metrics})
        for epoch, value in enumerate(values, 1)
    ]
    drawn = {"sae_k": 2 + number % 15, "sae_lr": 0.01}
    return Trial(number, "SASRec_SAE", drawn, drawn, 9, reports, state)


def seen(*trials: Trial, made: SearchSpace | None = None) -> list[Observation]:
    observations = Observations(made or space())
    for one in trials:
        observations.on_event(one)
    return observations.seen()


def test_a_stopped_trial_counts_by_its_last_report() -> None:
    pruned = trial(0, 0.1, 0.3, state=States.PRUNED)
    paused = trial(1, 0.2, state=States.PAUSED)
    assert [o.values for o in seen(pruned, paused)] == [(0.3,), (0.2,)]


def test_a_failed_one_and_one_without_a_number_are_left_out() -> None:
    failed = trial(0, 0.5, state=States.FAILED)
    nan = trial(1, float("nan"))
    none = trial(2, 0.5)
    none.reports[-1] = Report(1, 1.0, {"ndcg@10": None})
    assert seen(failed, nan, none, trial(3, 0.1))[0].number == 3


def test_a_trial_is_running_until_it_pauses_or_ends() -> None:
    observations = Observations(space())
    running = trial(0, 0.5, state=States.RUNNING)
    observations.on_event(running)
    assert observations.running == [(0, running.drawn)] and observations.seen() == []
    running.state = States.PAUSED
    observations.on_event(running)
    assert observations.running == [] and len(observations.seen()) == 1
    running.state = (
        States.RUNNING
    )  # it goes on: what it reported still counts, and by its latest report
    running.reports.append(Report(2, 20.0, {"ndcg@10": 0.9}))
    observations.on_event(running)
    assert observations.running == [] and observations.seen()[0].values == (0.9,)
    running.state = States.FAILED
    observations.on_event(running)
    assert observations.seen() == []


def test_more_is_better_of_every_objective() -> None:
    made = space(objectives={"l0": "min", "ndcg@10": "max"})
    assert seen(trial(0, 0.5, l0=7.0), made=made)[0].values == (-7.0, 0.5)


@pytest.mark.parametrize(
    ("metrics", "violation"),
    [
        ({"dead": 0.2, "l0": 12.0}, -0.25),
        ({"dead": 0.5, "l0": 16.0}, 0.0),
        ({"dead": 0.75, "l0": 12.0}, 0.5),
        ({"dead": 0.75, "l0": 24.0}, 1.0),
        ({"dead": None, "l0": 24.0}, 0.5),
        ({}, 0.0),
        ({"dead": 0.2, "l0": 12.0, "leak": True}, 10.0),
    ],
)
def test_how_far_limits_are_broken(metrics: dict[str, Any], violation: float) -> None:
    made = space(constraints={"dead": "<= 0.5", "l0": "<= 16"})
    assert seen(trial(0, 0.5, **metrics), made=made)[0].violation == pytest.approx(violation)


def observation(number: int, *values: float, violation: float = 0.0) -> Observation:
    return Observation(number, {}, values, violation)


numbers = st.integers(-3, 3).map(float)


@given(
    st.integers(1, 2).flatmap(
        lambda m: st.lists(st.tuples(st.tuples(*[numbers] * m), st.sampled_from([0.0, 0.5, 2.0])))
    ),
    st.integers(3, 30),
)
@settings(deadline=None)
def test_a_bounded_part_is_a_part_with_the_best_and_the_newest(
    given: list[tuple[tuple[float, ...], float]], most: int
) -> None:
    found = [observation(i, *values, violation=b) for i, (values, b) in enumerate(given)]
    part = bounded(found, most)
    assert len(part) == min(most, len(found))
    numbers_in = {o.number for o in part}
    assert len(numbers_in) == len(part) and all(o is found[o.number] for o in part)
    if len(found) > most:
        assert {o.number for o in found[-(most // 3) :]} <= numbers_in
        assert {o.number for o in best(found, most // 3)} <= numbers_in


@given(st.lists(numbers, min_size=1), st.integers(1, 20))
def test_the_best_of_one_objective_are_the_largest(values: list[float], many: int) -> None:
    found = best([observation(i, value) for i, value in enumerate(values)], many)
    assert [o.values[0] for o in found] == sorted(values, reverse=True)[:many]


def test_the_best_of_two_objectives_hold_both_ends_and_the_middle() -> None:
    front = [observation(i, float(i), float(20 - i)) for i in range(21)]
    behind = [observation(100 + i, float(i) - 5, 15.0 - i) for i in range(21)]
    found = best([*behind, *front], 9)
    assert {o.number for o in found} >= {0, 10, 20}
    assert all(o.number < 100 for o in found)


def test_what_is_feasible_comes_first() -> None:
    found = [
        observation(0, 9.0, violation=2.0),
        observation(1, 1.0),
        observation(2, 5.0, violation=0.1),
    ]
    assert [o.number for o in best(found, 2)] == [1, 2]


def test_a_model_sees_no_more_of_a_long_search() -> None:
    trials = [trial(number, number % 17 / 17) for number in range(3 * MOST)]
    part = seen(*trials)
    assert len(part) == MOST
    assert [o.number for o in part] == sorted(o.number for o in part)
    assert part == seen(*trials)


@pytest.mark.parametrize(
    ("constraints", "leak", "constrained"),
    [({}, False, False), ({}, True, True), ({"l0": "<= 9"}, False, True)],
)
def test_a_surrogate_knows_of_constraints_where_something_may_violate_one(
    constraints: dict[str, str], leak: bool, constrained: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = space(constraints=constraints, search={"sampler": "tpe", "trials": 9})
    sampler, told = sampler_for(made), []
    seen = FrozenTrials.seen

    def noted(self: FrozenTrials, found: Sequence[Observation], flag: bool) -> list[FrozenTrial]:
        told.append(flag)
        return seen(self, found, flag)

    monkeypatch.setattr(FrozenTrials, "seen", noted)
    history = History(made.objectives)
    sampler.on_event(history, trial(0, 0.5, l0=3.0, leak=leak))
    sampler.propose(history, 1)
    assert told == [constrained]
