"""What `results diff` finds between two runs."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from report.made_up_runs import RUNS, SEARCH, trial

from recsae.results import Results, load_results, write_finalists
from recsae.results.comparison import best_settings, differences, outcomes

Make = Callable[..., Results]


def test_a_run_and_its_like_differ_in_nothing(make: Make) -> None:
    one, other = (make(name, RUNS["mixed"]) for name in "ab")
    assert differences(one, other) == {"space": {}, "data": {}, "base": {}, "versions": {}}
    assert best_settings(one, other) == {}
    assert all(pair[0] == pair[1] for pair in outcomes(one, other).values())


def test_each_difference_stands_in_its_section(make: Make) -> None:
    wider = {**SEARCH["space"]["parameters"], "sae_k": {"int": [2, 32], "log": True}}
    base = {"fingerprint": "x", "settings": {"emb_size": 64}}
    one = make("a", [], dataset="ml", versions={"torch": "2.9"}, base=base)
    other = make(
        "b",
        [],
        space={"parameters": wider, "constraints": {"dead": "<= 0.5"}, "data": {"min_user": 5}},
        **{"dataset": "steam", "versions": {"torch": "2.10"}, "machine": {"threads": 2}},
        base={"fingerprint": "y", "settings": {"emb_size": 32}},
        protocol="other",
    )
    found = differences(one, other)
    assert found["space"] == {
        "parameters.sae_k": [SEARCH["space"]["parameters"]["sae_k"], wider["sae_k"]],
        "constraints.dead": [None, "<= 0.5"],
    }
    assert found["data"] == {
        "dataset": ["ml", "steam"],
        "protocol": [SEARCH["protocol"], "other"],
        "data.min_user": [None, 5],
    }
    assert found["base"] == {"base.fingerprint": ["x", "y"]}
    assert found["versions"] == {"versions.torch": ["2.9", "2.10"], "machine.threads": [None, 2]}


def test_outcomes_by_hand(make: Make) -> None:
    one = make("a", RUNS["mixed"])
    other = make("b", [trial(9, "COMPLETE")])
    found = outcomes(one, other)
    assert found["best ndcg@10"] == pytest.approx([0.11, 0.19])
    assert found["epochs"] == [8, 2] and found["device_seconds"] == [5.0, 1.0]
    assert found["trials"][0]["COMPLETE"] == 3 and "hypervolume" not in found
    assert best_settings(one, other) == {"sae_k": [3, 11]}


@pytest.mark.parametrize("rows", RUNS.values(), ids=RUNS.keys())
def test_runs_in_any_state_compare(make: Make, rows: list[dict[str, Any]]) -> None:
    two = {"objectives": {"ndcg@10": "max", "l0": "min"}}
    one, other = make("a", rows, space=two), make("b", RUNS["mixed"], space=two)
    for pair in ((one, other), (other, one)):
        found = outcomes(*pair)
        json.dumps([found, differences(*pair), best_settings(*pair)])
        assert len(found["hypervolume"]) == 2
    assert other.trials["dev/leak"].notna().any()


def test_a_better_front_has_the_larger_volume(make: Make) -> None:
    two = {"objectives": {"ndcg@10": "max", "l0": "min"}}
    one = make("a", [trial(0, "COMPLETE"), trial(1, "COMPLETE")], space=two)
    better = [{**trial(i, "COMPLETE"), "dev/l0": 1.0} for i in range(3)]
    found = outcomes(one, make("b", better, space=two))
    assert found["front"] == [2, 1]
    assert found["best ndcg@10"] == pytest.approx([0.11, 0.12])
    assert found["best l0"] == [2.0, 1.0]
    # On the scale of both the points of one are (1, .5) and (.5, 1), the reference (1.1, 1.1).
    assert found["hypervolume"] == pytest.approx([(0.06 + 0.06 - 0.01) / 1.21, 1.0])


def test_objectives_of_only_one_run_are_told_as_such(make: Make) -> None:
    one = make("a", RUNS["mixed"])
    other = make("b", RUNS["mixed"], space={"objectives": {"l0": "min"}})
    found = outcomes(one, other)
    assert found["best ndcg@10"] == [pytest.approx(0.11), None]
    assert found["best l0"] == [None, pytest.approx(2.0)]


def test_finalists_are_compared_by_their_fresh_scores(make: Make) -> None:
    one, other = make("a", RUNS["mixed"]), make("b", RUNS["mixed"])
    leaking = {"trial_id": 1, "seed": 1, "dev/ndcg@10": 0.09, "dev/leak": True}
    write_finalists(one.path, [{"trial_id": 0, "seed": 1, "dev/ndcg@10": 0.08}, leaking])
    anew = outcomes(load_results(one.path), other)["finalist ndcg@10, anew"]
    assert anew == [{"mean": 0.08, "low": None, "high": None}, None]
