"""How many settings a finite space has, and which is the i-th."""

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from recsae.space import SearchSpace, space_of

ATTENTION = "SASRec_SAE_Attention"


def space(parameters: dict[str, Any], models: Any = ("SASRec_SAE", ATTENTION)) -> SearchSpace:
    return space_of({"model_name": list(models), "parameters": parameters})


CONDITIONAL = {
    "sae_k": {"int": [2, 16]},
    "sae_scale_size": {"choice": [2, 4]},
    "sae_attn_heads": {"choice": [1, 2, 4], "when": {"model_name": ATTENTION, "sae_k": [2, 3, 4]}},
}


def test_conditions_are_counted() -> None:
    # 15 values of k by 2 scales for each model; of 3 k by 2 scales one is 3 for attention.
    assert space(CONDITIONAL).grid.size == 2 * 15 * 2 + 3 * 2 * (3 - 1)


def test_the_points_are_all_settings_each_once() -> None:
    made = space(CONDITIONAL)
    grid = made.grid
    points = [grid.point(i) for i in range(grid.size or 0)]
    assert len({json.dumps(point, sort_keys=True) for point in points}) == grid.size
    assert all(made.drawn(lambda p, one=one: one[p.name]) == one for one in points)
    assert points[0] == {"model_name": "SASRec_SAE", "sae_k": 2, "sae_scale_size": 2}


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_any_space_has_as_many_points_as_it_says(data: st.DataObject) -> None:
    ks = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=4, unique=True))
    heads = data.draw(st.lists(st.sampled_from([1, 2, 4, 8]), min_size=1, max_size=3, unique=True))
    when = {"model_name": ATTENTION, "sae_k": data.draw(st.sampled_from(ks))}
    made = space({"sae_k": {"choice": ks}, "sae_attn_heads": {"choice": heads, "when": when}})
    assert made.grid.size == len(ks) + (len(ks) - 1) + len(heads)


def test_a_range_of_numbers_is_infinite_and_nothing_searched_is_one_setting() -> None:
    grid = space({"sae_lr": {"float": [0.1, 0.2]}, "sae_k": 3}).grid
    assert (grid.size, grid.infinite) == (None, ("sae_lr",))
    assert space({"sae_k": 3}, ["SASRec_SAE"]).grid.size == 1


def test_a_large_space_is_counted_without_being_written_out() -> None:
    ranges = {"sae_epochs": {"int": [1, 10**6]}, "sae_batch_size": {"int": [1, 10**6]}}
    grid = space(ranges | {"sae_seed": {"int": [0, 10**6]}}).grid
    assert grid.size == 2 * 10**12 * (10**6 + 1)
    assert grid.point(grid.size - 1)["sae_seed"] == 10**6
    asked = {"choice": [1, 2], "when": {"model_name": ATTENTION, "sae_epochs": 7}}
    assert space(ranges | {"sae_attn_heads": asked}).grid.size is None
