"""The table of named sets: complete, and read as their owners' files are."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from recsae.interactions.named_sets import NAMED
from recsae.interactions.named_sets.folders import with_known_settings
from recsae.interactions.settings import NAMES, SYNTHETIC, DataSettings
from recsae.settings import fields

HEX = {"sha256": 64, "md5": 32, "git": 40}


def test_every_name_has_its_set() -> None:
    assert [*NAMED, SYNTHETIC] == [*NAMES]


@pytest.mark.parametrize("name", NAMED)
def test_a_set_says_all_that_a_download_needs(name: str) -> None:
    known = NAMED[name]
    assert all((known.title, known.licence, known.citation, known.page.startswith("https://")))
    assert len(set(known.placed)) == len(known.placed) > 0
    assert set(known.settings) <= set(fields(DataSettings)) - {"dataset"}
    for file in known.files:
        kind, _, digits = file.checksum.partition(":")
        assert re.fullmatch(rf"[0-9a-f]{{{HEX[kind]}}}", digits)
        assert file.url.startswith("https://") and file.name
        assert (file.size or 1) > 0 and bool(file.members) == file.name.endswith(".zip")


def test_the_names_load_without_pandas() -> None:
    code = "import sys, recsae.interactions.named_sets.folders; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_only_the_owners_own_files_are_read_by_what_is_known_of_them(tmp_path: Path) -> None:
    settings = DataSettings(dataset="lastfm")
    assert with_known_settings(settings, tmp_path) == settings
    for name in NAMED["lastfm"].placed:
        (tmp_path / name).touch()
    assert with_known_settings(settings, tmp_path).item_column == "artistID"
    mine = DataSettings(dataset="lastfm", item_column="tagID")
    assert with_known_settings(mine, tmp_path).item_column == "tagID"
