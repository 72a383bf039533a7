"""What the contest writes; and fronts of ladders and confirmed picks, compared by hand."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.front_of_ladders import Judge, answer_of, front, spent_within
from benchmarks.search_quality.__main__ import RESULTS, write
from benchmarks.search_quality.confirmation import compared

COLUMNS = ["arm", "number", "k", "seed", "ndcg@10", "l0", "seconds"]
POINTS = pd.DataFrame(
    [
        ("plain", 0, 4, 0, 0.2, 4.0, 10.0),
        ("plain", 0, 4, 1, 0.1, 4.0, 10.0),
        ("plain", 1, 2, 0, 0.1, 2.0, 10.0),
        ("plain", 1, 2, 1, 0.3, 2.0, 10.0),
        ("nested", 0, 2, 0, 0.1, 2.0, 15.0),
        ("nested", 0, 4, 0, 0.1, 4.0, 15.0),
        ("nested", 0, 2, 1, 0.2, 2.0, 15.0),
        ("nested", 0, 4, 1, 0.4, 4.0, 15.0),
    ],
    columns=COLUMNS,
)


def test_orders_alone_leave_the_other_figures(tmp_path: Path) -> None:
    shutil.copy(RESULTS / "summary.json", tmp_path)
    before = json.loads((tmp_path / "summary.json").read_text())
    only = {"orders": {name: before["orders"][name] for name in list(before["orders"])[:1]}}
    write(None, only, tmp_path, whole=False)
    assert json.loads((tmp_path / "summary.json").read_text()) == {**before, **only}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html", "summary.json"]
    page = (tmp_path / "page.html").read_text()
    assert "tpe + asha, expected" in page and "grocery_plain, 24" not in page


def test_a_front_is_chosen_by_one_seed_and_has_the_scores_of_the_other() -> None:
    order = pd.Series([1, 0]).to_numpy()
    both = answer_of(POINTS, "plain", 0, order, 20.0)
    assert list(zip(both["k"], both["ndcg@10"], strict=True)) == [(2, 0.3), (4, 0.1)]
    assert list(answer_of(POINTS, "plain", 0, order, 19.0)["k"]) == [2]
    # By its own seed the larger k is no better than the smaller, so its luck is not counted.
    assert list(answer_of(POINTS, "nested", 0, order[1:], 15.0)["k"]) == [2]
    assert spent_within(POINTS[POINTS["arm"] == "nested"], order[1:], 14.0) == []


def test_the_share_of_the_volume_is_that_of_its_definition() -> None:
    judge = Judge(POINTS, logarithm=False)
    # Means: plain .15 at 4, .2 at 2; nested .15 at 2, .25 at 4. From .1 and 65 on.
    whole = 0.1 * 63 + 0.05 * 61
    points = pd.DataFrame({"ndcg@10": [0.2], "l0": [5.0]})
    assert judge(points) == pytest.approx(0.1 * 60 / whole)
    assert judge(front(points.iloc[:0])) == 0.0


def test_confirmed_picks_are_told_by_their_searches() -> None:
    rows = [
        {"arm": arm, "search": search, "seed": seed, "ndcg@10": score, "observed": 0.5}
        | {"trials": 3, "epochs": 9}
        for arm, scores in {"recsae": (0.2, 0.4), "stock": (0.1, 0.1)}.items()
        for search, score in enumerate(scores)
        for seed in range(2)
    ]
    ours, stock = compared(pd.DataFrame(rows))
    assert (ours["arm"], ours["searches"], stock["arm"]) == ("recsae", 2, "stock")
    assert ours["ndcg@10"] == pytest.approx(0.3) and ours["flattered"] == pytest.approx(0.2)
    gap = ours["less_stock"]
    assert [gap["low"], gap["value"], gap["high"]] == pytest.approx([0.1, 0.2, 0.3])
    assert "less_stock" not in stock
