"""What stands first on a page: rows of what the best is held against, settings of the best."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from report.made_up_runs import trial

from recsae.report.pages.answer import answer, original_trial, published
from recsae.report.plots.importance import importance_note
from recsae.report.plots.tradeoff import tradeoff
from recsae.results import Files, Results, load_results, write_importance, write_trials

Maker = Callable[..., Path]
PUBLISHED = {"sae_k": 5, "sae_lr": 1e-4}


def rows_of(results: Results) -> dict[str, dict[str, Any]]:
    return {row["what"]: row for row in answer(results)["rows"]}


def test_the_published_settings_are_found_whatever_their_epochs_and_seed(make_run: Maker) -> None:
    assert published("SASRec_SAE")["sae_k"] == 5 and published("nobody has this") == {}
    rows = [
        trial(0, "COMPLETE"),
        trial(1, "COMPLETE", **PUBLISHED, sae_seed=7, sae_epochs=99),
        trial(2, "PRUNED", **PUBLISHED),
    ]
    results = load_results(make_run(rows))
    assert original_trial(results) == 1
    found = rows_of(results)
    assert found["the original's setting"]["trial"] == 1
    assert answer(results)["original"] is None


def test_without_them_the_page_says_how_to_ask(make_run: Maker) -> None:
    told = answer(load_results(make_run([trial(0, "COMPLETE"), trial(1, "PRUNED", **PUBLISHED)])))
    assert "the original's setting" not in {row["what"] for row in told["rows"]}
    assert "points: [{sae_k: 5, sae_lr: 0.0001, sae_auxk: 0.03125" in told["original"]


def test_test_scores_stand_in_columns_of_their_own(make_run: Maker) -> None:
    path = make_run([trial(0, "COMPLETE"), trial(1, "COMPLETE")])
    assert answer(load_results(path))["splits"] == ["dev"]
    folder = path / Files.BEST / "1"
    folder.mkdir(parents=True)
    (folder / Files.METRICS).write_text(json.dumps({"test": {"ndcg@10": 0.0777}}))
    told = answer(load_results(path))
    assert told["splits"] == ["dev", "test"]
    best = told["rows"][0]
    assert (best["dev"], best["test"]) == ({"ndcg@10": "0.1100"}, {"ndcg@10": "0.0777"})
    assert best["share"] == "55.0 %"


def test_every_point_of_a_front_has_its_settings(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE") for i in range(3)]
    two = load_results(make_run(rows, {"ndcg@10": "max", "l0": "min"}))
    table = answer(two)["best"]
    assert table["heads"] == ["trial_id", "sae_k", "sae_lr", "dev ndcg@10", "dev l0"]
    assert [row[:2] for row in table["rows"]] == [["2", "4"], ["1", "3"], ["0", "2"]]


def test_steps_are_the_best_up_to_each_k_and_far_controls_are_left_out(make_run: Maker) -> None:
    scores = {2: 0.10, 4: 0.13, 8: 0.12, 16: 0.14}
    rows = [
        trial(i, "COMPLETE", sae_k=k, **{"dev/ndcg@10": x})
        for i, (k, x) in enumerate(scores.items())
    ]
    figure = tradeoff(load_results(make_run(rows)))
    assert figure is not None
    line = figure.data[0]
    assert line.name == "best up to this k"
    assert list(line.x) == [2, 4, 16, 16] and list(line.y) == [0.10, 0.13, 0.14, 0.14]
    assert not figure.layout.shapes  # the base scores .2, far above


def test_intervals_are_told_where_they_are_known(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE", sae_k=2 + i, **{"dev/ndcg@10": 0.19 + i / 100}) for i in range(3)]
    path = make_run(rows)
    folder = path / Files.BEST / "2"
    folder.mkdir(parents=True)
    difference = {"dev": {"ndcg@10": {"mean": 0.01, "low": -0.01, "high": 0.03}}}
    (folder / Files.METRICS).write_text(json.dumps({"dev": {}, "difference": difference}))
    figure = tradeoff(load_results(path))
    assert figure is not None
    (bars,) = [trace for trace in figure.data if trace.name == "95 % over users"]
    assert (list(bars.x), list(bars.y)) == ([4], [0.21])
    assert list(bars.error_y.array) == pytest.approx([0.02])  # .2 + .03 above .21
    assert list(bars.error_y.arrayminus) == pytest.approx([0.02])


def test_another_method_is_said_to_differ_where_it_does(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE", sae_k=2 + i % 2, sae_lr=10.0 ** -(1 + i // 4)) for i in range(16)]
    path = make_run(rows)
    assert importance_note(load_results(path)) is None
    about = {"objective": "ndcg@10", "epochs": 2, "trials": 16}
    shares = [{**about, "parameter": "sae_k", "importance": 0.9}]
    write_importance(path, [*shares, {**about, "parameter": "sae_lr", "importance": 0.1}])
    note = importance_note(load_results(path))
    # Scores rise with the trial's number: four values of the rate tell 15 of 16 parts.
    assert note is not None and "differs" in note and "the first is sae_lr (it explains 94%" in note
    write_trials(path, [{**row, "sae_k": row["trial_id"]} for row in rows])
    assert "is the same: sae_k" in str(importance_note(load_results(path)))
