"""Columns that cannot be what the user says they are."""

from pathlib import Path

import pandas as pd
import pytest

from recsae.errors import RecsaeError
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings


def test_one_column_cannot_be_user_and_item(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("user,item\n1,2\n")
    with pytest.raises(RecsaeError, match=r"log\.csv:1: column 'user' is both user_column and"):
        load(DataSettings(dataset=str(log), item_column="user"))


def test_a_duration_is_no_time(tmp_path: Path) -> None:
    log = tmp_path / "log.parquet"
    time = pd.to_timedelta(range(3), unit="s")
    pd.DataFrame({"user": 1, "item": range(3), "time": time}).to_parquet(log)
    with pytest.raises(RecsaeError, match="column 'time': expected numbers or dates, got duration"):
        load(DataSettings(dataset=str(log)))
