"""`results` in all its forms on made-up runs: shown, compared, merged, handed to Optuna."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
import pytest
import typer
from filelock import FileLock
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from report.made_up_runs import RUNS
from search.past_runs import make_run
from typer.testing import CliRunner

from recsae.cli import results as cli_results
from recsae.errors import RecsaeError
from recsae.files import write_json
from recsae.results import Files, create, load_results, write_finalists, write_trials
from recsae.results.folder import COMMANDS

Command = Callable[..., Any]
STATES = ("COMPLETE", "PRUNED", "FAILED")


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """Return a storage of three runs with models of their best trials: a and b alike, c not."""
    for name, trials in (("a", 12), ("b", 21)):
        results, _ = make_run(tmp_path / name, trials, states=STATES)
        _keep_models(results.path)
    make_run(tmp_path / "c", 3, objectives={"l0": "min"})
    return tmp_path


def _keep_models(run: Path) -> None:
    for trial_id in load_results(run).best["trial_id"]:
        folder = run / Files.BEST / str(trial_id)
        folder.mkdir(parents=True)
        (folder / "model.safetensors").write_text(f"{run.name} {trial_id}")
        write_json(folder / Files.METRICS, {"test": {"ndcg@10": 0.5}})


@pytest.fixture
def command(runs: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Return a function that runs words after `recsae`; --json gives the object that it prints."""
    monkeypatch.setenv("RECSAE_STORAGE", str(runs))
    names = {"help_option_names": ["-h", "--help"]}
    app = typer.Typer(context_settings=names, rich_markup_mode=None)
    cli_results.add(app)

    def run(*words: str, code: int = 0) -> Any:
        done = CliRunner().invoke(app, list(words))
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == code, done.output
        if "--json" in words:
            return json.loads(done.stdout.splitlines()[-1], parse_constant=pytest.fail)
        return done.output

    return run


TOP = ["--top", "20"]


@pytest.mark.parametrize(
    "words", [["a", *TOP], ["show", "a", *TOP], ["--top", "2", "a"], ["a", "--top", "2"]]
)
def test_a_run_is_shown_with_or_without_the_word(command: Command, words: list[str]) -> None:
    text = command("results", *words)
    assert text.startswith("best: trial ") and "SASRec_SAE" in text
    assert "a: 4 COMPLETE, 4 PRUNED, 4 FAILED" in text
    assert text.count("FAILED") == (2 if "2" in words else 6)
    assert "4 of 12 trials FAILED, 4 times with: ValueError: boo" in text


def test_without_a_wish_the_answer_is_shown(command: Command, tmp_path: Path) -> None:
    text = command("results", "a")
    assert text.startswith("best: trial ") and "go on:\n  recsae tune --resume a" in text
    files = ["--csv", str(tmp_path / "t.csv"), "--latex", str(tmp_path / "t.tex")]
    outcome = command("results", "a", *files, "--json")
    assert outcome["written"] == {"csv": files[1], "tex": files[3]}
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 13
    assert command("results", "a", "--columns", "sae_k", "--top", "1").count("\n") == 6


def test_show_as_json_is_what_a_search_prints(command: Command, runs: Path) -> None:
    outcome = command("results", "a", "--json")
    assert outcome == command("results", "show", "a", "--json")
    assert outcome["trials"] == {"COMPLETE": 4, "PRUNED": 4, "FAILED": 4}
    (best,) = outcome["best"]
    assert best["trial_id"] == load_results(runs / "a").best["trial_id"].iloc[0]
    assert best["test"] == {"ndcg@10": 0.5}


def test_finalists_are_shown_beside_their_scores_in_the_search(
    command: Command, runs: Path
) -> None:
    values = [{"trial_id": 0, "seed": s, "dev/ndcg@10": 0.05 + s / 100} for s in range(2)]
    write_finalists(runs / "a", [{**value, "dev/leak": False} for value in values])
    outcome = command("results", "a", "--json")["finalists"]
    assert outcome[0]["metrics"]["ndcg@10"]["dev"]["mean"] == pytest.approx(0.055)
    assert "finalists, trained anew" in command("results", "a")


def test_help_names_the_commands(command: Command) -> None:
    text = command("results", "--help")
    assert all(f"  {name} " in text for name in COMMANDS)
    assert {str(c.name or c.callback.__name__) for c in cli_results.group.registered_commands} == {
        *COMMANDS
    }


def test_a_page_is_written_with_what_decides(command: Command, runs: Path) -> None:
    outcome = command("report", "b", "--json")
    assert outcome["report"] == str(runs / "b" / "report.html")
    assert load_results(runs / "b").importance is not None


def test_diff_tells_space_and_outcome(command: Command) -> None:
    outcome = command("results", "diff", "a", "b", "--json")
    assert outcome["runs"] == ["a", "b"] and outcome["not_mergeable"] is None
    assert outcome["differences"] == {"space": {}, "data": {}, "base": {}, "versions": {}}
    assert outcome["outcome"]["trials"][1] == {"COMPLETE": 7, "PRUNED": 7, "FAILED": 7}
    outcome = command("results", "diff", "a", "c", "--json")
    assert outcome["differences"]["space"]["objectives.l0"] == [None, "min"]
    assert "cannot be compared" in outcome["not_mergeable"]
    assert command("results", "diff", "a", "c").startswith("a | c\nspace:\n")


def test_merge_makes_a_run_of_both_with_the_best_model(command: Command, runs: Path) -> None:
    outcome = command("results", "merge", "a", "b", "--name", "both", "--json")
    assert outcome["trials"] == {"COMPLETE": 11, "PRUNED": 11, "FAILED": 11}
    assert [source["run"] for source in outcome["merged"]] == ["a", "b"] and outcome[
        "left_out"
    ] == 0
    both = load_results(runs / "both")
    (row,) = both.best.to_dict("records")
    model = runs / "both" / Files.BEST / str(row["trial_id"]) / "model.safetensors"
    assert model.read_text() == f"{row['run']} {row['run_trial']}"
    assert outcome["best"][0]["test"] == {"ndcg@10": 0.5}
    assert (runs / "both" / Files.REPORT).is_file()
    curves = [len(load_results(runs / name).curves) for name in ("a", "b")]
    assert len(both.curves) == sum(curves)
    assert "both: 11 COMPLETE" in command("results", "both")


def test_a_best_model_that_is_not_there_is_said(
    command: Command, runs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_run(runs / "d", 5)
    outcome = command("results", "merge", "d", "a", "--name", "both", "--json")
    number = outcome["best"][0]["trial_id"]
    assert not (runs / "both" / Files.BEST / str(number)).exists()
    assert outcome["best"][0].get("test") is None


def test_export_can_be_opened_and_says_how(command: Command, runs: Path) -> None:
    outcome = command("results", "export", "a", "--json")
    assert outcome["open"] == f"optuna-dashboard {outcome['path']}" and outcome["trials"] == 12
    storage = JournalStorage(JournalFileBackend(outcome["path"]))
    study = optuna.load_study(study_name=outcome["study"], storage=storage)
    assert study.best_trial.number == load_results(runs / "a").best["trial_id"].iloc[0]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["results", "z"], r"no run 'z' in .*; there: a, b, c"),
        (["results", "diff", "a", "z"], r"no run 'z'"),
        (["results", "diff", "a", "a"], r"^a: expected two runs, got the same twice$"),
        (["results", "merge", "a", "--name", "n"], r"^merge: expected two runs or more, got 1$"),
        (["results", "merge", "a", "a", "--name", "n"], r"^a: expected each run once"),
        (["results", "merge", "a", "c", "--name", "n"], r"^a and c cannot be compared: objectives"),
        (["results", "merge", "a", "b", "--name", "c"], r"^--name: .*c exists already"),
        (["results", "merge", "a", "b", "--name", "x/y"], r"^name: expected letters"),
        (["results", "merge", "a", "b", "--name", "diff"], r"^name: 'diff' is what"),
        (["results", "export", "z"], r"no run 'z'"),
        (["report", "z"], r"no run 'z'"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(
    command: Command, runs: Path, words: list[str], message: str
) -> None:
    before = sorted(path.name for path in runs.iterdir())
    with pytest.raises(RecsaeError, match=message) as error:
        command(*words)
    assert "\n" not in str(error.value)
    assert sorted(path.name for path in runs.iterdir()) == before


@pytest.mark.parametrize(
    "words", [["results"], ["results", "diff", "a"], ["results", "merge", "a", "b"]]
)
def test_words_that_are_missing_are_named(command: Command, words: list[str]) -> None:
    assert "Missing" in command(*words, code=2)


def test_a_broken_run_is_named(command: Command, runs: Path) -> None:
    (runs / "b" / Files.CURVES).write_bytes(b"no")
    for words in (["diff", "a", "b"], ["merge", "a", "b", "--name", "n"], ["export", "b"], ["b"]):
        with pytest.raises(RecsaeError, match=r"curves\.parquet: not a whole parquet file"):
            command("results", *words)
    assert not (runs / "n").exists()


@pytest.mark.parametrize("rows", RUNS.values(), ids=RUNS.keys())
def test_a_run_in_any_state_merges_and_exports(
    command: Command, runs: Path, rows: list[dict[str, Any]]
) -> None:
    search = load_results(runs / "a").search
    create(runs / "odd", search)
    write_trials(runs / "odd", rows)
    with FileLock(runs / "odd" / Files.DRIVER):
        outcome = command("results", "merge", "odd", "a", "--name", "both", "--json")
    going = sum(row["state"] == "RUNNING" for row in rows)
    assert outcome["left_out"] == going
    assert sum(outcome["trials"].values()) == len(rows) - going + 12
    assert command("results", "export", "odd", "--json")["trials"] == len(rows)
    assert command("report", "odd", "--json")["run"] == "odd"
