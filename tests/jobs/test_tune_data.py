"""A whole search on a log of one's own, with flags of the data that win over the space's."""

import random
from pathlib import Path

import pytest
import yaml
from commands import answer, process

SPACE = {
    "model_name": "SASRec_SAE",
    "dataset": "grocery",
    "data": {"user_column": "person", "min_user": 2, "targets": "new"},
    "base": {"emb_size": 16, "num_layers": 1, "num_heads": 2, "epochs": 1},
    "parameters": {"sae_k": {"int": [2, 4]}, "sae_epochs": 1, "sae_batch_size": 256},
    "search": {"trials": 2},
    "scheduler": {"name": "none"},
}
FLAGS = ["--user_column", "uid", "--time_column", "when", "--min_rating", "4", "--targets", "all"]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Write events in no order: a user's items walk up by one a day, every third is rated low."""
    rows = [
        f"u{user},{(user + day) % 30},2024-01-{day + 1:02},{1 if day % 3 == 2 else 5}"
        for user in range(60)
        for day in range(12)
    ]
    random.Random(0).shuffle(rows)
    path = tmp_path / "my.csv"
    path.write_text("\n".join(["uid,item,when,rating", *rows]) + "\n")
    return path


def test_a_search_on_ones_own_log(log: Path, tmp_path: Path) -> None:
    space, storage = tmp_path / "space.yaml", ["--storage", str(tmp_path / "runs")]
    space.write_text(yaml.safe_dump(SPACE))
    found = answer("tune", space, "--dataset", log, *FLAGS, "--name", "a", *storage)
    assert found["trials"]["COMPLETE"] == 2
    assert found["protocol"].startswith("my: 60 users, 30 items, 480 events; rating >= 4")
    search = yaml.safe_load(Path(found["path"], "search.yaml").read_text())
    data = search["space"]["data"]
    assert (data["user_column"], data["min_user"], data["targets"]) == ("uid", 2, "all")
    assert search["source"]["data"]["time_column"] == "when"

    again = process("tune", "--resume", "a", "--min_rating", "4", *storage)
    assert again.code == 0 and "has finished already" in again.err
    other = process("tune", "--resume", "a", "--min_rating", "5.5", *storage)
    assert other.mistake


def test_a_column_that_the_space_names_for_another_file(log: Path, tmp_path: Path) -> None:
    space = tmp_path / "space.yaml"
    space.write_text(yaml.safe_dump(SPACE))
    line = process("tune", space, "--dataset", log, "--storage", tmp_path / "runs").mistake
    assert "no column 'person'" in line
    assert line.strip().endswith(f"(user_column is said in data: of {space})")
