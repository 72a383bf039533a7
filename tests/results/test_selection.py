"""Which trials are best, by tables made by hand and by the laws of dominance."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.results import best_rows, eligible, non_dominated, ranked
from recsae.results.frames import trials_frame

TABLE = trials_frame(
    [
        {"trial_id": i, "state": state, "model_name": "m", "dev/ndcg@10": n, "dev/l0": l0, **leak}
        for i, (state, n, l0, leak) in enumerate(
            [
                ("COMPLETE", 0.10, 4.0, {"dev/leak": False}),
                ("COMPLETE", 0.30, 9.0, {"dev/leak": False}),
                ("COMPLETE", 0.90, 1.0, {"dev/leak": True}),
                ("PRUNED", 0.80, 1.0, {"dev/leak": False}),
                ("FAILED", 0.80, 1.0, {}),
                ("RUNNING", 0.80, 1.0, {}),
                ("COMPLETE", 0.30, 9.0, {}),
                ("COMPLETE", None, 1.0, {}),
                ("COMPLETE", 0.20, 9.0, {}),
                ("COMPLETE", 0.20, 2.0, {}),
                ("COMPLETE", float("inf"), 2.0, {}),
            ]
        )
    ]
)


def ids(frame: pd.DataFrame) -> list[int]:
    return [int(i) for i in frame["trial_id"]]


@pytest.mark.parametrize(
    ("objectives", "expected"),
    [
        ({"ndcg@10": "max"}, [1]),
        ({"ndcg@10": "min"}, [0]),
        ({"l0": "min"}, [7]),
        ({"ndcg@10": "max", "l0": "min"}, [1, 6, 9]),
        ({"l0": "min", "ndcg@10": "max"}, [9, 1, 6]),
        ({"ndcg@10": "min", "l0": "max"}, [0, 8]),
        ({"unknown": "max"}, []),
    ],
)
def test_best_by_hand(objectives: dict[str, str], expected: list[int]) -> None:
    assert ids(best_rows(TABLE, objectives)) == expected


def test_only_complete_trials_without_leak_and_with_finite_objectives_may_be_best() -> None:
    able = eligible(TABLE, {"ndcg@10": "max"})
    assert ids(TABLE[able]) == [0, 1, 6, 8, 9]


@pytest.mark.parametrize(
    ("constraints", "able", "best"),
    [
        ({"l0": "<= 4"}, [0, 7, 9, 10], [0]),
        ({"l0": ">= 9"}, [1, 6, 8], [1]),
        ({"l0": "<= 4", "ndcg@10": ">= 0.2"}, [9, 10], [9]),
        ({"unknown": "<= 1"}, [], []),
        ({"l0": "<= 0"}, [], []),
    ],
)
def test_only_what_keeps_to_the_constraints_may_be_best(
    constraints: dict[str, str], able: list[int], best: list[int]
) -> None:
    assert ids(TABLE[eligible(TABLE, {"l0": "min"}, constraints)]) == able
    assert ids(best_rows(TABLE, {"l0": "max"}, constraints)) == best


@pytest.mark.parametrize("limit", ["<= nan", "0.5", "< 0.5", "<= 1 2", "<= inf"])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(ValueError, match="expected"):
        eligible(TABLE, {"l0": "min"}, {"l0": limit})


def test_ranked_shows_what_breaks_a_constraint_later_in_its_state_and_leaks_last() -> None:
    states = ["PAUSED", "COMPLETE", "RUNNING", "COMPLETE", "PRUNED", "FAILED", "PRUNED", "COMPLETE"]
    rows = [
        {"trial_id": i, "state": state, "model_name": "m", "dev/l0": float(i)}
        | {"dev/leak": i in (1, 7)}
        for i, state in enumerate(states)
    ]
    shown = ranked(trials_frame(rows), {"l0": "min"}, {"l0": ">= 5"})
    assert ids(shown) == [3, 1, 7, 6, 4, 0, 2, 5]


def test_best_of_no_trials_is_empty() -> None:
    assert best_rows(trials_frame([]), {"ndcg@10": "max"}).empty


def test_ranked_shows_complete_leaking_pruned_running_failed() -> None:
    assert ids(ranked(TABLE, {"ndcg@10": "max"})) == [10, 1, 6, 8, 9, 0, 7, 2, 3, 5, 4]


@pytest.mark.parametrize(
    ("values", "directions", "expected"),
    [
        ([[1], [2], [2]], ["max"], [False, True, True]),
        ([[1], [2], [1]], ["min"], [True, False, True]),
        ([[1, 1], [2, 2]], ["max", "min"], [True, True]),
        ([[1, 2], [2, 1]], ["max", "min"], [False, True]),
        ([[1, 1], [1, 1]], ["max", "max"], [True, True]),
        ([[np.nan, 9], [1, 1]], ["max", "max"], [False, True]),
        ([[np.inf], [1]], ["max"], [False, True]),
        (np.empty((0, 2)), ["max", "min"], []),
    ],
)
def test_dominance_by_hand(values: Any, directions: list[str], expected: list[bool]) -> None:
    assert non_dominated(values, directions).tolist() == expected


def dominates(a: list[int], b: list[int], directions: list[str]) -> bool:
    signs = [1 if way == "max" else -1 for way in directions]
    gains = [sign * (x - y) for sign, x, y in zip(signs, a, b, strict=True)]
    return min(gains) >= 0 and max(gains) > 0


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[list[int]], list[str]]:
    directions = draw(st.lists(st.sampled_from(["max", "min"]), min_size=1, max_size=3))
    row = st.lists(st.integers(0, 4), min_size=len(directions), max_size=len(directions))
    return draw(st.lists(row, max_size=12)), directions


@given(problems())
def test_a_row_is_chosen_exactly_if_no_other_dominates_it(
    problem: tuple[list[list[int]], list[str]],
) -> None:
    values, directions = problem
    chosen = non_dominated(values, directions)
    for row, is_chosen in zip(values, chosen, strict=True):
        assert is_chosen == (not any(dominates(other, row, directions) for other in values))


@given(problems())
def test_every_row_left_out_is_dominated_by_a_chosen_one(
    problem: tuple[list[list[int]], list[str]],
) -> None:
    values, directions = problem
    chosen = non_dominated(values, directions)
    front = [row for row, is_chosen in zip(values, chosen, strict=True) if is_chosen]
    for row, is_chosen in zip(values, chosen, strict=True):
        assert is_chosen or any(dominates(other, row, directions) for other in front)


@given(problems(), st.randoms())
def test_the_order_of_the_rows_does_not_matter(
    problem: tuple[list[list[int]], list[str]], dice: Any
) -> None:
    values, directions = problem
    order = list(range(len(values)))
    dice.shuffle(order)
    shuffled = non_dominated([values[i] for i in order], directions)
    assert shuffled.tolist() == non_dominated(values, directions)[order].tolist()
