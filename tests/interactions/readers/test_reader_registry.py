"""A format is one class: found by its file, or in a package beside recsae."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from interactions.small_log import ITEMS, USERS, read
from outside_package import installed, lay

from recsae.errors import SettingError
from recsae.interactions.folders import find_log
from recsae.interactions.readers.registry import readers
from recsae.interactions.settings import READERS, DataSettings
from recsae.settings import expected

SOURCE = """
from recsae.interactions.log import Log
from recsae.interactions.readers.base import Reader
from recsae.interactions.readers.pairs import coded

class Arrows(Reader):
    'Users and items with an arrow between them.'

    name = "arrows"
    priority = 85

    def looks(self, file, settings):
        return b"->" in file.head

    def read(self, source, settings, notes):
        rows = [line.split(b"->") for file in source.files for line in file.head.splitlines()]
        user, item = ([int(row[side]) for row in rows] for side in (0, 1))
        return Log(coded(user), coded(item), None)
"""


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[None]:
    lay(tmp_path, SOURCE, "recsae.readers", arrows="Arrows")
    with installed(tmp_path, READERS):
        readers.cache_clear()
        yield
    readers.cache_clear()


def test_the_more_certain_a_mark_the_sooner_it_is_looked_for() -> None:
    assert list(readers()) == [
        *("parquet", "jsonl", "prefixes", "recbole", "pairs", "s3rec", "sequences"),
        *("rechorus", "csv"),
    ]
    assert len({reader.priority for reader in readers().values()}) == len(readers())


def test_settings_know_the_names() -> None:
    assert expected(DataSettings, "format") == f"one of {', '.join(READERS.names)} or nothing"
    with pytest.raises(SettingError, match="did you mean 'parquet'"):
        DataSettings.of({"format": "parket"})


@pytest.mark.usefixtures("outside")
def test_one_from_outside_is_recognised_and_read(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text(arrows())
    found = read(tmp_path / "log.txt")
    assert found.items[found.frame["item"]].tolist() == ITEMS
    assert read(tmp_path / "log.txt", format="arrows").frame.equals(found.frame)
    assert [*readers()][-2:] == ["arrows", "csv"]


@pytest.mark.usefixtures("outside")
def test_three_files_of_one_from_outside_are_a_given_split(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    for part in ("train", "valid", "test"):
        (folder / f"log.{part}.txt").write_text(arrows())
    source = find_log(folder, DataSettings(), [])
    assert source.format == "arrows" and source.parts == (0, 1, 2)


def test_without_its_package_it_is_no_format() -> None:
    with pytest.raises(SettingError, match="format: expected one of csv"):
        DataSettings.of({"format": "arrows"})


def arrows() -> str:
    return "".join(f"{user}->{item}\n" for user, item in zip(USERS, ITEMS, strict=True))
