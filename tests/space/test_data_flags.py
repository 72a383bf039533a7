"""`data:` of a space has every setting of the data, and the command line wins over it."""

from pathlib import Path
from typing import Any

import pytest

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.settings import DataSettings
from recsae.settings import fields
from recsae.space import SearchSpace, load_space, space_of
from recsae.space.file_format.schema import schema
from recsae.space.flags.data import with_its_place

OTHERS = set(fields(DataSettings)) - {"dataset"}
EVERY: dict[str, Any] = {
    **{"format": "csv", "user_column": "uid", "item_column": "sku", "time_column": "when"},
    **{"rating_column": "stars", "min_user": 2, "min_item": 3, "min_rating": 3.5},
    **{"where": "kind == view", "order": "random:7", "split": "time:0.9", "targets": "new"},
}


def space(folder: Path, text: str) -> SearchSpace:
    path = folder / "mine.yaml"
    path.write_text(f"model_name: SASRec_SAE\nparameters: {{sae_k: 4}}\n{text}\n")
    return load_space(path)


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "log.csv"
    path.write_text("uid,sku,when\n")
    return str(path)


def test_the_sample_below_leaves_nothing_out() -> None:
    assert set(EVERY) == OTHERS
    assert all(
        EVERY[name] != value for name, value in DataSettings().values().items() if name in EVERY
    )


def test_data_takes_every_setting(tmp_path: Path, log: str) -> None:
    lines = "".join(f"  {name}: {value}\n" for name, value in EVERY.items())
    found = space(tmp_path, f"dataset: {log}\ndata:\n{lines}")
    assert found.data == EVERY
    assert found.data_settings().values() == {"dataset": log, **EVERY}
    assert space_of(found.resolved()).data == EVERY


def test_the_schema_has_every_setting() -> None:
    assert set(schema()["definitions"]["DataSettings"]["properties"]) == OTHERS


@pytest.mark.parametrize("name", sorted(OTHERS))
def test_a_flag_wins_over_the_space(tmp_path: Path, log: str, name: str) -> None:
    written = {"min_user": 9, "min_item": 8, "user_column": "person", "order": "file"}
    lines = "".join(f"  {key}: {value}\n" for key, value in written.items())
    new = space(tmp_path, f"dataset: {log}\ndata:\n{lines}").override(data={name: EVERY[name]})
    kept = {key: value for key, value in written.items() if key != name}
    assert new.data_settings().values().items() >= {**kept, name: EVERY[name]}.items()


def test_another_data_set_keeps_what_the_space_says(tmp_path: Path, log: str) -> None:
    found = space(tmp_path, "dataset: grocery\ndata: {user_column: uid, min_user: 5}")
    new = found.override(data={"dataset": log})
    assert (new.dataset, new.data["user_column"], new.data["min_user"]) == (log, "uid", 5)


def test_a_flag_that_says_the_default_is_said_all_the_same(tmp_path: Path) -> None:
    new = space(tmp_path, "data: {min_user: 5}").override(data={"min_user": 0, "min_item": 0})
    assert new.named_data() == {"min_user": 0, "min_item": 0}  # a base may have others


def test_a_wrong_flag_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^min_user: expected an integer >= 0, got -1$"):
        space(tmp_path, "dataset: synthetic").override(data={"min_user": -1})
    with pytest.raises(SettingError, match=r"^user_column: expected a data set from a file"):
        space(tmp_path, "dataset: synthetic").override(data={"user_column": "uid"})


def test_columns_of_generated_data_are_told_with_their_line(tmp_path: Path) -> None:
    with pytest.raises(RecsaeError, match=r"mine\.yaml:4: time_column: expected a data set from"):
        space(tmp_path, "dataset: synthetic\ndata: {time_column: when}")


def test_a_column_that_the_space_names_for_another_file_is_told_so(tmp_path: Path) -> None:
    found = space(tmp_path, "dataset: grocery\ndata: {user_column: uid}")
    with pytest.raises(SettingError, match=r"user_column is said in data: of .*mine\.yaml"):
        found.override(data={"dataset": "synthetic"})


def test_the_command_line_is_not_blamed_on_the_space() -> None:
    error = RecsaeError("log.csv: no column 'uid' (user_column)")
    data = {"user_column": "uid", "min_user": 5}
    assert str(with_its_place(error, data, {}, "a.yaml")).endswith("is said in data: of a.yaml)")
    assert with_its_place(error, data, {"user_column": "uid"}, "a.yaml") is error
    other = RecsaeError("log.csv:3: expected a time")
    assert with_its_place(other, data, {}, "a.yaml") is other
