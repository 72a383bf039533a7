"""Names of data sets, RECSAE_DATA_DIR, and the real sets where they are."""

import os

import numpy as np
import pytest
from interactions.readers.forms import FORMS

from recsae.errors import RecsaeError, SettingError
from recsae.interactions.attributes import tags
from recsae.interactions.datasets import load
from recsae.interactions.settings import DataSettings

real = pytest.mark.skipif(
    not os.environ.get("RECSAE_DATA_DIR"), reason="RECSAE_DATA_DIR does not name real data"
)


@pytest.fixture(autouse=True)
def cache(monkeypatch, tmp_path):
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_known_set_that_is_not_here_says_both_ways_to_have_it(monkeypatch):
    monkeypatch.delenv("RECSAE_DATA_DIR", raising=False)
    with pytest.raises(SettingError) as caught:
        load(DataSettings(dataset="ml-1m"))
    assert str(caught.value) == (
        "dataset: ml-1m is not here: `recsae data get ml-1m` downloads it; or have ml-1m/ in a "
        "folder RECSAE_DATA_DIR"
    )


def test_a_known_set_that_the_folder_lacks(monkeypatch, tmp_path):
    monkeypatch.setenv("RECSAE_DATA_DIR", str(tmp_path))
    with pytest.raises(
        SettingError, match=rf"; or have a folder yelp/ in RECSAE_DATA_DIR={tmp_path}$"
    ):
        load(DataSettings(dataset="yelp"))


def test_a_downloaded_set_is_found_and_ones_own_wins(monkeypatch, tmp_path, cache):
    for folder, events in ((cache / "data" / "toys", 4), (tmp_path / "toys", 3)):
        folder.mkdir(parents=True)
        lines = "".join(f"1,{item},{item}\n" for item in range(events))
        (folder / "log.csv").write_text("user,item,time\n" + lines)
    monkeypatch.delenv("RECSAE_DATA_DIR", raising=False)
    assert load(DataSettings(dataset="toys")).n_events == 4
    monkeypatch.setenv("RECSAE_DATA_DIR", str(tmp_path))
    assert load(DataSettings(dataset="toys")).n_events == 3


@pytest.mark.parametrize("form", ["recbole", "csv", "parquet", "rechorus", "s3rec"])
def test_a_known_set_may_have_any_format(form, monkeypatch, tmp_path):
    FORMS[form].put(tmp_path / "toys", [("1", "3", "5"), ("1", "1", "6"), ("1", "2", "7")])
    monkeypatch.setenv("RECSAE_DATA_DIR", str(tmp_path))
    found = load(DataSettings(dataset="toys"))
    assert found.name == "toys" and found.frame["item"].tolist() == [2, 0, 1]


def test_a_name_means_the_known_set_even_beside_such_a_folder(monkeypatch, tmp_path):
    (tmp_path / "toys").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECSAE_DATA_DIR", raising=False)
    with pytest.raises(SettingError, match="toys is not here"):
        load(DataSettings(dataset="toys"))
    with pytest.raises(RecsaeError, match="no known log in it"):
        load(DataSettings(dataset="./toys"))


def test_a_file_gives_its_stem_as_the_name(tmp_path):
    (tmp_path / "clicks.csv").write_text("user,item\n1,1\n1,2\n1,3\n")
    assert load(DataSettings(dataset=str(tmp_path / "clicks.csv"))).name == "clicks"


def test_rechorus_named_where_a_part_is_missing(tmp_path):
    (tmp_path / "train.csv").write_text("user_id\titem_id\ttime\n1\t1\t1\n")
    with pytest.raises(RecsaeError, match=r"no dev\.csv; a ReChorus folder has"):
        load(DataSettings(dataset=str(tmp_path), format="rechorus"))


def test_rechorus_parts_that_name_their_columns_differently(tmp_path):
    for part, name in (("train", "time"), ("dev", "time"), ("test", "timestamp")):
        (tmp_path / f"{part}.csv").write_text(f"user_id\titem_id\t{name}\n1\t1\t1\n")
    with pytest.raises(RecsaeError, match="its files name the user, item or time differently"):
        load(DataSettings(dataset=str(tmp_path)))


def test_a_split_against_time_names_its_user(tmp_path):
    for part, rows in (("train", "8\t1\t9\n"), ("dev", "8\t2\t5\n"), ("test", "8\t3\t10\n")):
        (tmp_path / f"{part}.csv").write_text("user_id\titem_id\ttime\n" + rows)
    with pytest.raises(RecsaeError, match="user 8: a train event comes after a dev event in time"):
        load(DataSettings(dataset=str(tmp_path)))


@pytest.mark.parametrize("key", ["format", "time_column"])
def test_generated_data_has_no_format_and_no_columns(key):
    with pytest.raises(SettingError, match=rf"^{key}: expected a data set from a file"):
        load(DataSettings.of({"dataset": "synthetic", key: "csv"}))


@real
@pytest.mark.parametrize(
    ("name", "counts"),
    [
        ("ml-100k", (943, 1682, 100_000)),
        ("grocery", (14_681, 8_713, 151_254)),
        ("beauty", (22_363, 12_101, 198_502)),
    ],
)
def test_real_sets_are_as_published(name, counts):
    found = load(DataSettings(dataset=name))
    assert (found.n_users, found.n_items, found.n_events) == counts
    assert found.filtered == "as shipped" and found.attributes is not None


@real
def test_grocery_keeps_a_dev_and_a_test_target_a_user():
    found = load(DataSettings(dataset="grocery"))
    counts = found.frame.groupby("split")["user"].agg(["size", "nunique"])
    assert counts.loc[[1, 2]].to_numpy().tolist() == [[14_681, 14_681]] * 2


@real
def test_ml_100k_knows_its_genres():
    found = load(DataSettings(dataset="ml-100k"))
    assert found.attributes is not None
    toy_story = found.attributes.loc[
        found.attributes["item"] == np.flatnonzero(found.items == 1)[0]
    ]
    assert toy_story[["attribute", "value"]].to_numpy().tolist() == [
        ["genre", "Animation"],
        ["genre", "Children's"],
        ["genre", "Comedy"],
        ["title", "Toy Story"],
        ["year", "1995"],
    ]
    named = tags(found.attributes, found.n_items, found.tag_names)
    assert named is not None and "class=Comedy" in named and "release_year=1995" in named
