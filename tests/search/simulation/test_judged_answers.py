"""How good an answer is among all trials of a run, by hand."""

from pathlib import Path
from typing import Any

import pytest
from report.made_up_runs import trial

from recsae.results import create, load_results, write_curves, write_trials
from recsae.search.simulation.predictions import Judge, _interval


def judge(path: Path, objectives: dict[str, str]) -> Judge:
    """Return that of scores .10, .13, .13 and .11 with l0 4, 1, 3 and 2, and of one that leaks."""
    create(path / "run", {"space": {"objectives": objectives}})
    figures = [(0.10, 4.0), (0.13, 1.0), (0.13, 3.0), (0.11, 2.0), (0.90, 0.0)]
    rows = [
        trial(i, "COMPLETE", **{"dev/ndcg@10": ndcg, "dev/l0": l0, "dev/leak": i == 4})
        for i, (ndcg, l0) in enumerate(figures)
    ]
    write_trials(path / "run", rows)
    write_curves(path / "run", [])
    return Judge(load_results(path / "run"))


def answer(trials: list[int], value: float, rank: int | None, regret: float) -> dict[str, Any]:
    figures = {"value": pytest.approx(value), "regret": pytest.approx(regret)}
    return {"trials": trials, "rank": rank, **figures}


def test_an_answer_is_told_by_its_rank_and_what_it_lacks(tmp_path: Path) -> None:
    found = judge(tmp_path, {"ndcg@10": "max"})
    assert found.best == answer([1], 0.13, 1, 0.0)
    assert found.answer([3, 0]) == answer([3], 0.11, 3, 0.02)
    assert found.answer([2, 0]) == answer([2], 0.13, 1, 0.0)  # as good as the first
    assert found.answer([4]) is None and found.answer([]) is None


def test_less_may_be_better(tmp_path: Path) -> None:
    assert judge(tmp_path, {"l0": "min"}).answer([0, 2]) == answer([2], 3.0, 3, 2.0)


def test_several_objectives_are_judged_by_the_share_of_the_volume(tmp_path: Path) -> None:
    """Of .10 to .13 and 1 to 4 trial 3 is at (2/3, 1/3), trial 0 at (1, 1), reference 1.1."""
    found = judge(tmp_path, {"ndcg@10": "max", "l0": "min"})
    assert found.best == answer([1], 1.0, None, 0.0)
    share = (1.1 - 2 / 3) * (1.1 - 1 / 3) / 1.1**2
    assert found.answer([0, 3]) == answer([3], share, None, 1 - share)


def test_an_interval_leaves_out_orders_without_an_answer() -> None:
    assert _interval([1.0, None, 3.0]) == pytest.approx({"mean": 2.0, "low": 1.05, "high": 2.95})
    assert _interval([None]) is None
