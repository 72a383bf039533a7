"""Where a search runs and where its results go, told or taken from its run."""

from pathlib import Path
from typing import Any

import pytest
from commands import Recsae

from recsae.errors import RecsaeError
from recsae.jobs.runs.places import LAUNCH, Where, open_places


@pytest.mark.parametrize(
    ("told", "stored", "expected", "said"),
    [
        (Where(), {"workers": 1, "address": None}, Where(1), "--workers 1, as the run did"),
        (Where(3), {"workers": 1, "address": None}, Where(3), ""),
        (Where(), {"workers": None, "address": "h:1"}, Where(None, None, "h:1"), "--address h:1"),
        (Where(2), {"workers": 1, "address": "h:1"}, Where(2, None, "h:1"), "with --address h:1,"),
        (Where(None, "s", "local"), {"workers": None, "address": "h:1"}, Where(None, "s"), ""),
        (Where(), None, Where(), ""),  # of an earlier recsae
    ],
)
def test_what_a_resume_leaves_open_is_as_the_run_had_it(
    told: Where, stored: Any, expected: Where, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told.as_before({LAUNCH: stored}) == expected
    err = capsys.readouterr().err
    assert said in err and bool(said) == bool(err)


@pytest.mark.parametrize("stored", [3, [1], {"workers": 0}, {"workers": "2"}, {"x": 1}])
def test_another_launch_in_a_run_is_one_line(stored: Any) -> None:
    with pytest.raises(RecsaeError, match="launch: expected workers and address"):
        Where().as_before({LAUNCH: stored})


@pytest.mark.parametrize("name", ["`id`", "$HOME", "a;b", "a\nb", "\x1b[1m", "a|b", "x>y"])
def test_a_storage_of_shell_characters_is_not_made(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    storage = str(tmp_path / name / "runs")
    line = Recsae(capsys)("tune", "smoke.yaml", "--storage", storage).mistake
    assert "a new folder has no control or shell characters" in line
    assert list(tmp_path.iterdir()) == []


def test_a_storage_that_is_there_may_have_any_name(tmp_path: Path) -> None:
    (tmp_path / "$x").mkdir()
    open_places(tmp_path / "$x", Where())
