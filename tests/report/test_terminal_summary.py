"""The lines that a search ends with."""

from pathlib import Path
from typing import Any

from recsae.report.finalists import optimism_lines
from recsae.report.summary import MOST_SHOWN, summary_lines


def outcome(best: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "run": "mine",
        "trials": {"COMPLETE": len(best), "PRUNED": 2, "FAILED": 1},
        "best": best,
        "protocol": "toy: all items ranked",
        "seconds": 61.2,
        "path": "/runs/mine",
        "report": "/runs/mine/report.html",
    }


def test_only_what_is_there_is_pointed_at(tmp_path: Path) -> None:
    here = {**outcome([]), "path": str(tmp_path)}
    for name in ("results.parquet", "curves.parquet"):
        (tmp_path / name).touch()
    (where,) = [line for line in summary_lines(here) if str(tmp_path) in line]
    assert where == f"dataframes:  {tmp_path}/results.parquet, {tmp_path}/curves.parquet"
    (tmp_path / "best").mkdir(), (tmp_path / "report.html").touch()
    assert summary_lines(here)[-2:] == [
        f"models:      {tmp_path}/best/",
        f"page:        {tmp_path}/report.html",
    ]
    (tmp_path / "tensorboard").mkdir()
    assert summary_lines(here)[-1] == f"TensorBoard: {tmp_path}/tensorboard/"


def trial(number: int = 3, **more: Any) -> dict[str, Any]:
    metrics = {"ndcg@10": 0.12345, "share": 0.95, "fvu": 0.2, "leak": False}
    settings = {"model_name": "SASRec_SAE", "sae_k": 8, "sae_seed": 1234567890}
    return {"trial_id": number, "settings": settings, "metrics": metrics, **more}


def test_counts_settings_figures_and_places() -> None:
    text = "\n".join(summary_lines(outcome([trial(test={"ndcg@10": 0.1, "share": 0.9})])))
    assert "mine: 1 COMPLETE, 2 PRUNED, 1 FAILED in 61 s" in text
    assert "best: trial 3, SASRec_SAE" in text
    assert "sae_k 8, sae_seed 1234567890" in text
    assert "dev       ndcg@10 0.1235 (95.0 % of the base's), fvu 0.2000, leak no" in text
    assert "test      ndcg@10 0.1000 (90.0 % of the base's)" in text
    assert "/runs" not in text, "nothing is there"


def test_a_front_of_few_is_said() -> None:
    assert "3 are few" in summary_lines({**outcome([trial()]), "few": "3 are few"})


def point(trial_id: int, k: int, ndcg: float) -> dict[str, Any]:
    return {"trial_id": trial_id, "k": k, "metrics": {"ndcg@10": ndcg, "l0": float(k)}}


def test_a_front_from_ladders_has_a_line_a_point() -> None:
    front = [point(0, 8, 0.4), point(12, 4, 0.2), point(12, 2, 0.1)]
    lines = summary_lines({**outcome([trial()]), "front": front})
    place = lines.index("3 points that no other dominates (trial at k):")
    assert [" ".join(line.split()) for line in lines[place + 1 : place + 4]] == [
        "trial 0 at 8 ndcg@10 0.4000, l0 8.0",
        "trial 12 at 4 ndcg@10 0.2000, l0 4.0",
        "trial 12 at 2 ndcg@10 0.1000, l0 2.0",
    ]
    assert len({line.index("ndcg@10") for line in lines[place + 1 : place + 4]}) == 1


def test_a_front_of_one_point_a_trial_is_that_of_the_trials() -> None:
    lines = summary_lines({**outcome([trial()]), "front": [point(0, 8, 0.4), point(1, 4, 0.2)]})
    assert not any("dominates" in line for line in lines)


def test_nothing_complete_is_said() -> None:
    assert "no trial is complete, so there is no best one" in summary_lines(outcome([]))
    leaking = {**outcome([]), "trials": {"COMPLETE": 1, "PRUNED": 0, "FAILED": 0}}
    text = "no trial is complete without a leak, so there is no best one"
    assert text in summary_lines(leaking)


def test_failures_and_an_early_end_are_told() -> None:
    errors = [{"error": "ValueError: boo", "count": 1}]
    lines = summary_lines({**outcome([]), "errors": errors, "over": "max_epochs are spent"})
    assert "ended early: max_epochs are spent" in lines
    assert "1 of 3 trials FAILED, once with: ValueError: boo" in lines


def test_a_long_front_is_cut_short() -> None:
    lines = summary_lines(outcome([trial(number) for number in range(9)]))
    assert sum(line.startswith("best: ") for line in lines) == MOST_SHOWN
    assert any(line.startswith("9 trials that no other dominates") for line in lines)


def test_a_difference_to_the_base_has_its_interval() -> None:
    interval = {"mean": -0.001, "low": -0.008, "high": 0.006, "verdict": "unclear"}
    scores = {"test": {"ndcg@10": 0.1}, "difference": {"test": {"ndcg@10": interval}}}
    text = "\n".join(summary_lines(outcome([trial(**scores)])))
    assert "ndcg@10 to the base -0.0010 [-0.0080, +0.0060]: unclear" in text


def test_what_trials_are_held_against_has_its_lines() -> None:
    beside = {"base": {"ndcg@10": 0.2, "hr@10": 0.3}, "Popularity": {"ndcg@10": 0.05}}
    lines = summary_lines({**outcome([]), "beside": beside})
    assert "base:        dev ndcg@10 0.2000, hr@10 0.3000" in lines
    assert "Popularity:  dev ndcg@10 0.0500" in lines


def test_finalists_have_their_lines() -> None:
    interval = {"mean": 0.1, "low": 0.09, "high": 0.11}
    one = {"searched": 0.12, "dev": interval, "test": {**interval, "low": None}, "flattered": 0.02}
    about = {"trial_id": 3, "model_name": "SASRec_SAE", "seeds": 1, "failed": 0, "wins": True}
    lines = summary_lines({**outcome([]), "finalists": [{**about, "metrics": {"ndcg@10": one}}]})
    assert (
        "  trial 3, 1 seed, wins: dev ndcg@10 0.1200 in the search, 0.1000 [0.0900, 0.1100] anew; "
        "test 0.1000"
    ) in lines


def test_constraints_that_nothing_meets_are_said() -> None:
    text = "no trial is complete without a leak within the constraints, so there is no best one"
    counts = {"COMPLETE": 1, "PRUNED": 0, "FAILED": 0}
    found = {**outcome([]), "trials": counts, "constraints": {"dead": "<= 0.5"}}
    assert text in summary_lines(found)


def test_how_much_the_search_flattered_is_told() -> None:
    assert optimism_lines({"ndcg@10": 0.0012, "l0": None}) == [
        "  the search made them look better than they are by 0.0012 ndcg@10 on average"
    ]
