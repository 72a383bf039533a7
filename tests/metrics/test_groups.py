"""Groups of users by hand, and what a comparison says of them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from made_seen import nothing_seen

from recsae.metrics.groups import described, user_groups
from recsae.metrics.intervals import Interval
from recsae.metrics.panel import Panel
from recsae.metrics.ranking import Asked

COUNTS = st.lists(st.integers(0, 30), min_size=1, max_size=60)


def test_groups_by_hand() -> None:
    history = np.array([1, 5, 6, 20])
    popularity = np.array([0, 1, 4, 5])
    met = np.array([False, True, False, True])
    found = {name: mask.tolist() for name, mask in user_groups(history, popularity, met).items()}
    assert found["all"] == [True] * 4
    assert found["sparse_users"] == [True, True, False, False]
    assert found["new_items"] == [True, False, False, False]
    assert found["cold_items"] == [False, True, True, False]
    for name in ("history", "popularity"):
        quarters = [found[f"{name}_q{quarter}"] for quarter in (1, 2, 3, 4)]
        assert quarters == np.eye(4, dtype=bool).tolist()
    assert len(found) == 4 + 4 + 4 + 2
    assert found["met"] == [False, True, False, True]
    assert found["new"] == [True, False, True, False]


@given(COUNTS)
def test_quartiles_part_the_users_and_keep_equal_counts_together(counts: list[int]) -> None:
    values = np.array(counts)
    groups = user_groups(values, values, values > 0)
    masks = np.stack([groups[f"history_q{quarter}"] for quarter in (1, 2, 3, 4)])
    assert (masks.sum(0) == 1).all()
    place = masks.argmax(0)
    for value in set(counts):
        assert len(set(place[values == value].tolist())) == 1
    for quarter in range(3):
        low, high = values[place <= quarter], values[place > quarter]
        assert not len(low) or not len(high) or low.max() < high.min()
    # About a quarter at most lies above the third edge.
    assert (place == 3).sum() <= len(values) / 4 + 1


@pytest.mark.parametrize(
    ("found", "n", "expected"),
    [
        (Interval(0.2, 0.1, 0.3), 500, "better"),
        (Interval(-0.2, -0.3, -0.1), 500, "worse"),
        (Interval(0.2, -0.1, 0.3), 500, "unclear"),
        (Interval(0.0, 0.0, 0.0), 500, "unclear"),
        (Interval(0.2, 0.1, 0.3), 199, None),
        (Interval(0.2, 0.1, 0.3), 200, "better"),
    ],
)
def test_verdicts(found: Interval, n: int, expected: str | None) -> None:
    assert described(found, n)["verdict"] == expected
    opposite = {"better": "worse", "worse": "better"}.get(expected or "", expected)
    assert described(found, n, lower_is_better=True)["verdict"] == opposite


def test_a_panel_scores_every_group() -> None:
    rows = 600
    history = np.where(np.arange(rows) < 300, 3, 50)
    popularity = np.full(rows, 9)
    met = np.arange(rows) % 2 == 1
    panel = Panel(Asked(torch.zeros(rows), nothing_seen(rows)), 101, history, popularity, met)
    base = torch.ones(rows, dtype=torch.int64)
    ours = torch.where(torch.arange(rows) < 300, 3, 1)  # worse for the sparse users alone
    found = panel.compared(ours, base)
    assert found["difference"]["ndcg@10"]["mean"] == pytest.approx(-0.25)
    assert found["difference"]["ndcg@10"]["verdict"] == "worse"
    assert found["difference"]["hr@10"]["verdict"] == "unclear"
    sparse = found["groups"]["sparse_users"]
    assert sparse["n"] == 300 and sparse["ndcg@10"] == pytest.approx(0.5)
    assert sparse["percentile"] == pytest.approx(0.02)
    assert sparse["base"] == {"ndcg@10": 1.0, "hr@50": 1.0, "percentile": 0.0}
    assert sparse["difference"]["ndcg@10"]["verdict"] == "worse"
    assert sparse["difference"]["percentile"]["verdict"] == "worse"  # less would be better
    for name in ("met", "new"):
        assert found["groups"][name]["n"] == 300
        assert found["groups"][name]["ndcg@10"] == pytest.approx(0.75)
    rest = found["groups"]["history_q4"]
    assert rest["n"] == 0 and rest["ndcg@10"] is None
    cold = found["groups"]["cold_items"]
    nothing = dict.fromkeys(("mean", "low", "high", "verdict"))
    assert cold["n"] == 0 and cold["difference"]["ndcg@10"] == nothing
    ranks = torch.full_like(base, 10), torch.full_like(base, 11)
    for pair, mean in ((ranks, 1.0), (ranks[::-1], -1.0)):
        assert panel.compared(*pair)["difference"]["hr@10"]["mean"] == mean
    hits = [panel.groups(torch.full_like(base, rank))["all"]["hr@50"] for rank in (50, 51)]
    assert hits == [1.0, 0.0]
    assert panel.scores(base) == {
        **{f"{name}@{k}": 1.0 for name in ("ndcg", "hr") for k in (5, 10, 20)},
        "hr@50": 1.0,
        "percentile": 0.0,
    }
