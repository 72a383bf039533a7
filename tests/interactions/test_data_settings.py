"""Names and settings of the data, which can be checked before pandas is loaded."""

import subprocess
import sys

import pytest

from recsae.errors import SettingError
from recsae.interactions.settings import (
    NAMES,
    DataSettings,
    SyntheticSettings,
    check_name,
    synthetic_settings,
)


def refused(dataset: str) -> str:
    with pytest.raises(SettingError) as caught:
        check_name(dataset)
    assert caught.value.key == "dataset" and "\n" not in str(caught.value)
    return caught.value.message


@pytest.mark.parametrize("name", [*NAMES, "synthetic:users=5,drift=0.5", "."])
def test_known_names_and_existing_paths_pass(name):
    check_name(name)


@pytest.mark.parametrize(
    ("name", "hint"),
    [("ml100k", "ml-100k"), ("ML-1M", "ml-1m"), ("grocry", "grocery"), ("synthetics", "synthetic")],
)
def test_a_misspelt_name_is_told_its_nearest(name, hint):
    assert refused(name).endswith(f"got {name!r} (did you mean {hint!r}?)")


def test_a_path_that_is_not_there():
    assert refused("logs/clicks.csv") == "no such file or folder: logs/clicks.csv"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("synthetic:", "expected key=value, got ''"),
        ("synthetic:users", "expected key=value, got 'users'"),
        ("synthetic:users=5,users=6", "expected key=value once, got 'users=6'"),
        ("synthetic:user=5", "user: no such setting (did you mean 'users'?)"),
        ("synthetic:users=many", "users: expected an integer >= 1 and <= 10000000, got 'many'"),
        ("synthetic:users=0", "users: expected an integer >= 1 and <= 10000000, got 0"),
        ("synthetic:drift=1.5", "drift: expected a number >= 0 and <= 1, got 1.5"),
        ("synthetic:items=5,concepts=6", "concepts: expected at most the 5 items, got 6"),
    ],
)
def test_options_of_synthetic_data(name, expected):
    assert refused(name) == f"{name!r}: {expected}"


def test_options_are_read():
    found = synthetic_settings("synthetic:users=5000,items=2_000,seed=3,drift=0")
    assert found == SyntheticSettings(users=5000, items=2000, seed=3, drift=0)


@pytest.mark.parametrize("order", ["time", "file", "random:0", "random:17"])
def test_orders(order):
    assert DataSettings.of({"order": order}).order == order


@pytest.mark.parametrize("order", ["random", "random:", "random:-1", "random:x", "newest", "time "])
def test_unknown_orders_are_refused(order):
    with pytest.raises(SettingError) as caught:
        DataSettings.of({"order": order})
    assert str(caught.value) == f"order: expected time, file or random:SEED, got {order!r}"


def test_an_unknown_format_is_refused():
    with pytest.raises(SettingError, match="expected one of csv, jsonl, pairs, parquet, "):
        DataSettings.of({"format": "recbol"})


def test_names_are_checked_without_pandas():
    code = (
        "import sys; from recsae.interactions.settings import check_name; check_name('beauty');"
        "sys.exit(any(name in sys.modules for name in ('pandas', 'pyarrow', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
