"""A command run in a cache of its own, and the small data of ReChorus that it is run on."""

import sys
from pathlib import Path
from typing import Any

import pytest
from jobs.import_models.refusals import ITEMS, Run
from rechorus_world import write_folder

from recsae.cli.app import main


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("world") / "data", ITEMS)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs a command with an empty cache: exit code, standard error."""
    monkeypatch.setenv("RECSAE_CACHE", str(tmp_path / "cache"))

    def command(*words: Any) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["recsae", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0), capsys.readouterr().err

    return command
