"""Run folders with values of another kind are one line, wherever a run is read."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from recsae.errors import RecsaeError
from recsae.results import Files, Results, load_results
from recsae.results.file_format.search_keys import check_resumable_keys
from recsae.results.frames import write_frame

ODD: dict[str, tuple[str, str, Callable[[pd.Series], Any]]] = {
    "a time for a metric": (Files.RESULTS, "dev/ndcg@10", lambda s: pd.Timestamp("2020-01-01")),
    "a text for a metric": (Files.RESULTS, "dev/ndcg@10", lambda s: "high"),
    "a time for a number": (Files.RESULTS, "trial_id", lambda s: pd.Timestamp("2020-01-01")),
    "a text for epochs": (Files.RESULTS, "epochs", lambda s: "three"),
    "a fraction for a number": (Files.RESULTS, "epochs", lambda s: 1.5),
    "a number for a text": (Files.RESULTS, "error", lambda s: 3),
    "a number for a state": (Files.RESULTS, "state", lambda s: 3),
    "a number for a time": (Files.RESULTS, "started", lambda s: 3),
    "a time without a zone": (Files.RESULTS, "ended", lambda s: pd.Timestamp("2020-01-01")),
    "a list for a setting": (Files.RESULTS, "sae_k", lambda s: [[1, 2]] * len(s)),
    "bytes for a setting": (Files.RESULTS, "sae_k", lambda s: [b"x"] * len(s)),
    "a text for seconds": (Files.CURVES, "seconds", lambda s: "long"),
    "no epoch": (Files.CURVES, "epoch", lambda s: pd.Series([pd.NA] * len(s), dtype="Int64")),
}


@pytest.mark.parametrize("case", ODD)
def test_a_column_of_another_type_is_told(make: Callable[..., Results], case: str) -> None:
    file, column, change = ODD[case]
    results = make("run")
    frame = results.trials if file == Files.RESULTS else results.curves
    write_frame(results.path / file, frame.assign(**{column: change(frame["trial_id"])}))
    with pytest.raises(RecsaeError, match=f"{file}: column '{column}': expected "):
        load_results(results.path)


def test_a_trial_of_two_rows_is_told(make: Callable[..., Results]) -> None:
    results = make("run")
    write_frame(results.path / Files.RESULTS, pd.concat([results.trials] * 2))
    with pytest.raises(RecsaeError, match="a trial has two rows"):
        load_results(results.path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seconds: 2020-13-01", "not readable as YAML"),
        ("activations: 3", "activations: expected keys and values, got 3"),
        ("activations: {width: wide}", "activations.width: expected a whole number, got 'wide'"),
        ("base: [1]", r"base: expected keys and values, got \[1\]"),
        ("base: {metrics: {dev: {a: b}}}", "base: dev: expected figures, got"),
        ("controls: {counts: 3}", "controls: counts: expected figures, got 3"),
        ("extended: {a: 1}", "extended: expected a list"),
        ("over: 3", "over: expected a text, got 3"),
        ("x: 2020-13-01 00:00:00", "not readable as YAML"),
        ("x: !!bool 3", "not readable as YAML"),
        ("x: &a [*a]", ":[0-9]+: nested too deeply"),
    ],
)
def test_a_search_file_with_another_kind_of_value_is_told(
    make: Callable[..., Results], text: str, message: str
) -> None:
    path = make("run").path
    kept = yaml.safe_dump({"space": yaml.safe_load((path / Files.SEARCH).read_text())["space"]})
    (path / Files.SEARCH).write_text(f"{kept}{text}\n")
    with pytest.raises(RecsaeError, match=message) as error:
        load_results(path)
    assert str(path / Files.SEARCH) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("key", ["activations", "base", "machine", "versions"])
def test_a_run_without_what_a_resume_compares_with_is_told(key: str) -> None:
    search: dict[str, Any] = {
        "activations": {"fingerprint": "a"},
        "base": {"fingerprint": "b"},
        "machine": {"threads": 1},
        "versions": {"recsae": "1"},
    }
    check_resumable_keys(search, Path("search.yaml"))
    with pytest.raises(RecsaeError, match=f"search.yaml: no {key}.*, which a run has that can"):
        check_resumable_keys({k: v for k, v in search.items() if k != key}, "search.yaml")
