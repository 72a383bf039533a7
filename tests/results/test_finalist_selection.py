"""Which trials become finalists, and which of them wins."""

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from recsae.results import non_dominated
from recsae.results.finalist_selection import (
    chosen,
    contenders,
    crowding,
    optimism,
    thinned,
    winners,
)
from recsae.results.finalists import finalist_scores, spread
from recsae.results.frames import finalists_frame, trials_frame

ONE = {"ndcg@10": "max"}
TWO = {"ndcg@10": "max", "l0": "min"}
Row = dict[str, Any]


def trial(trial_id: int, ndcg: float, k: int | None = None, **more: Any) -> Row:
    return {
        "trial_id": trial_id,
        "state": "COMPLETE",
        "model_name": "SASRec_SAE",
        "sae_k": trial_id if k is None else k,
        "sae_seed": 100 + trial_id,
        "dev/ndcg@10": ndcg,
        "dev/leak": False,
        "epochs": 3,
        **more,
    }


def fresh(trial_id: int, seed: int, ndcg: float | None, **more: Any) -> Row:
    figures = {} if ndcg is None else {"dev/ndcg@10": ndcg, "dev/leak": False}
    return {"trial_id": trial_id, "seed": seed, **figures, "epochs": 3, "seconds": 1.0, **more}


def test_the_best_complete_trials_are_chosen() -> None:
    rows = [trial(0, 0.1), trial(1, 0.3), trial(2, 0.2), trial(3, 0.9, state="PRUNED")]
    rows += [trial(4, 0.8, **{"dev/leak": True}), trial(5, 0.7, **{"dev/dead": 0.9})]
    frame = trials_frame(rows)
    assert chosen(frame, ONE, {}, 3) == [5, 1, 2]
    assert chosen(frame, ONE, {"dead": "<= 0.5"}, 3) == []  # the others were not measured
    assert chosen(frame, ONE, {}, 9) == [5, 1, 2, 0]
    assert chosen(frame, {"ndcg@10": "min"}, {}, 1) == [0]
    assert chosen(trials_frame([]), ONE, {}, 2) == []
    assert chosen(trials_frame([]), TWO, {}, 2) == []


def test_finalists_may_be_chosen_by_what_they_are_expected_to_score() -> None:
    """The score is the FVU's and luck's: the luckiest of 31 trials is not chosen."""
    rng = np.random.default_rng(0)
    fvus = [*rng.uniform(0.1, 0.9, 30), 0.5]
    scores = [0.1 * (1 - fvu) + 0.005 * rng.normal() for fvu in fvus[:30]] + [0.12]
    rows = [
        trial(n, score, **{"dev/fvu": fvu, "dev/l0": 8.0})
        for n, (fvu, score) in enumerate(zip(fvus, scores, strict=True))
    ]
    frame = trials_frame(rows)
    assert chosen(frame, ONE, {}, 1) == [30]
    first, *more = chosen(frame, ONE, {}, 5, by_expected=True)
    assert first in np.argsort(fvus)[:5] and 30 not in more
    # One that breaks a constraint teaches, and is not chosen.
    kept = chosen(frame, ONE, {"fvu": ">= 0.3"}, 3, by_expected=True)
    assert len(kept) == 3 and min(fvus[n] for n in kept) >= 0.3
    few = trials_frame(rows[:5])
    assert chosen(few, ONE, {}, 5, by_expected=True) == chosen(few, ONE, {}, 5)
    two = {**ONE, "fvu": "min"}
    assert chosen(frame, two, {}, 3, by_expected=True) == chosen(frame, two, {}, 3)
    assert chosen(trials_frame([]), ONE, {}, 2, by_expected=True) == []


def test_runs_of_one_setting_are_one_contender_by_their_mean() -> None:
    lucky = [trial(1, 0.40, k=7), trial(2, 0.10, k=7), trial(3, 0.34, k=7)]  # mean .28
    frame = trials_frame([trial(0, 0.30), *lucky, trial(4, 0.2)])
    assert chosen(frame, ONE, {}, 3) == [0, 1, 4]
    scores = contenders(frame, ONE).set_index("trial_id")["dev/ndcg@10"]
    assert scores.to_dict() == pytest.approx({0: 0.30, 1: 0.28, 4: 0.2})


def test_settings_that_a_trial_lacks_tell_it_from_others() -> None:
    rows = [trial(0, 0.3, k=7), trial(1, 0.1, k=7, sae_attn_heads=2), trial(2, 0.2, k=7)]
    assert chosen(trials_frame(rows), ONE, {}, 3) == [0, 1]


FRONTS = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=30, unique=True
)


def front_of(points: list[tuple[int, int]]) -> NDArray[np.float64]:
    values = np.array(points, dtype=float)
    front = values[non_dominated(values, ["max", "min"])]
    return front[np.argsort(-front[:, 0])]


@given(points=FRONTS, count=st.integers(2, 8))
def test_a_thinned_front_keeps_its_ends_and_its_order(
    points: list[tuple[int, int]], count: int
) -> None:
    front = front_of(points)
    left = thinned(front, count)
    assert len(left) == min(count, len(front))
    assert all(before < after for before, after in pairwise(left))
    assert {0, len(front) - 1} <= set(left.tolist())


@given(points=FRONTS, count=st.integers(1, 8))
def test_one_more_place_only_adds_to_a_thinned_front(
    points: list[tuple[int, int]], count: int
) -> None:
    front = front_of(points)
    assert set(thinned(front, count).tolist()) <= set(thinned(front, count + 1).tolist())


def test_the_most_crowded_point_goes_first() -> None:
    front = np.array([[10, 10], [9, 9], [8.9, 8.9], [5, 5], [0, 0.0]])
    assert thinned(front, 4).tolist() == [0, 2, 3, 4]
    assert thinned(front, 3).tolist() == [0, 3, 4]
    assert thinned(front, 1).tolist() == [0]
    assert thinned(np.ones((3, 2)), 2).tolist() == [0, 1]
    assert thinned(front, 0).tolist() == []
    assert crowding(np.array([[0.0], [1], [4]])).tolist() == [np.inf, 1.0, np.inf]
    both = crowding(np.array([[0.4, 4.0], [0.3, 3.0], [0.1, 0.0]]))
    assert both.tolist() == pytest.approx([np.inf, 2.0, np.inf])  # a range each


def test_the_pareto_set_is_chosen_and_thinned() -> None:
    points = [(0.1, 1.0), (0.2, 2.0), (0.21, 2.1), (0.3, 9.0), (0.15, 5.0)]
    rows = [trial(i, ndcg, **{"dev/l0": l0}) for i, (ndcg, l0) in enumerate(points)]
    frame = trials_frame(rows)
    assert chosen(frame, TWO, {}, 9) == [3, 2, 1, 0]
    assert chosen(frame, TWO, {}, 3) == [3, 2, 0]


def test_the_winner_has_the_best_mean_on_dev_whatever_test_says() -> None:
    rows = [fresh(4, s, v, **{"test/ndcg@10": 0.9}) for s, v in ((1, 0.1), (2, 0.2))]
    rows += [fresh(7, s, v, **{"test/ndcg@10": 0.1}) for s, v in ((3, 0.3), (5, 0.04))]
    frame = finalists_frame(rows)
    assert winners(frame, ONE) == [7]
    assert winners(frame, {"ndcg@10": "min"}) == [4]
    assert winners(finalists_frame([fresh(7, 1, 0.2), fresh(4, 1, 0.2)]), ONE) == [4]


def test_leaks_failures_and_broken_constraints_do_not_win() -> None:
    rows = [fresh(1, 1, 0.9), fresh(1, 2, 0.9, **{"dev/leak": True}), fresh(2, 3, 0.5)]
    rows += [fresh(2, 4, None, error="boo"), fresh(3, 5, 0.4, **{"dev/l0": 9.0})]
    frame = finalists_frame(rows)
    assert winners(frame, ONE) == [3]
    assert winners(frame, ONE, {"l0": "<= 8"}) == []
    assert winners(frame[frame["trial_id"] == 2], ONE) == [2]
    assert winners(finalists_frame([fresh(2, 4, None, error="boo")]), ONE) == []
    assert winners(finalists_frame([]), ONE) == []


def test_several_objectives_have_several_winners() -> None:
    points = {1: (0.3, 9.0), 2: (0.2, 2.0), 3: (0.1, 3.0)}
    rows = [fresh(i, i, ndcg, **{"dev/l0": l0}) for i, (ndcg, l0) in points.items()]
    assert winners(finalists_frame(rows), TWO) == [1, 2]


def test_what_is_told_of_finalists() -> None:
    trials = trials_frame([trial(0, 0.30), trial(1, 0.40, k=7), trial(2, 0.20, k=7)])
    rows = [fresh(0, 1, 0.27), fresh(0, 2, 0.29), fresh(1, 3, 0.25)]
    scores = finalist_scores(trials, finalists_frame(rows), ONE)
    assert [(one["trial_id"], one["wins"], one["seeds"]) for one in scores] == [
        (0, True, 2),
        (1, False, 1),
    ]
    first, second = (one["metrics"]["ndcg@10"] for one in scores)
    assert first["searched"] == 0.30 and first["flattered"] == pytest.approx(0.02)
    assert second["searched"] == pytest.approx(0.30), "the mean by which it was chosen"
    assert second["dev"] == {"mean": 0.25, "low": None, "high": None}, "one seed has no interval"
    assert second["test"] == {"mean": None, "low": None, "high": None}
    assert optimism(scores, ONE) == {"ndcg@10": pytest.approx((0.02 + 0.05) / 2)}
    less = finalist_scores(trials, finalists_frame(rows), {"ndcg@10": "min"})
    assert optimism(less, {"ndcg@10": "min"}) == {"ndcg@10": pytest.approx(-(0.02 + 0.05) / 2)}


def test_the_interval_covers_the_mean_as_often_as_it_says() -> None:
    rng = np.random.default_rng(0)
    found = [spread(pd.Series(rng.normal(5.0, 2.0, 3))) for _ in range(4000)]
    covered = [one.low <= 5.0 <= one.high for one in found if one.low is not None and one.high]
    assert np.mean(covered) == pytest.approx(0.95, abs=0.012)  # 3.5 standard errors


def test_the_winners_curse_is_seen() -> None:
    """The best of many noisy scores flatters; fresh runs of the same settings do not."""
    rng, scores = np.random.default_rng(1), []
    for _ in range(30):
        worth = rng.normal(0.3, 0.01, 40)
        trials = trials_frame([trial(i, w + rng.normal(0, 0.01)) for i, w in enumerate(worth)])
        picked = chosen(trials, ONE, {}, 3)
        rows = [
            fresh(i, 10 * i + s, worth[i] + rng.normal(0, 0.01)) for i in picked for s in (0, 1)
        ]
        scores.append(optimism(finalist_scores(trials, finalists_frame(rows), ONE), ONE)["ndcg@10"])
    assert np.mean([value for value in scores if value is not None]) > 0.005
