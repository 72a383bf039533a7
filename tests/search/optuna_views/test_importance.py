"""Which parameters decide: found where it is known, silent where nothing can be said."""

from pathlib import Path
from typing import Any

import pytest
from search.past_runs import MODELS, SPACE, make_run

from recsae.results import load_results
from recsae.search.optuna_views.importance import LEAST_TRIALS, importance_rows, store_importance


def shares(rows: list[dict[str, Any]], objective: str = "ndcg@10") -> dict[int, dict[str, float]]:
    found: dict[int, dict[str, float]] = {}
    for row in rows:
        if row["objective"] == objective:
            found.setdefault(row["epochs"], {})[row["parameter"]] = row["importance"]
    return found


def test_the_parameter_that_decides_has_the_largest_share(tmp_path: Path) -> None:
    rows = importance_rows(make_run(tmp_path / "a", 80)[0])
    (found,) = shares(rows).values()
    assert next(iter(found)) == "sae_lr" and found["sae_lr"] > 0.5
    assert set(found) == {"model_name", *SPACE["parameters"]} - {"sae_epochs"}


def test_shares_are_one_together_and_largest_first(tmp_path: Path) -> None:
    two = {"objectives": {"ndcg@10": "max", "l0": "min"}}
    results, _ = make_run(tmp_path / "a", 60, states=("COMPLETE", "PRUNED"), **two)
    rows = importance_rows(results)
    assert {row["objective"] for row in rows} == {"ndcg@10", "l0"}
    for objective in two["objectives"]:
        for found in shares(rows, objective).values():
            assert sum(found.values()) == pytest.approx(1)
            assert list(found.values()) == sorted(found.values(), reverse=True)
    assert next(iter(shares(rows, "l0")[9])) == "sae_k"


def test_trials_are_compared_after_as_many_epochs(tmp_path: Path) -> None:
    states = ("COMPLETE", "PRUNED", "PRUNED", "FAILED")
    rows = importance_rows(make_run(tmp_path / "a", 80, states=states)[0])
    trials = {row["epochs"]: row["trials"] for row in rows}
    assert trials == {1: 60, 9: 20}


def test_a_conditional_parameter_that_decides_is_found(tmp_path: Path) -> None:
    def by_heads(drawn: dict[str, Any]) -> float:
        return 0.2 if drawn.get("sae_attn_heads") == 4 else 0.1 + drawn["sae_k"] / 1e6

    found = shares(importance_rows(make_run(tmp_path / "a", 120, by_heads)[0]))[9]
    assert next(iter(found)) == "sae_attn_heads"


@pytest.mark.parametrize("trials", [0, 1, 2, LEAST_TRIALS - 1])
def test_of_few_trials_nothing_is_said(tmp_path: Path, trials: int) -> None:
    assert importance_rows(make_run(tmp_path / "a", trials)[0]) == []


@pytest.mark.parametrize("states", [("FAILED",), ("RUNNING", "FAILED")])
def test_of_trials_that_came_to_nothing_nothing_is_said(
    tmp_path: Path, states: tuple[str, ...]
) -> None:
    rows = importance_rows(make_run(tmp_path / "a", 12, states=states)[0])
    assert rows == []


def test_one_parameter_has_nothing_to_be_compared_with(tmp_path: Path) -> None:
    parameters = {"sae_lr": SPACE["parameters"]["sae_lr"]}
    change = {"model_name": MODELS[0], "parameters": parameters}
    results, _ = make_run(tmp_path / "a", 30, **change)
    results.trials["model_name"] = MODELS[0]
    assert importance_rows(results) == []


def test_equal_scores_say_nothing(tmp_path: Path) -> None:
    assert importance_rows(make_run(tmp_path / "a", 30, lambda _: 0.1)[0]) == []


def test_leaking_trials_are_not_asked(tmp_path: Path) -> None:
    results, _ = make_run(tmp_path / "a", 30)
    results.trials["dev/leak"] = True
    assert importance_rows(results) == []


def test_it_is_stored_with_the_run_and_the_same_each_time(tmp_path: Path) -> None:
    results, _ = make_run(tmp_path / "a", 40)
    store_importance(results.path)
    first = load_results(results.path).importance
    assert first is not None and first.to_dict("records") == importance_rows(results)
    store_importance(results.path)
    again = load_results(results.path).importance
    assert again is not None and again.equals(first)
