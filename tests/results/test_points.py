"""What trials offer to the front, by hand: a trial of one k, two with a ladder."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from recsae.results import Columns, best_rows, load_results, points, summary
from recsae.results.folder import create, write_curves, write_ladders, write_trials
from recsae.results.frames import ladders_frame, trials_frame
from recsae.results.pareto import FRONT, HYPERVOLUME, MARGIN, hypervolume_history

TWO = {"ndcg@10": "max", "l0": "min"}


def trial(number: int, k: int, ndcg: float, **more: Any) -> dict[str, Any]:
    figures = {"dev/ndcg@10": ndcg, "dev/l0": float(k), "dev/leak": False, "dev/kl": 0.5}
    about = {"trial_id": number, "state": "COMPLETE", "model_name": "m", "sae_k": k}
    return {**about, **figures, "started": 0.0, "ended": 1.0 + number, **more}


def rung(number: int, k: int, ndcg: float) -> dict[str, Any]:
    return {"trial_id": number, "k": k, "dev/ndcg@10": ndcg, "dev/l0": float(k), "dev/leak": False}


# Of trial 1 the rungs 2 and 4 are on the front and its own k is not, for trial 0 is as sparse and
# better; trial 2 leaks, whatever its ladder says.
TRIALS = [trial(0, 8, 0.4), trial(1, 8, 0.3), trial(2, 4, 0.9, **{"dev/leak": True})]
LADDERS = [rung(1, 2, 0.1), rung(1, 4, 0.2), rung(1, 8, 0.3), rung(2, 2, 0.8), rung(2, 4, 0.9)]
ON_FRONT = [(0, 8), (1, 4), (1, 2)]


def pairs(frame: pd.DataFrame) -> list[tuple[int, int]]:
    return [(int(t), int(k)) for t, k in zip(frame["trial_id"], frame["k"], strict=True)]


def test_a_plain_trial_offers_one_point_and_a_ladder_every_rung() -> None:
    found = points(trials_frame(TRIALS), ladders_frame(LADDERS))
    assert pairs(found) == [(0, 8), (1, 2), (1, 4), (1, 8), (2, 2), (2, 4)]
    assert list(found["sae_k"]) == [8, 8, 8, 8, 4, 4]
    assert list(found["dev/l0"]) == [8, 2, 4, 8, 2, 4]
    # What was not measured at a rung is not known there.
    assert list(found["dev/kl"].isna()) == [False, True, True, True, True, True]
    assert list(found[Columns.LEAK]) == [False] * 4 + [True] * 2


@pytest.mark.parametrize("ladders", [None, ladders_frame([])])
def test_without_ladders_each_trial_is_its_own_point(ladders: pd.DataFrame | None) -> None:
    trials = trials_frame(TRIALS)
    found = points(trials, ladders)
    pd.testing.assert_frame_equal(found.drop(columns="k"), trials)
    assert pairs(found) == [(0, 8), (1, 8), (2, 4)]


def test_the_front_of_points() -> None:
    found = points(trials_frame(TRIALS), ladders_frame(LADDERS))
    assert pairs(best_rows(found, TWO)) == ON_FRONT
    assert pairs(best_rows(found, TWO, {"l0": "<= 4"})) == ON_FRONT[1:]


def test_hypervolume_counts_all_points() -> None:
    found = points(trials_frame(TRIALS), ladders_frame(LADDERS))
    history = hypervolume_history(found, TWO, {})
    assert pairs(history) == [(0, 8), (1, 2), (1, 4), (1, 8)]
    # Scaled costs: (0, 1), then (1, 0) and (2/3, 1/3), up to (1.1, 1.1).
    end = 1 + MARGIN
    third = MARGIN * end + MARGIN * 1 + (1 - 2 / 3) * (2 / 3)
    assert history[HYPERVOLUME].iloc[-1] == pytest.approx(third / end**2)
    assert list(history[FRONT]) == [1, 2, 3, 3]


def test_a_run_with_ladders(tmp_path: Path) -> None:
    space = {"model_name": "SASRec_SAE_Nested", "dataset": "synthetic", "objectives": TWO}
    create(tmp_path / "run", {"space": space})
    write_curves(tmp_path / "run", [])
    write_ladders(tmp_path / "run", LADDERS)
    write_trials(tmp_path / "run", TRIALS)
    results = load_results(tmp_path / "run")
    assert pairs(results.front) == ON_FRONT
    assert list(results.best["trial_id"]) == [0, 1]
    # The row of a best trial has the figures of its own k.
    assert list(results.best["dev/ndcg@10"]) == [0.4, 0.3]
    outcome = summary(results)
    assert [(one["trial_id"], one["k"]) for one in outcome["front"]] == ON_FRONT
    assert outcome["front"][1]["metrics"] == {"ndcg@10": 0.2, "l0": 4.0, "leak": False}
    assert not any("expected" in one for one in outcome["front"])


def test_a_point_at_its_trials_own_k_tells_what_it_is_expected_to_score(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    fvus = rng.uniform(0.1, 0.9, 30)
    rows = [
        trial(n, 4 + n, 0.2 - 0.1 * fvu + 0.001 * rng.normal(), epochs=3, **{"dev/fvu": fvu})
        for n, fvu in enumerate(fvus)
    ]
    space = {"model_name": "SASRec_SAE_Nested", "dataset": "synthetic", "objectives": TWO}
    create(tmp_path / "run", {"space": space})
    write_curves(tmp_path / "run", [])
    write_ladders(tmp_path / "run", [rung(0, 1, 0.01), rung(0, 4, rows[0]["dev/ndcg@10"])])
    write_trials(tmp_path / "run", rows)
    results = load_results(tmp_path / "run")
    front = summary(results)["front"]
    frame = results.expected.set_index("trial_id")
    assert [one["k"] for one in front if "expected" not in one] == [1]
    for one in front:
        if one["k"] > 1:
            row = frame.loc[one["trial_id"]]
            value, sd = row["expected/ndcg@10"], row["expected_sd/ndcg@10"]
            assert one["expected"] == {"ndcg@10": {"expected": value, "sd": sd}}  # L0 is exact
            assert abs(value - 0.2 + 0.1 * fvus[one["trial_id"]]) < 0.005
