"""What is told of finalists: the search's score beside the fresh ones."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from scipy.stats import t

from recsae.errors import RecsaeError
from recsae.results import (
    Files,
    create,
    load_results,
    summary,
    write_finalists,
    write_search,
    write_trials,
)
from recsae.results.finalists import spread
from recsae.results.frames import read_frame, write_frame


def test_the_interval_is_students() -> None:
    values = [0.1, 0.2, 0.4]
    found = spread(pd.Series([*values, None]))
    low, high = t.interval(0.95, 2, loc=pd.Series(values).mean(), scale=pd.Series(values).sem())
    assert found == pytest.approx((pd.Series(values).mean(), low, high))


def test_one_seed_has_no_interval_and_none_has_no_mean() -> None:
    assert spread(pd.Series([0.5, None])) == (0.5, None, None)
    assert spread(pd.Series([None], dtype="float64")) == (None, None, None)


def fresh(trial_id: int, seed: int, ndcg: float | None, **more: Any) -> dict[str, Any]:
    dev = {"dev/ndcg@10": ndcg, "dev/l0": 4.0, "dev/leak": False}
    return {"trial_id": trial_id, "seed": seed, **dev, "test/ndcg@10": ndcg, **more}


@pytest.fixture
def run(tmp_path: Path) -> Path:
    search = {"space": {"objectives": {"ndcg@10": "max", "l0": "min"}}}
    create(tmp_path / "a", search)
    rows = [
        {
            **{"trial_id": i, "state": "COMPLETE", "model_name": "m", "sae_k": i},
            **{"dev/ndcg@10": 0.3 + i / 10, "dev/l0": 3.0, "dev/leak": False},
        }
        for i in range(2)
    ]
    write_trials(tmp_path / "a", rows)
    return tmp_path / "a"


def test_a_run_without_finalists_has_none(run: Path) -> None:
    results = load_results(run)
    assert results.finalists is None and results.finalist_scores == []
    assert "finalists" not in summary(results)


def test_finalists_by_hand(run: Path) -> None:
    write_finalists(run, [fresh(1, 5, 0.2), fresh(0, 7, None, error="boo"), fresh(0, 5, 0.28)])
    first, second = load_results(run).finalist_scores
    assert (first["trial_id"], first["seeds"], first["failed"]) == (0, 1, 1)
    assert first["metrics"]["ndcg@10"]["searched"] == pytest.approx(0.3)
    assert first["metrics"]["ndcg@10"]["dev"] == {"mean": 0.28, "low": None, "high": None}
    assert first["metrics"]["ndcg@10"]["flattered"] == pytest.approx(0.02)
    assert first["metrics"]["l0"]["flattered"] == pytest.approx(1.0)  # less is better
    assert first["metrics"]["l0"]["test"]["mean"] is None
    assert second["metrics"]["ndcg@10"]["flattered"] == pytest.approx(0.2)
    outcome = summary(load_results(run))
    assert outcome["finalists"][0]["trial_id"] == 0 and outcome["winner"] is None


def test_one_objective_is_won_by_the_best_that_may_win(tmp_path: Path) -> None:
    """Less is better; trials 1 and 2 are one setting; 3 breaks the constraint; 9 is unknown."""
    path = tmp_path / "a"
    space = {"objectives": {"l0": "min"}, "constraints": {"dead": "<= 0.5"}}
    create(path, {"space": space})
    keys = ("trial_id", "model_name", "sae_k", "sae_seed", "dev/l0", "dev/dead")
    searched = [
        (0, "m0", 2, 5, 3.0, 0.1),
        (1, "m1", 4, 5, 4.0, 0.1),
        (2, "m1", 4, 6, 2.0, 0.1),
        (3, "m3", 8, 5, 1.0, 0.9),
        (4, "m3", 8, 6, 3.0, 0.1),
    ]
    about = {"state": "COMPLETE", "dev/leak": False}
    write_trials(path, [dict(zip(keys, row, strict=True)) | about for row in searched])
    found = [(0, 5.0, 0.1), (1, 4.0, 0.1), (3, 1.0, 0.9), (9, None, None)]
    keys = ("trial_id", "dev/l0", "dev/dead")
    write_finalists(path, [dict(zip(keys, row, strict=True)) | {"seed": 7} for row in found])
    results = load_results(path)
    assert [
        (one["trial_id"], one["model_name"], one["metrics"]["l0"]["searched"], one["wins"])
        for one in results.finalist_scores
    ] == [
        (3, "m3", 1.0, False),
        (1, "m1", 3.0, True),
        (0, "m0", 3.0, False),
        (9, None, None, False),
    ]
    outcome = summary(results)
    assert outcome["winner"] == {
        "trial_id": 1,
        "settings": {"model_name": "m1", "sae_k": 4},
        "metrics": results.finalist_scores[1]["metrics"],
    }
    assert outcome["flattery"] == {"l0": pytest.approx((2.0 + 1.0 + 0.0) / 3)}


def test_a_winner_that_is_no_trial_of_the_run_has_no_settings(run: Path) -> None:
    write_search(run, {"space": {"objectives": {"ndcg@10": "max"}}})
    write_finalists(run, [fresh(9, 5, 0.2)])
    outcome = summary(load_results(run))
    assert (outcome["winner"]["trial_id"], outcome["winner"]["settings"]) == (9, {})
    assert outcome["flattery"] == {"ndcg@10": None}


def test_an_empty_or_broken_frame_is_taken_or_told(run: Path) -> None:
    write_finalists(run, [])
    assert load_results(run).finalist_scores == []
    write_frame(run / Files.FINALISTS, read_frame(run / Files.FINALISTS).drop(columns="seed"))
    with pytest.raises(RecsaeError, match=r"finalists\.parquet: no column 'seed'"):
        load_results(run)
