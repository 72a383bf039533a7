"""The page of a run: whole in every state of a run, self-contained, and safe against its texts."""

import base64
import gzip
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from plotly.offline import get_plotlyjs
from report.made_up_runs import RUNS, trial
from report.read_pages import Page

from recsae.report.page import render, write_report
from recsae.report.pages.templates import packed_plotly
from recsae.report.plots.all_plots import PLOTS
from recsae.results import (
    Files,
    create,
    load_results,
    write_finalists,
    write_importance,
    write_search,
    write_trials,
)

Maker = Callable[..., Path]


def page_of(run: Path) -> Page:
    return Page(render(load_results(run)))


@pytest.fixture(autouse=True)
def small_plotly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out 2 MB of script that the tests would read again and again."""
    monkeypatch.setattr("recsae.report.pages.templates.packed_plotly", lambda: "plotly")


@pytest.mark.parametrize("rows", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("objectives", [{"ndcg@10": "max"}, {"ndcg@10": "max", "l0": "min"}])
def test_a_run_in_any_state_has_a_whole_page(
    make_run: Maker, rows: list[dict[str, Any]], objectives: dict[str, str]
) -> None:
    page = page_of(make_run(rows, objectives))
    assert page.open == []
    assert page.tags.count("tr") >= len(rows)
    assert "a made-up set, all items ranked" in page.visible


@pytest.mark.parametrize(
    ("name", "plots"),
    [
        ("empty", []),
        ("first one running", []),
        ("one complete", ["history", "curves"]),
        ("two", ["tradeoff", "parameters", "parallel", "history", "curves"]),
        ("running", ["parameters", "rungs", "parallel", "history", "curves"]),
        ("paused", ["parameters", "rungs", "parallel", "history", "curves"]),
        ("no complete", ["parameters", "rungs", "history", "curves"]),
        ("failed only", []),
        ("leaks only", ["parameters", "history", "curves"]),
        ("mixed", ["tradeoff", "parameters", "rungs", "parallel", "history", "curves"]),
    ],
)
def test_a_plot_is_there_when_there_is_something_to_draw(
    make_run: Maker, name: str, plots: list[str]
) -> None:
    run = make_run(RUNS[name])
    with FileLock(run / Files.DRIVER):
        assert list(page_of(run).plots) == plots


def test_several_objectives_have_their_own_plot_and_table(make_run: Maker) -> None:
    page = page_of(make_run(RUNS["mixed"], {"ndcg@10": "max", "l0": "min"}))
    assert list(page.plots)[:2] == ["tradeoff", "pareto"] and "hypervolume" in page.plots
    assert "2 that no other dominates" in page.visible


@pytest.mark.parametrize("name", list(PLOTS))
def test_each_plot_says_how_it_is_read(make_run: Maker, name: str) -> None:
    run = make_run(
        [{**trial(i, "COMPLETE"), "sae_k": 2 + i % 3} for i in range(12)] + [trial(12, "PRUNED")],
        {"ndcg@10": "max", "l0": "min"},
    )
    share = {"objective": "l0", "epochs": 2, "trials": 12, "importance": 0.5}
    write_importance(run, [{"parameter": name, **share} for name in ("sae_k", "sae_lr")])
    page = page_of(run)
    assert name in page.plots
    assert " ".join(PLOTS[name].help.split()) in page.visible


def test_constraints_and_what_breaks_them_are_told(make_run: Maker) -> None:
    rows = [trial(0, "COMPLETE"), trial(1, "COMPLETE"), trial(2, "PRUNED")]
    page = page_of(make_run(rows, constraints={"l0": "<= 2.5"}))
    assert "ndcg@10 max · l0 <= 2.5" in page.visible
    assert "Best trial #0," in page.visible
    assert page.visible.count("COMPLETE, not l0 <= 2.5") == 1
    none = page_of(make_run(rows, constraints={"dead": "<= 2.5"}, name="none"))
    assert "No trial has completed within the constraints." in none.visible


def test_finalists_stand_beside_what_the_search_said(make_run: Maker) -> None:
    run = make_run(RUNS["mixed"])
    assert "Finalists" not in page_of(run).visible
    fresh = [
        {"trial_id": 1, "seed": seed, "dev/ndcg@10": ndcg, "test/ndcg@10": ndcg / 2}
        for seed, ndcg in enumerate([0.08, 0.1])
    ]
    write_finalists(run, [*fresh, {"trial_id": 1, "seed": 2, "error": "boo"}])
    page = page_of(run)
    row = "1 SASRec_SAE 2 seeds, 1 failed ndcg@10 0.1100 0.0900 [-0.0371, 0.2171] +0.0200 0.0450"
    assert row in page.visible and page.open == []


def test_a_merged_run_says_where_its_trials_come_from(make_run: Maker) -> None:
    rows = [trial(0, "COMPLETE", run="a", run_trial=4), trial(1, "COMPLETE", run="b", run_trial=0)]
    run = make_run(rows)
    figures = [{"run": "a", "trials": 1}, {"run": "b", "trials": 1}]
    write_search(run, {**load_results(run).search, "merged": figures})
    page = page_of(run)
    assert "from a: 1 trials from b: 1 trials" in page.visible
    assert "parameters" in page.plots


def test_the_best_trial_is_told_with_its_share_of_the_base_and_k_over_d(make_run: Maker) -> None:
    text = page_of(make_run(RUNS["mixed"])).visible
    assert "Best trial #1, SASRec_SAE best: trial 1, SASRec_SAE, dev ndcg@10 0.11 " in text
    assert "0.1100 dev ndcg@10 55.0 % of the base's dev NDCG@10" in text
    assert "4.7 % k / width of the states" in text  # 3 of 64
    assert "best/1/" in text


def test_without_a_best_trial_the_page_says_why(make_run: Maker) -> None:
    text = page_of(make_run(RUNS["leaks only"])).visible
    assert "No trial has completed without a leak." in text
    assert "2 leaking" in text


def test_a_running_run_says_so(make_run: Maker) -> None:
    run = make_run(RUNS["running"])
    with FileLock(run / Files.DRIVER):
        assert "Still running" in page_of(run).visible
    assert "Still running" not in page_of(run).visible


def test_leaking_trials_are_marked_in_the_table(make_run: Maker) -> None:
    page = render(load_results(make_run(RUNS["mixed"])))
    assert re.search(r'<tr class="complete leaks">\s*<td [^>]*>!</td><th scope=row>2</th>', page)
    assert page.count("COMPLETE, leaks</td>") == 1


def test_the_page_asks_nothing_of_the_network(
    golden_run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsae.report.pages.templates.packed_plotly", packed_plotly)
    text = render(load_results(golden_run))
    (packed,) = re.findall(r'id="plotly">([^<]*)<', text)
    assert gzip.decompress(base64.b64decode(packed)).decode() == get_plotlyjs()
    assert {address for address in Page(text).addresses if address[0] != "#"} == {"data:,"}
    assert len(text) < 3e6
    assert not re.search(r"@import|url\(\s*['\"]?https?:", text.partition("<script>")[0])


ATTACK = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


def attacked(run: Path) -> Path:
    """Write a run whose every text from outside has an attack in it."""
    search = {
        "space": {"objectives": {"ndcg@10": "max"}, "dataset": ATTACK},
        "dataset": ATTACK,
        "protocol": ATTACK,
        "versions": {ATTACK: ATTACK},
        "machine": {"type": ATTACK},
        "base": {"fingerprint": ATTACK, "settings": {ATTACK: ATTACK}},
    }
    create(run, search)
    texts = {"model_name": ATTACK, "sae_mode": ATTACK, "node": ATTACK}
    rows = [
        {**trial(0, "COMPLETE"), **texts},
        {**trial(1, "COMPLETE"), **texts, "sae_mode": "other" + ATTACK},
        {**trial(2, "FAILED"), **texts, "error": ATTACK},
    ]
    write_trials(run, rows)
    return run


def test_no_text_of_a_run_becomes_markup(tmp_path: Path, make_run: Maker) -> None:
    plain = page_of(make_run([trial(0, "COMPLETE"), trial(1, "COMPLETE"), trial(2, "FAILED")]))
    text = render(load_results(attacked(tmp_path / "attack")))
    page = Page(text)
    assert "<script>alert" not in text
    assert "<img" not in text.partition("<script>")[0]
    assert page.tags.count("img") == plain.tags.count("img") == 0
    assert page.visible.count("<script>alert(1)</script>") >= 10
    assert [tag for tag in page.tags if tag == "script"] == ["script"] * (len(page.plots) + 3)


def test_texts_under_the_pointer_are_escaped_for_plotly(tmp_path: Path) -> None:
    plots = page_of(attacked(tmp_path / "attack")).plots
    traces = [trace for plot in plots.values() for trace in plot["data"]]
    texts = [text for trace in traces for text in trace.get("hovertext") or []]
    assert any("&lt;script" in text for text in texts)
    assert not [text for text in texts if "<script" in text]


def test_the_report_is_written_beside_the_frames(golden_run: Path, tmp_path: Path) -> None:
    shutil.copytree(golden_run, tmp_path / "run")
    path = write_report(tmp_path / "run")
    assert path == tmp_path / "run" / "report.html"
    assert path.read_text().startswith("<!doctype html>")


def test_a_long_table_is_cut_and_says_so(make_run: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recsae.report.trial_list.MOST_ROWS", 3)
    page = page_of(make_run(RUNS["mixed"]))
    assert "2 more in results.parquet" in page.visible
    assert "3 of 3 trials" in page.visible


def test_settings_that_all_trials_share_are_told_once(make_run: Maker) -> None:
    rows = [{**row, "sae_epochs": 30} for row in RUNS["mixed"]]
    page = render(load_results(make_run(rows)))
    assert "The same in all: model_name SASRec_SAE, sae_epochs 30" in page
    assert ">sae_epochs</button>" not in page


def test_equal_errors_are_told_once_with_their_trials(make_run: Maker) -> None:
    rows = [*RUNS["failed only"], trial(3, "FAILED", error="other"), trial(4, "FAILED")]
    text = page_of(make_run(rows)).visible
    assert "boo trials 0, 1, 2 other trial 3 no message trial 4" in text


def test_a_run_of_an_older_version_may_lack_what_search_yaml_has_today(tmp_path: Path) -> None:
    create(tmp_path / "old", {"space": {"objectives": {"ndcg@10": "max"}}})
    write_trials(tmp_path / "old", RUNS["mixed"])
    assert "Best trial" in page_of(tmp_path / "old").visible


def test_metrics_are_explained_and_baselines_and_groups_shown(make_run: Maker) -> None:
    path = make_run([trial(0, "COMPLETE", **{"dev/kl": 0.1, "dev/unheard_of": 1.0})])
    plain = page_of(path).visible
    assert "What the metrics mean" in plain and "in nats" in plain
    assert "By group of users" not in plain and "Popularity" not in plain
    search = yaml.safe_load((path / Files.SEARCH).read_text())
    baseline = {"ndcg@10": 0.0432, "hr@10": 0.0838}
    write_search(path, {**search, "controls": {"Popularity": baseline}})
    figures = {"mean": -0.01, "low": -0.02, "high": -0.001}
    group = {"ndcg@10": 0.1, "hr@50": 0.4, "percentile": 0.2}
    scored = {
        "cold_items": {
            **{"n": 300, **group, "base": group},
            "difference": {"ndcg@10": {**figures, "verdict": "worse"}},
        },
        "new_items": {**{"n": 0}, **dict.fromkeys(group)},
    }
    folder = path / Files.BEST / "0"
    folder.mkdir(parents=True)
    (folder / Files.METRICS).write_text(json.dumps({"test": {}, "groups": {"test": scored}}))
    page = page_of(path)
    assert "Popularity – – 0.0432 21.6 %" in page.visible
    assert "cold_items 300 0.1000 0.1000 -0.0100 [-0.0200, -0.0010] worse" in page.visible
    assert "new_items" not in page.visible and page.open == []
