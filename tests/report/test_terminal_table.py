"""The table of `recsae results`, and how values are written."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from filelock import FileLock
from report.made_up_runs import RUNS, trial
from rich.console import Console

from recsae.report import formats
from recsae.report.tables import trials_table
from recsae.results import Files, load_results

Maker = Callable[..., Path]


def shown(run: Path, width: int, top: int | None = 20) -> str:
    console = Console(width=width, record=True, file=io.StringIO())
    console.print(trials_table(load_results(run), top))
    return console.export_text()


def test_all_columns_where_there_is_room(golden_run: Path) -> None:
    text = shown(golden_run, 160)
    head = text.splitlines()[1].split()
    assert text.startswith("run_v1: 18 COMPLETE, 20 PRUNED, 2 FAILED")
    assert head == [
        "trial_id", "state", "model", "k", "k/d", "scale", "lr", "ndcg@10", "share", "fvu", "l0",
        "dead", "leak", "epochs", "seconds", "mark",
    ]  # fmt: skip
    *lines, base, expected, failed = text.splitlines()
    assert len(lines) == 23 and base.startswith("base:        dev ndcg@10 ")
    assert expected.startswith("expected  of another seed: ndcg@10 ")
    assert failed.startswith("2 of 40 trials FAILED, 2 times with: ")
    assert "too narrow" not in text


@pytest.mark.parametrize("width", [80, 100, 120])
def test_a_narrow_terminal_has_fewer_columns_and_says_so(golden_run: Path, width: int) -> None:
    text = shown(golden_run, width)
    assert "too narrow for dead" in text
    assert "SASRec_SAE_Contrastive" in text
    assert "…" not in text
    assert max(len(line) for line in text.splitlines()) <= width


@pytest.mark.parametrize("rows", RUNS.values(), ids=RUNS.keys())
def test_a_run_in_any_state_has_a_table(make_run: Maker, rows: list[dict[str, Any]]) -> None:
    text = shown(make_run(rows), 160, None)
    failed = sum(row["state"] == "FAILED" for row in rows)
    error_lines = int(failed > 0)  # a line of what they failed with
    assert (
        len(text.splitlines()) == 3 + len(rows) + 1 + error_lines
    )  # title, head, rule; and the base
    assert (f"{failed} of {len(rows)} trials FAILED" in text) == bool(failed)


def test_texts_are_no_markup(make_run: Maker) -> None:
    rows = [{**trial(0, "COMPLETE"), "model_name": "[bold]x[/bold]"}]
    assert "[bold]x[/bold]" in shown(make_run(rows), 160)


@pytest.mark.parametrize(
    ("name", "item", "expected"),
    [
        ("dev/ndcg@10", 0.04567, "0.0457"),
        ("share", 1.0, "1.0000"),
        ("dev/fvu", 123456.0, "123456"),
        ("l0", 4.96, "5.0"),
        ("seconds", 1234.56, "1,234.6"),
        ("sae_lr", 0.00012345, "0.000123"),
        ("sae_lr", 1e-7, "1e-07"),
        ("sae_k", 5, "5"),
        ("sae_k", 5.0, "5"),
        ("leak", True, "yes"),
        ("leak", np.False_, "no"),
        ("leak", pd.NA, "–"),
        ("node", None, "–"),
        ("node", "here", "here"),
        ("ks", [1, 2], "[1, 2]"),
        ("ended", pd.NaT, "–"),
        ("dev/fvu", float("inf"), "inf"),
    ],
)
def test_values_by_hand(name: str, item: Any, expected: str) -> None:
    assert formats.value(name, item) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(0, "0 s"), (119, "119 s"), (125, "2 min"), (7100, "118 min"), (9000, "2.5 h")],
)
def test_durations_by_hand(seconds: float, expected: str) -> None:
    assert formats.duration(seconds) == expected


@pytest.mark.parametrize(
    ("share", "expected"), [(0.955, "95.5 %"), (None, "–"), (float("nan"), "–")]
)
def test_shares_by_hand(share: float | None, expected: str) -> None:
    assert formats.share(share) == expected


@pytest.mark.parametrize(
    ("name", "item", "expected"),
    [
        ("ndcg@10", 0.0012, "+0.0012"),
        ("ndcg@10", -0.0012, "-0.0012"),
        ("l0", -0.001, "0.0"),
        ("l0", 0.0, "0.0"),
        ("l0", 1234.0, "+1,234.0"),
        ("ndcg@10", None, "–"),
    ],
)
def test_differences_by_hand(name: str, item: float | None, expected: str) -> None:
    assert formats.signed(name, item) == expected


def test_paused_trials_have_a_place_and_constraints_a_column(make_run: Maker) -> None:
    rows = [trial(0, "PAUSED"), trial(1, "RUNNING"), trial(2, "COMPLETE", **{"dev/kl": 0.5})]
    run = make_run(rows, constraints={"kl": "<= 1"})
    with FileLock(run / Files.DRIVER):
        text = shown(run, 160)
    assert text.startswith("run: 1 COMPLETE, 0 PRUNED, 0 FAILED, 1 PAUSED, 1 RUNNING")
    states = [line.split()[1] for line in text.splitlines()[3:6]]
    assert states == ["COMPLETE", "PAUSED", "RUNNING"]
    assert "kl" in text.splitlines()[1].split()
