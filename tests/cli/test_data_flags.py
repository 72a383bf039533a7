"""Every command that takes --dataset has every flag of the data."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer

from recsae.cli.app import app, main
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
    line: str,
    words: list[str],
    expected: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["recsae", *LINES[line], *words])
    with pytest.raises(SystemExit) as ended:
        main()
    out, err = capsys.readouterr()
    assert ended.value.code == 2 and out == ""
    assert expected in err and len(err.splitlines()) == 1


def test_the_format_of_the_data_of_an_import_has_its_own_flag(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["import", "no-such.pt", "--name", "x", "--data_format", "recbol"]
    monkeypatch.setattr(sys, "argv", ["recsae", *words])
    with pytest.raises(SystemExit):
        main()
    err = capsys.readouterr().err
    assert err.startswith("recsae: data_format: expected one of csv, ")
    assert "did you mean 'recbole'?" in err


def test_a_missing_column_is_told_before_the_search_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "log.csv"
    log.write_text("uid,item,time\n1,2,3\n")
    words = ["tune", "smoke.yaml", "--dataset", str(log), "--user_column", "vid"]
    monkeypatch.setattr(sys, "argv", ["recsae", *words, "--storage", str(tmp_path / "runs")])
    with pytest.raises(SystemExit) as ended:
        main()
    err = capsys.readouterr().err
    assert ended.value.code == 2 and len(err.splitlines()) == 1
    assert "no column 'vid'" in err and "user_column" in err and "data:" not in err
    assert list((tmp_path / "runs").iterdir()) == []


@pytest.mark.parametrize(
    "words",
    [
        ["tune", "smoke.yaml", "--user_column", "uid"],
        ["tune", "--resume", "a", "--min_user", "-1"],
        ["train", "--model_name", "SASRec", "--split", "time:2"],
        ["data", "get", "ml-1"],
    ],
)
def test_a_mistake_in_them_is_told_before_anything_heavy_loads(words: list[str]) -> None:
    code = (
        f"import sys; sys.argv = ['recsae', *{words!r}]\n"
        "from recsae.cli.app import main\n"
        "try: main()\n"
        "except SystemExit as ended: assert ended.code == 2\n"
        "loaded = {'torch', 'ray', 'optuna', 'pandas'} & set(sys.modules)\n"
        "assert not loaded, loaded\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
