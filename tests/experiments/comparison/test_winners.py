"""One search, two budgets: which trials a prefix pays for, and which of them wins."""

from typing import Any

import pandas as pd
import pytest
from comparison.winners import prefix, winner

from recsae.results.frames import trials_frame

T0 = 1_700_000_000.0


def row(trial_id: int, ended: float | None, ndcg: float, **more: Any) -> dict[str, Any]:
    """A trial that starts 10 s after the one before; `ended` in seconds after the first start."""
    return {
        "trial_id": trial_id,
        "state": "COMPLETE",
        "model_name": "SASRec_SAE",
        "sae_k": 8,
        "sae_lr": 0.001 * (trial_id + 1),
        "sae_seed": trial_id,
        "dev/ndcg@10": ndcg,
        "dev/leak": False,
        "started": T0 + 10 * trial_id,
        "ended": None if ended is None else T0 + ended,
        **more,
    }


@pytest.fixture
def trials() -> pd.DataFrame:
    return trials_frame(
        [
            row(0, 9, 0.10),
            row(1, 19, 0.30, state="PRUNED"),
            row(2, 29, 0.12),
            row(3, 39, 0.20, **{"dev/leak": True}),
            row(4, 49, 0.15),
            row(5, 55, float("nan"), state="FAILED"),
        ]
    )


@pytest.mark.parametrize(
    ("budget", "size", "paid"),
    [
        ("trials", 3, [0, 1, 2]),
        ("trials", 99, [0, 1, 2, 3, 4, 5]),
        ("seconds", 29.0, [0, 1, 2]),
        ("seconds", 28.9, [0, 1]),  # trial 2 still runs: it does not count
        ("seconds", 8.0, []),
    ],
)
def test_a_prefix_is_what_a_shorter_search_would_have_ended(
    trials: pd.DataFrame, budget: Any, size: float, paid: list[int]
) -> None:
    assert list(prefix(trials, budget, size)["trial_id"]) == paid


def test_the_best_complete_trial_wins_by_dev(trials: pd.DataFrame) -> None:
    best = winner(trials, "trials", 3)
    assert best is not None
    assert (best.trial_id, best.dev, best.trials, best.complete) == (2, 0.12, 3, 2)
    assert best.seconds == 29.0
    assert best.settings == {"sae_k": 8, "sae_lr": 0.003, "sae_seed": 2}
    later = winner(trials, "seconds", 60.0)
    assert later is not None and later.trial_id == 4 and not later.leak


def test_a_leak_wins_only_where_it_is_known_to_leak(trials: pd.DataFrame) -> None:
    best = winner(trials, "trials", 99, leaks=True)
    assert best is not None and best.trial_id == 3 and best.leak


def test_of_equals_the_first_wins() -> None:
    same = trials_frame([row(0, 9, 0.1), row(1, 19, 0.1)])
    best = winner(same, "trials", 2)
    assert best is not None and best.trial_id == 0


def test_no_complete_trial_no_winner(trials: pd.DataFrame) -> None:
    assert winner(trials, "seconds", 5.0) is None
    assert winner(trials[trials["trial_id"] == 3], "trials", 9) is None
