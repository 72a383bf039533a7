"""Finite spaces: a grid, settings that are not tried twice, a search that has tried them all."""

import time
from typing import Any

import pytest

from recsae.errors import RecsaeError
from recsae.search.engine.history import Trial
from recsae.search.samplers.untried import Untried
from recsae.search.strategies import warnings_of
from recsae.space import SearchSpace, load_space, space_of
from recsae.testing.searches import drawn_in, search

FINITE = {"sae_k": {"choice": [1, 2, 3, 4, 5]}, "sae_scale_size": {"choice": [2, 4, 8, 16]}}


def space(sampler: str = "random", parameters: Any = None, **search: Any) -> SearchSpace:
    return space_of(
        {
            "model_name": "SASRec_SAE",
            "parameters": {**(parameters or FINITE), "sae_epochs": 2},
            "search": {"sampler": sampler, **search},
            "scheduler": {"name": "none"},
        }
    )


def trial(number: int, drawn: dict[str, Any]) -> Trial:
    return Trial(number, "SASRec_SAE", drawn, drawn, 2)


def test_a_grid_needs_a_finite_space_and_names_what_is_not() -> None:
    floats = {**FINITE, "sae_lr": {"float": [1e-4, 1e-2]}, "sae_auxk": {"float": [0, 1]}}
    with pytest.raises(RecsaeError, match="as sae_lr, sae_auxk take any number of a range; got gr"):
        space("grid", floats)
    with pytest.raises(RecsaeError, match="sampler: expected another, or choices, as sae_lr, "):
        load_space("sasrec_sae.yaml").override(search={"sampler": "grid"})


def test_a_part_of_a_grid_has_seen_all_parts_of_the_space() -> None:
    drawn = drawn_in(search(space("grid", trials=8)))
    assert len({one["sae_k"] for one in drawn}) >= 4  # in the order of the file 2


def test_a_grid_is_gone_through_once_before_any_setting_comes_again() -> None:
    drawn = drawn_in(search(space("grid", trials=99, replicates=3)))
    rounds = [drawn[i : i + 20] for i in range(0, 60, 20)]
    assert len(drawn) == 60
    assert [len({tuple(one.values()) for one in part}) for part in rounds] == [20, 20, 20]


def test_a_grid_that_is_larger_than_the_trials_is_told() -> None:
    assert warnings_of(space("grid", trials=8)) == [
        "sampler grid: trials: 8 are not all 20 settings"
    ]
    assert warnings_of(space("grid", trials=20)) == []
    assert warnings_of(space("grid", trials=20, replicates=2)) == [
        "sampler grid: trials: 20 are not all 40 settings"
    ]


def test_initial_points_are_part_of_the_grid() -> None:
    made = space_of({**space("grid", trials=99).resolved(), "points": [{"sae_k": 4}, {"sae_k": 4}]})
    drawn = drawn_in(search(made))
    assert [one["sae_k"] for one in drawn[:2]] == [4, 4]
    assert len({tuple(one.values()) for one in drawn}) == 20


def test_what_was_tried_is_replaced_by_something_near() -> None:
    untried, tried = Untried(space()), {"sae_k": 3, "sae_scale_size": 8}
    assert untried.instead_of(tried, 0) == tried
    untried.on_event(trial(0, tried))
    others = [untried.instead_of(tried, number) for number in range(1, 40)]
    assert tried not in others
    assert all(sum(one[n] != tried[n] for n in tried) == 1 for one in others)
    assert untried.instead_of(tried, 7) == others[6]


def test_the_last_setting_is_found_among_many() -> None:
    made = space(parameters={"sae_batch_size": {"int": [1, 3000]}})
    untried = Untried(made)
    for number in range(3000):
        if number != 1234:
            untried.on_event(trial(number, {"sae_batch_size": number + 1}))
    assert not untried.exhausted
    assert untried.instead_of({"sae_batch_size": 7}, 3000) == {"sae_batch_size": 1235}
    untried.on_event(trial(3000, {"sae_batch_size": 1235}))
    assert untried.exhausted


def test_a_space_with_a_range_of_numbers_is_left_alone() -> None:
    made = space(parameters={**FINITE, "sae_lr": {"float": [1e-4, 1e-2]}})
    untried, drawn = Untried(made), {"sae_k": 3, "sae_scale_size": 8, "sae_lr": 1e-3}
    untried.on_event(trial(0, drawn))
    assert untried.instead_of(drawn, 1) is drawn and untried.size is None
    assert made.trials == made.search.trials == 64


def test_a_huge_finite_space_costs_nothing() -> None:
    wide = {"sae_epochs": {"int": [1, 10**6]}, "sae_batch_size": {"int": [1, 10**6]}}
    heads = {"sae_positions": {"choice": ["all", "last"], "when": {"sae_epochs": 7}}}
    values = {"model_name": "SASRec_SAE", "parameters": wide | heads}
    made = space_of(values)
    began = time.perf_counter()
    untried = Untried(made)
    for number in range(1000):
        drawn = {"sae_epochs": number + 8, "sae_batch_size": 3}
        assert untried.instead_of(drawn, number) is drawn
        untried.on_event(trial(number, drawn))
    assert not untried.exhausted and untried.size is None
    assert time.perf_counter() - began < 1
    with pytest.raises(RecsaeError, match="too many settings to count"):
        made.override(search={"sampler": "grid"})


def test_a_search_is_over_when_all_is_tried_and_told_how_to_go_on() -> None:
    made = space(trials=64)
    assert made.trials == 20 and made.more == ("--replicates", "2")
    assert space(trials=8).more == ("--trials", "16")
    nothing = space(parameters={"sae_k": 3}, trials=7)
    assert nothing.trials == 7 and len(drawn_in(search(nothing))) == 7
