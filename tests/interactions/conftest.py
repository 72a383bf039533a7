"""Writers of every format: a frame with the columns user, item, time in, the written path out."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

Writer = Callable[[Path, pd.DataFrame], Path]
TYPED = ["user_id:token", "item_id:token", "timestamp:float"]


def write_recbole(folder: Path, events: pd.DataFrame) -> Path:
    lines = ["\t".join(TYPED), *("\t".join(map(str, row)) for row in events.to_numpy())]
    (folder / "set.inter").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def write_csv(folder: Path, events: pd.DataFrame) -> Path:
    events.to_csv(folder / "set.csv", index=False)
    return folder / "set.csv"


def write_windows_tsv(folder: Path, events: pd.DataFrame) -> Path:
    named = events.set_axis(["user_id", "item_id", "timestamp"], axis=1)
    named.to_csv(
        folder / "set.tsv", index=False, sep="\t", lineterminator="\r\n", encoding="utf-8-sig"
    )
    return folder / "set.tsv"


def write_parquet(folder: Path, events: pd.DataFrame) -> Path:
    events.to_parquet(folder / "set.parquet", index=False)
    return folder


def write_rechorus(folder: Path, events: pd.DataFrame) -> Path:
    """Split each user's events in order of time: the last for test, the one before for dev."""
    named = events.set_axis(["user_id", "item_id", "time"], axis=1)
    ordered = named.sort_values("time", kind="stable")
    from_end = ordered.groupby("user_id").cumcount(ascending=False)
    for place, part in enumerate(("test", "dev", "train")):
        rows = ordered[np.minimum(from_end, 2) == place]
        rows.to_csv(folder / f"{part}.csv", index=False, sep="\t")
    return folder


def write_s3rec(folder: Path, events: pd.DataFrame) -> Path:
    lines = [
        " ".join(map(str, [user, *rows.sort_values("time", kind="stable")["item"]]))
        for user, rows in events.groupby("user")
    ]
    (folder / "set.txt").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def writers() -> dict[str, Writer]:
    return {
        "recbole": write_recbole,
        "csv": write_csv,
        "windows_tsv": write_windows_tsv,
        "parquet": write_parquet,
        "rechorus": write_rechorus,
        "s3rec": write_s3rec,
    }
