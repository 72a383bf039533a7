"""Which latents count as dead, batch by batch."""

import torch

from recsae.sae.code import SparseCode
from recsae.sae.latent_activity import Activity
from recsae.sae.recipes import RECIPES

CPU = torch.device("cpu")


def code(*rows: dict[int, float]) -> SparseCode:
    """A code from the values of its latents, row by row; all rows as long."""
    return SparseCode(
        torch.tensor([list(row.values()) for row in rows]),
        torch.tensor([list(row) for row in rows]),
    )


FIRST = code({0: 1.0, 1: 0.0}, {0: 2.0, 2: 0.5})
SECOND = code({0: 1.0, 1: 0.0}, {0: 2.0, 1: 0.0})


def test_dead_is_not_positive_on_the_last_rows_of_the_window() -> None:
    activity = Activity(4, epoch_rows=4, window=0.5, recipe=RECIPES["default"], device=CPU)
    assert activity.count(FIRST).tolist() == [1, 3]
    assert activity.silent_N.tolist() == [0, 2, 0, 2]
    assert activity.count(SECOND).tolist() == [1, 2, 3]
    assert activity.fired_N.tolist() == [True, False, True, False]


def test_who_is_dead_is_left_open_where_nobody_asks() -> None:
    recipe = RECIPES["default"]
    activity = Activity(4, 4, window=0.5, recipe=recipe, device=CPU, dead_wanted=False)
    assert activity.count(FIRST).tolist() == []
    assert activity.silent_N.tolist() == [0, 2, 0, 2]
    assert activity.fired_N.tolist() == [True, False, True, False]


def test_the_dead_are_told_as_a_mask_too() -> None:
    activity = Activity(4, 4, window=0.5, recipe=RECIPES["default"], device=CPU, as_mask=True)
    assert activity.count(FIRST).tolist() == [False, True, False, True]


def test_a_latent_comes_back_to_life() -> None:
    activity = Activity(4, epoch_rows=4, window=0.5, recipe=RECIPES["default"], device=CPU)
    activity.count(SECOND)
    assert activity.count(FIRST).tolist() == [1, 3]


def test_the_published_dead_were_not_selected_in_the_whole_last_epoch() -> None:
    activity = Activity(4, epoch_rows=4, window=0.1, recipe=RECIPES["reference"], device=CPU)
    activity.begin_epoch()
    assert activity.count(FIRST).tolist() == activity.count(SECOND).tolist() == []
    activity.begin_epoch()
    # Latent 1 was selected, with nothing, and counts as alive; but it did not fire.
    assert activity.count(SECOND).tolist() == [3]
    assert activity.count(SECOND).tolist() == [3]
    assert activity.fired_N.tolist() == [True, False, False, False]
    activity.begin_epoch()
    assert activity.count(FIRST).tolist() == [2, 3]
    assert not activity.fired_N[1]
