"""Types of a run's frames do not depend on how far the run is, and survive the file."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recsae.errors import RecsaeError
from recsae.results import SCHEMA_VERSION, States, is_metric, is_setting
from recsae.results.frames import curves_frame, read_frame, trials_frame, write_frame

FIRST = {
    "trial_id": 0,
    "state": States.COMPLETE,
    "model_name": "SASRec_SAE",
    "sae_k": 5,
    "dev/ndcg@10": 0.1,
    "dev/leak": False,
    "epochs": 3,
    "seconds": 1.5,
    "started": 1_700_000_000.25,
    "ended": datetime(2023, 11, 14, 22, 13, 22, tzinfo=UTC),
    "node": "here",
    "error": None,
}


def trial(**values: Any) -> dict[str, Any]:
    return {**FIRST, **values}


def test_fixed_columns_have_their_types_even_without_a_row() -> None:
    frame = trials_frame([])
    assert list(frame) == [
        "trial_id", "state", "model_name", "epochs", "seconds", "started", "ended", "node", "error"
    ]  # fmt: skip
    full = trials_frame([FIRST])
    assert all(frame[name].dtype == full[name].dtype for name in frame)


def test_columns_stand_in_the_order_of_the_schema() -> None:
    frame = trials_frame([FIRST, trial(trial_id=1, sae_lr=1e-3)])
    assert list(frame) == [
        "trial_id", "state", "model_name", "sae_k", "sae_lr", "dev/ndcg@10", "dev/leak", "epochs",
        "seconds", "started", "ended", "node", "error",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        ([5, 7], "Int64", [5, 7]),
        ([5, None], "Int64", [5, None]),
        ([np.int64(5), None], "Int64", [5, None]),
        ([0, 0.5], "float64", [0.0, 0.5]),
        ([1e-4, None], "float64", [1e-4, None]),
        ([True, None], "boolean", [True, None]),
        (["code", None], "str", ["code", None]),
        ([3, "all"], "str", ["3", "all"]),
        ([True, 2], "str", ["true", "2"]),
        ([[1, 2], None], "str", ["[1, 2]", None]),
        ([None, None], "float64", [None, None]),
    ],
)
def test_a_setting_has_the_narrowest_type_for_its_values(
    values: list[Any], dtype: str, expected: list[Any]
) -> None:
    column = trials_frame([trial(trial_id=i, s=v) for i, v in enumerate(values)])["s"]
    assert str(column.dtype) == dtype
    assert [None if pd.isna(v) else v for v in column] == expected


@pytest.mark.parametrize(
    ("leak", "expected"), [(True, True), (1.0, True), (0.0, False), (None, None), (np.nan, None)]
)
def test_leak_is_yes_no_or_unknown(leak: Any, expected: bool | None) -> None:
    (value,) = trials_frame([trial(**{"dev/leak": leak})])["dev/leak"]
    assert (None if pd.isna(value) else bool(value)) is expected


def test_times_may_be_seconds_or_datetimes_and_are_kept_to_the_microsecond() -> None:
    frame = trials_frame([FIRST, trial(trial_id=1, started=None, ended=None)])
    assert frame["started"][0] == pd.Timestamp("2023-11-14 22:13:20.25", tz="UTC")
    assert frame["ended"][0] == pd.Timestamp("2023-11-14 22:13:22", tz="UTC")
    assert frame[["started", "ended"]].loc[1].isna().all()


def test_rows_are_sorted_by_trial() -> None:
    assert list(trials_frame([trial(trial_id=i) for i in (2, 0, 1)])["trial_id"]) == [0, 1, 2]


def test_a_trial_with_two_rows_is_refused() -> None:
    with pytest.raises(AssertionError, match="two rows"):
        trials_frame([FIRST, FIRST])


def test_of_an_epoch_reported_twice_the_later_report_stays() -> None:
    reports = [(0, 1, 0.1), (0, 2, 0.2), (1, 1, 0.5), (0, 2, 0.3)]
    curves = curves_frame([{"trial_id": t, "epoch": e, "dev/fvu": v} for t, e, v in reports])
    assert curves[["trial_id", "epoch", "dev/fvu"]].to_numpy().tolist() == [
        [0, 1, 0.1],
        [0, 2, 0.3],
        [1, 1, 0.5],
    ]


def test_a_file_gives_back_what_was_written_also_to_plain_pandas(tmp_path: Path) -> None:
    frame = trials_frame([FIRST, trial(trial_id=1, sae_k=None, sae_mode="code", error="boo")])
    write_frame(tmp_path / "f", frame)
    pd.testing.assert_frame_equal(read_frame(tmp_path / "f"), frame)
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "f"), frame)


def test_rows_that_were_read_can_be_written_again(tmp_path: Path) -> None:
    frame = trials_frame([FIRST, trial(trial_id=1, sae_k=None, started=None, **{"dev/leak": None})])
    again = trials_frame(frame.to_dict("records"))
    pd.testing.assert_frame_equal(again, frame)


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=5)
settings = st.dictionaries(st.sampled_from(["a", "b", "c"]), scalars | st.floats(), max_size=3)


@given(st.lists(settings, max_size=6))
def test_any_settings_can_be_written_and_keep_their_type_when_written_again(
    rows: list[dict[str, Any]],
) -> None:
    frame = trials_frame([trial(trial_id=i, **row) for i, row in enumerate(rows)])
    again = trials_frame(frame.to_dict("records"))
    known = frame.columns[frame.notna().any()]
    pd.testing.assert_frame_equal(again[known], frame[known])


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=r"results\.parquet: missing"):
        read_frame(tmp_path / "results.parquet")


@pytest.mark.parametrize("keep", [0, 3, 100, -5])
def test_a_torn_file_is_one_clear_line(tmp_path: Path, keep: int) -> None:
    path = tmp_path / "results.parquet"
    write_frame(path, trials_frame([FIRST]))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(RecsaeError, match=r"results\.parquet: not a whole parquet file") as error:
        read_frame(path)
    assert "\n" not in str(error.value)


def test_a_foreign_parquet_file_is_refused(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "f")
    with pytest.raises(RecsaeError, match="not one that recsae wrote"):
        read_frame(tmp_path / "f")


def test_a_newer_version_is_refused_by_its_number(tmp_path: Path) -> None:
    table = pa.table({"a": [1]}).replace_schema_metadata({b"recsae.schema": b"99"})
    pq.write_table(table, tmp_path / "f")
    with pytest.raises(RecsaeError, match=f"version 99 .* up to {SCHEMA_VERSION}"):
        read_frame(tmp_path / "f")


@pytest.mark.parametrize(
    ("column", "setting", "metric"),
    [
        ("model_name", True, False),
        ("sae_k", True, False),
        ("dev/ndcg@10", False, True),
        ("train/fvu", False, True),
        ("trial_id", False, False),
        ("epoch", False, False),
        ("error", False, False),
    ],
)
def test_columns_say_what_they_are(column: str, setting: bool, metric: bool) -> None:
    assert (is_setting(column), is_metric(column)) == (setting, metric)
