"""Several runs as one: every trial once, and no two that cannot be compared."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from report.made_up_runs import trial

from recsae.errors import RecsaeError
from recsae.results import (
    Files,
    Results,
    create,
    load_results,
    write_finalists,
    write_ladders,
    write_search,
    write_trials,
)
from recsae.results.merge import merged, why_not

Make = Callable[..., Results]
RATE = {"float": [1e-4, 1e-1], "log": True}


def test_every_trial_is_there_once_under_a_new_number(make: Make) -> None:
    one, other = make("a"), make("b", [trial(3, "COMPLETE"), trial(7, "PRUNED")])
    found = merged([one, other])
    assert [row["trial_id"] for row in found.trials] == list(range(7))
    sources = [(row["run"], row["run_trial"]) for row in found.trials]
    assert sources == [*(("a", i) for i in range(5)), ("b", 3), ("b", 7)]
    assert found.numbers == [{i: i for i in range(5)}, {3: 5, 7: 6}]
    assert [row["trial_id"] for row in found.curves] == list(range(7))
    assert [source["run"] for source in found.search["merged"]] == ["a", "b"]


def test_three_runs_are_numbered_on_and_the_first_tells_the_rest(make: Make) -> None:
    one = make("a", [trial(4, "COMPLETE")], versions={"torch": "1"})
    other = make("b", [trial(0, "COMPLETE"), trial(7, "PRUNED")], versions={"torch": "2"})
    last = make("c", [trial(4, "COMPLETE")], pretrained=True)
    found = merged([one, other, last])
    assert found.numbers == [{4: 0}, {0: 1, 7: 2}, {4: 3}]
    assert found.search["versions"] == {"torch": "1"} and found.search["pretrained"] is True
    assert merged([one, other]).search["pretrained"] is False


def test_what_runs_is_left_out_and_what_is_paused_was_pruned(make: Make) -> None:
    rows = [trial(0, "RUNNING"), trial(1, "PAUSED"), trial(2, "COMPLETE")]
    run = make("a", rows).path
    with FileLock(run / Files.DRIVER):
        found = merged([load_results(run), make("b", [])])
    assert found.left_out == 1
    assert [str(row["state"]) for row in found.trials] == ["PRUNED", "COMPLETE"]
    assert [row["trial_id"] for row in found.curves] == [0, 1]


def test_finalists_come_with_their_trials(make: Make) -> None:
    one, other = make("a"), make("b")
    write_finalists(other.path, [{"trial_id": 1, "seed": 4, "dev/ndcg@10": 0.1}])
    found = merged([one, load_results(other.path)])
    assert [(row["trial_id"], row["seed"]) for row in found.finalists] == [(6, 4)]


def written(tmp_path: Path, name: str, runs: list[Results]) -> Results:
    found = merged(runs)
    create(tmp_path / name, found.search)
    write_trials(tmp_path / name, found.trials)
    return load_results(tmp_path / name)


def test_ladders_come_with_their_trials(make: Make) -> None:
    two = {"ndcg@10": "max", "l0": "min"}
    one = make("a", [trial(0, "COMPLETE"), trial(1, "COMPLETE")], space={"objectives": two})
    other = make("b", [trial(3, "COMPLETE"), trial(7, "RUNNING")], space={"objectives": two})
    rungs = [{"trial_id": 3, "k": k, "dev/ndcg@10": k / 100, "dev/l0": float(k)} for k in (1, 5)]
    write_ladders(other.path, [*rungs, {**rungs[0], "trial_id": 7}])
    with FileLock(other.path / Files.DRIVER):
        found = merged([one, load_results(other.path)])
    assert [(row["trial_id"], row["k"]) for row in found.ladders] == [(2, 1), (2, 5)]
    assert [row["dev/ndcg@10"] for row in found.ladders] == [0.01, 0.05]
    assert merged([one, make("c", [trial(0, "COMPLETE")], space={"objectives": two})]).ladders == []


def test_a_merged_run_merges_on_and_keeps_the_first_sources(make: Make, tmp_path: Path) -> None:
    both = written(tmp_path, "ab", [make("a"), make("b")])
    found = merged([both, make("c")])
    assert {row["run"] for row in found.trials} == {"a", "b", "c"}
    assert [source["run"] for source in found.search["merged"]] == ["a", "b", "c"]
    assert [row["run_trial"] for row in found.trials] == [0, 1, 2, 3, 4] * 3


def test_settings_of_one_run_alone_stay_settings(make: Make, tmp_path: Path) -> None:
    other = [{**trial(0, "COMPLETE"), "sae_attn_heads": 4}]
    both = written(tmp_path, "ab", [make("a"), make("b", other)])
    assert both.trials["sae_attn_heads"].dtype == "Int64"
    assert both.trials["sae_attn_heads"].isna().sum() == 5
    assert "run" not in both.best_trials()[0]["settings"]


def test_the_best_of_all_is_the_best_of_the_bests(make: Make, tmp_path: Path) -> None:
    better = make("b", [trial(9, "COMPLETE")])
    both = written(tmp_path, "ab", [make("a"), better])
    assert both.best["run_trial"].tolist() == better.best["trial_id"].tolist() == [9]


def test_runs_of_one_name_are_told_apart_by_their_storage(make: Make) -> None:
    one = make("x/same")
    other = make("y/same", [{**trial(0, "COMPLETE"), "started": 5.0}])
    found = merged([one, other])
    assert {row["run"] for row in found.trials} == {"x/same", "y/same"}
    assert [source["run"] for source in found.search["merged"]] == ["x/same", "y/same"]


def test_the_same_run_twice_is_refused(make: Make, tmp_path: Path) -> None:
    one = make("a")
    with pytest.raises(RecsaeError, match=r"^a: expected each run once, got it twice$"):
        merged([one, load_results(one.path)])
    both = written(tmp_path, "ab", [one, make("b")])
    with pytest.raises(RecsaeError, match=r"^a and ab: both have the trials of a; expected each"):
        merged([both, one])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"space": {"objectives": {"l0": "min"}}}, r"objectives\.ndcg@10 max and nothing"),
        ({"space": {"constraints": {"dead": "<= 0.5"}}}, r"constraints\.dead nothing and <= 0\.5"),
        ({"protocol": "other"}, "protocol a made-up set, all items ranked and other"),
        ({"base": {"fingerprint": "y"}}, r"base\.fingerprint nothing and y"),
        ({"activations": {"fingerprint": "z"}}, r"activations\.fingerprint nothing and z"),
        ({"space": {"data": {"min_user": 5}}}, r"data\.min_user nothing and 5"),
    ],
)
def test_what_cannot_be_compared_is_named(make: Make, change: Any, message: str) -> None:
    one, other = make("a"), make("b", **change)
    with pytest.raises(RecsaeError, match=f"^a and b cannot be compared: {message}$"):
        merged([one, other])
    assert why_not(one, other) is not None


def test_a_space_that_cannot_hold_both_is_named(make: Make) -> None:
    other = make("b", space={"parameters": {"sae_lr": {**RATE, "log": False}}})
    with pytest.raises(RecsaeError, match=r"^a and b cannot be merged: parameters\.sae_lr \{"):
        merged([make("a"), other])


def test_other_versions_seeds_and_ranges_are_no_hindrance(make: Make) -> None:
    other = make(
        "b",
        space={"parameters": {"sae_k": {"int": [1, 64], "log": True}}},
        **{"versions": {"torch": "9"}, "seed": 7, "ended": "finished"},
    )
    assert why_not(make("a"), other) is None
    found = merged([make("c"), other])
    assert found.search["space"]["parameters"]["sae_k"]["int"] == [1, 64]
    assert not {"seed", "ended"} & set(found.search)


def test_the_time_of_a_merged_run_is_that_of_all(make: Make) -> None:
    runs = [make("a"), make("b")]
    for run, seconds in zip(runs, (10.0, 2.5), strict=True):
        write_search(run.path, {**run.search, "seconds": seconds})
    found = merged([load_results(run.path) for run in runs])
    assert found.search["seconds"] == 12.5
