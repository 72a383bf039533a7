"""What is told of a run: JSON, table, best; and what is told of folders that are none."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import recsae
from recsae.errors import RecsaeError
from recsae.results import (
    Files,
    create,
    load_results,
    run_seconds,
    summary,
    table,
    write_curves,
    write_search,
    write_trials,
)
from recsae.results.frames import read_frame, write_frame

SEARCH: dict[str, Any] = {
    "space": {"objectives": {"ndcg@10": "max"}},
    "base": {"metrics": {"dev": {"ndcg@10": 0.2}}, "settings": {"emb_size": 64}},
    "pretrained": True,
}
BOUNDED = "space: {{objectives: {{l0: min}}, constraints: {}}}"
ROWS: list[dict[str, Any]] = [
    {
        "trial_id": 0,
        "state": "COMPLETE",
        "model_name": "SASRec_SAE",
        "sae_k": 8,
        "dev/ndcg@10": 0.1,
        "dev/leak": False,
        "dev/recovered": float("nan"),
        "epochs": 3,
        "seconds": 1.0,
        "started": 100.0,
        "ended": 101.0,
    },
    {
        "trial_id": 1,
        "state": "COMPLETE",
        "model_name": "SASRec_SAE_Attention",
        "sae_k": 4,
        "sae_attn_heads": 2,
        "dev/ndcg@10": 0.15,
        "dev/leak": False,
        "epochs": 3,
        "seconds": 1.0,
        "started": 100.5,
        "ended": 107.25,
    },
    {"trial_id": 2, "state": "RUNNING", "model_name": "SASRec_SAE", "sae_k": 2, "started": 107.0},
    {"trial_id": 3, "state": "FAILED", "model_name": "SASRec_SAE", "sae_k": 2, "error": "boo"},
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    create(tmp_path / "a", SEARCH)
    write_trials(tmp_path / "a", ROWS)
    write_curves(tmp_path / "a", [{"trial_id": 0, "epoch": 1, "dev/ndcg@10": 0.05}])
    return tmp_path / "a"


def test_summary_is_the_json_of_tune(run: Path) -> None:
    with FileLock(run / Files.DRIVER):
        outcome = json.loads(json.dumps(summary(load_results(run)), allow_nan=False))
    assert outcome == {
        "run": "a",
        "trials": {"COMPLETE": 2, "PRUNED": 0, "FAILED": 1, "RUNNING": 1},
        "errors": [{"error": "boo", "count": 1}],
        "best": [
            {
                "trial_id": 1,
                "settings": {
                    "model_name": "SASRec_SAE_Attention",
                    "sae_k": 4,
                    "sae_attn_heads": 2,
                },
                "metrics": {"ndcg@10": 0.15, "leak": False, "recovered": None},
            }
        ],
        "pretrained": True,
        "expected": {"objective": "ndcg@10", "why_observed": "fewer than 10 alike trials"},
        "seconds": 7.25,
    }


def test_whole_numbers_stay_whole_where_other_trials_lack_the_setting(run: Path) -> None:
    (best,) = load_results(run).best_trials()
    assert type(best["settings"]["sae_attn_heads"]) is int


def test_the_stored_seconds_of_a_run_come_first(run: Path) -> None:
    (run / "search.yaml").write_text(json.dumps({**SEARCH, "seconds": 33.5}))
    assert summary(load_results(run))["seconds"] == 33.5


def test_an_empty_run_has_a_summary(tmp_path: Path) -> None:
    create(tmp_path / "b", SEARCH)
    assert summary(load_results(tmp_path / "b")) == {
        "run": "b",
        "trials": {"COMPLETE": 0, "PRUNED": 0, "FAILED": 0},
        "errors": [],
        "best": [],
        "pretrained": True,
        "seconds": 0.0,
    }


def test_paused_trials_are_counted_and_constraints_told(tmp_path: Path) -> None:
    space = {"objectives": {"ndcg@10": "max"}, "constraints": {"dead": "<= 0.5"}}
    create(tmp_path / "c", {"space": space})
    rows = [{**ROWS[0], "state": "PAUSED"}, {**ROWS[1], "dev/dead": 0.6}]
    write_trials(tmp_path / "c", rows)
    outcome = summary(load_results(tmp_path / "c"))
    assert outcome["trials"] == {"COMPLETE": 1, "PRUNED": 0, "FAILED": 0, "PAUSED": 1}
    assert outcome["constraints"] == {"dead": "<= 0.5"} and outcome["best"] == []
    assert outcome["pretrained"] is False
    assert "dead" in table(load_results(tmp_path / "c"))


def test_table_is_best_first_with_k_over_d(run: Path) -> None:
    rows = table(load_results(run))
    assert list(rows["trial_id"]) == [1, 0, 2, 3]
    assert list(rows["k/d"]) == [4 / 64, 8 / 64, 2 / 64, 2 / 64]
    assert list(rows) == [
        "trial_id", "state", "model", "k", "k/d", "ndcg@10", "leak", "epochs", "seconds"
    ]  # fmt: skip


@pytest.mark.parametrize(("top", "expected"), [(1, 1), (3, 3), (20, 4), (None, 4)])
def test_table_has_as_many_rows_as_asked_for(run: Path, top: int | None, expected: int) -> None:
    assert len(table(load_results(run), top)) == expected


def test_the_package_gives_load_results(run: Path) -> None:
    assert list(recsae.load_results(str(run)).trials["trial_id"]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "not readable as YAML"),
        ("- 1", "space.objectives: expected metrics, each max or min"),
        ("space: {}", "space.objectives: expected metrics, each max or min"),
        ("", "space.objectives: expected metrics, each max or min"),
        ("\x00", "not readable as YAML"),
        ("space: {objectives: {}}", "space.objectives: expected metrics, each max or min"),
        ("space: {objectives: []}", "space.objectives: expected metrics, each max or min"),
        (
            "space: {objectives: {l0: mx}}",
            "space.objectives: expected metrics, each max or min.*mx",
        ),
        (BOUNDED.format("{dead: < 0.5}"), r"space\.constraints\.dead: expected"),
        (BOUNDED.format("{dead: 0.5}"), r"space\.constraints\.dead: expected"),
        (BOUNDED.format("[1]"), r"space\.constraints: expected keys and values, got \[1\]"),
    ],
)
def test_a_broken_search_yaml_is_one_clear_line(run: Path, text: str, message: str) -> None:
    (run / "search.yaml").write_text(text)
    with pytest.raises(RecsaeError, match=message) as error:
        load_results(run)
    assert "search.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_folder_that_is_no_run_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=r"expected the folder of a run"):
        load_results(tmp_path)
    with pytest.raises(RecsaeError, match=r"expected the folder of a run"):
        load_results(tmp_path / "missing")


def test_a_run_without_its_rows_is_one_clear_line(run: Path) -> None:
    (run / "results.parquet").unlink()
    with pytest.raises(RecsaeError, match=r"results\.parquet: missing"):
        load_results(run)


@pytest.mark.parametrize("package", ["recsae.results", "recsae.report"])
def test_a_laptop_without_torch_and_ray_opens_a_run(package: str) -> None:
    code = (
        f"import sys, {package}\n"
        "heavy = {'torch', 'ray', 'optuna', 'tensorboard'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_seconds_that_are_no_number_count_as_not_stored(run: Path) -> None:
    write_search(run, {**SEARCH, "seconds": "x"})
    assert run_seconds(load_results(run)) == 7.25


@pytest.mark.parametrize(
    ("file", "column"),
    [(Files.RESULTS, "trial_id"), (Files.RESULTS, "state"), (Files.CURVES, "epoch")],
)
def test_a_missing_column_is_named(run: Path, file: str, column: str) -> None:
    write_frame(run / file, read_frame(run / file).drop(columns=column))
    with pytest.raises(RecsaeError, match=f"{file}: no column '{column}'"):
        load_results(run)


def test_an_unknown_state_is_told(run: Path) -> None:
    frame = read_frame(run / Files.RESULTS)
    frame.loc[0, ["trial_id", "state"]] = [0, "DONE"]
    write_frame(run / Files.RESULTS, frame)
    with pytest.raises(RecsaeError, match=r"column 'state': expected RUNNING, .*got 'DONE'"):
        load_results(run)


def test_test_metrics_are_those_stored_of_a_best_trial(run: Path) -> None:
    folder = run / Files.BEST / "0"
    folder.mkdir(parents=True)
    stored = {"dev": {"ndcg@10": 0.1}, "test": {"ndcg@10": 0.3}}
    (folder / Files.METRICS).write_text(json.dumps(stored))
    results = load_results(run)
    assert results.test_metrics(0) == {"ndcg@10": 0.3} and results.test_metrics(1) == {}
    (folder / Files.METRICS).write_text(json.dumps({"dev": {"ndcg@10": 0.1}}))
    assert results.test_metrics(0) == {}


@pytest.mark.parametrize("content", ["{", "[]"])
def test_broken_test_figures_are_named(run: Path, content: str) -> None:
    folder = run / Files.BEST / "0"
    folder.mkdir(parents=True)
    (folder / Files.METRICS).write_text(content)
    with pytest.raises(RecsaeError, match=r"metrics\.json: damaged"):
        load_results(run).test_metrics(0)
