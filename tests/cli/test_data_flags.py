"""Every command that takes --dataset has every flag of the data."""

from pathlib import Path
from typing import Any

import pytest
import typer
from commands import Recsae, heavy_modules_of

from recsae.cli.app import app
from recsae.interactions.settings import DataSettings
from recsae.settings import fields


def commands(group: Any, words: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return all commands of the command line, those of its groups too, by their words."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        inner = hasattr(command, "commands")
        found |= commands(command, (*words, name)) if inner else {" ".join((*words, name)): command}
    return found


def flags(command: Any) -> set[str]:
    return {flag for parameter in command.params for flag in parameter.opts}


COMMANDS = commands(typer.main.get_command(app))
TAKING_DATA = [name for name, command in COMMANDS.items() if "--dataset" in flags(command)]


def test_the_commands_that_take_data() -> None:
    assert {"pretrain", "train", "import", "tune"} <= set(TAKING_DATA)


@pytest.mark.parametrize("name", TAKING_DATA)
@pytest.mark.parametrize("setting", fields(DataSettings))
def test_each_takes_every_setting_of_the_data(name: str, setting: str) -> None:
    other = {("import", "format"): "--data_format"}  # there --format is the checkpoint's
    assert other.get((name, setting), f"--{setting}") in flags(COMMANDS[name])


LINES = {
    "pretrain": ["pretrain"],
    "train": ["train", "--model_name", "SASRec_SAE"],
    "train a baseline": ["train", "--model_name", "Popularity"],
    "import": ["import", "no-such.pt", "--name", "x"],
    "tune": ["tune", "smoke.yaml"],
}
MISTAKES = [
    (["--user_column", "uid", "--dataset", "synthetic"], "user_column: expected a data set from"),
    (["--min_rating", "high"], "--min_rating"),
    (["--min_user", "-1"], "min_user: expected an integer >= 0, got -1"),
    (["--split", "time:0.2"], "split: expected leave-one-out, given, or time:Q"),
    (["--order", "newest"], "order: expected time, file or random:SEED"),
    (["--targets", "old"], "targets: expected one of all, new, got 'old'"),
    (["--dataset", "grocry"], "did you mean 'grocery'?"),
]


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize(("words", "expected"), MISTAKES)
def test_a_mistake_in_them_is_one_line(
    line: str, words: list[str], expected: str, recsae: Recsae
) -> None:
    assert expected in recsae(*LINES[line], *words).mistake


def test_the_format_of_the_data_of_an_import_has_its_own_flag(recsae: Recsae) -> None:
    line = recsae("import", "no-such.pt", "--name", "x", "--data_format", "recbol").mistake
    assert line.startswith("recsae: data_format: expected one of csv, ")
    assert "did you mean 'recbole'?" in line


def test_a_missing_column_is_told_before_the_search_begins(tmp_path: Path, recsae: Recsae) -> None:
    log, runs = tmp_path / "log.csv", tmp_path / "runs"
    log.write_text("uid,item,time\n1,2,3\n")
    words = ["tune", "smoke.yaml", "--dataset", log, "--user_column", "vid", "--storage", runs]
    line = recsae(*words).mistake
    assert "no column 'vid'" in line and "user_column" in line and "data:" not in line
    assert list(runs.iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["tune", "sasrec_sea.yaml"],
        ["tune", "smoke.yaml", "--user_column", "uid"],
        ["tune", "--resume", "a", "--min_user", "-1"],
        ["train", "--model_name", "SASRec", "--split", "time:2"],
        ["data", "get", "ml-1"],
    ],
)
def test_a_mistake_is_told_before_anything_heavy_loads(words: list[str]) -> None:
    assert not heavy_modules_of(*words)
