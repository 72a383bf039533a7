"""How the hypervolume of the Pareto set grows over a run."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.results.frames import trials_frame
from recsae.results.hypervolume import hypervolumes
from recsae.results.pareto import FRONT, HYPERVOLUME, MARGIN, Scale
from recsae.results.pareto import hypervolume_history as over_time
from recsae.results.selection import non_dominated

TWO = {"ndcg@10": "max", "l0": "min"}
BOX = (1 + MARGIN) ** 2


def frame(values: list[tuple[Any, ...]]) -> pd.DataFrame:
    """Return trials of (state, ndcg@10, l0), each ended a second after the one before."""
    return trials_frame(
        [
            {
                **{"trial_id": i, "state": state, "model_name": "m"},
                **{"dev/ndcg@10": ndcg, "dev/l0": l0, "dev/dead": 0.1 * i},
                **{"dev/leak": bool(leak), "started": 0.0},
                "ended": None if state == "RUNNING" else 1.0 + i,
            }
            for i, (state, ndcg, l0, *leak) in enumerate(values)
        ]
    )


def test_growth_by_hand() -> None:
    trials = frame([("COMPLETE", 0.0, 10), ("COMPLETE", 0.2, 20), ("COMPLETE", 0.1, 15)])
    grown = over_time(trials, TWO, {})
    # Scaled: (1, 0), (0, 1), (.5, .5) up to (1.1, 1.1).
    expected = [0.11, 0.21, 0.46]
    assert list(grown[HYPERVOLUME]) == pytest.approx([v / BOX for v in expected])
    assert list(grown[FRONT]) == [1, 2, 3]


def test_one_trial_is_best_in_all() -> None:
    grown = over_time(frame([("COMPLETE", 0.3, 7)]), TWO, {})
    assert list(grown[HYPERVOLUME]) == [pytest.approx(1.0)] and list(grown[FRONT]) == [1]


@pytest.mark.parametrize("states", [[], ["FAILED"], ["PRUNED", "PRUNED"], ["RUNNING"]])
def test_without_a_trial_that_may_be_best_there_is_no_growth(states: list[str]) -> None:
    assert over_time(frame([(state, 0.1, 4) for state in states]), TWO, {}).empty


def test_pruned_trials_set_the_scale_but_are_not_on_the_front() -> None:
    trials = frame([("PRUNED", 0.0, 20), ("COMPLETE", 1.0, 10)])
    scale = Scale.of(trials, objectives=TWO, constraints={})
    assert scale is not None
    assert scale.best_M.tolist() == [-1.0, 10.0] and scale.worst_M.tolist() == [0.0, 20.0]
    assert list(over_time(trials, TWO, {})["trial_id"]) == [1]


def test_leaks_and_what_breaks_a_constraint_count_nowhere() -> None:
    sound = [("COMPLETE", 0.1, 4), ("COMPLETE", 0.2, 9)]
    spoilt = [*sound, ("COMPLETE", 0.9, 1, True), ("COMPLETE", 0.8, 2)]
    grown = over_time(frame(spoilt), TWO, {"dead": "<= 0.25"})
    alone = over_time(frame(sound), TWO, {})
    assert list(grown["trial_id"]) == [0, 1]
    assert list(grown[HYPERVOLUME]) == pytest.approx(list(alone[HYPERVOLUME]))


def test_two_runs_are_compared_on_one_scale() -> None:
    one, other = frame([("COMPLETE", 0.0, 5)]), frame([("COMPLETE", 1.0, 5)])
    scale = Scale.of(one, other, objectives=TWO, constraints={})
    ends = [over_time(run, TWO, {}, scale)[HYPERVOLUME].iloc[-1] for run in (one, other)]
    assert ends == pytest.approx([MARGIN / (1 + MARGIN), 1.0])
    assert Scale.of(frame([]), frame([]), objectives=TWO, constraints={}) is None


rows = st.tuples(st.sampled_from(["COMPLETE", "PRUNED"]), st.integers(0, 5), st.integers(0, 5))


@given(st.lists(rows, min_size=1, max_size=12))
def test_it_never_shrinks_and_ends_at_the_volume_of_the_front(values: list[Any]) -> None:
    trials = frame(values)
    grown = over_time(trials, TWO, {})
    volumes = grown[HYPERVOLUME].to_numpy()
    assert (np.diff(volumes) >= -1e-12).all() and (volumes <= 1 + 1e-12).all()
    scale = Scale.of(trials, objectives=TWO, constraints={})
    if scale is not None and len(grown):
        costs = np.column_stack([-grown["dev/ndcg@10"], grown["dev/l0"]])
        whole = hypervolumes(scale.scaled(costs), np.full(2, 1 + MARGIN))[-1] / BOX
        assert volumes[-1] == pytest.approx(whole)
        front = non_dominated(costs, ["min", "min"])
        assert grown[FRONT].iloc[-1] == front.sum()
