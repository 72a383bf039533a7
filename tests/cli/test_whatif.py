"""`whatif` as a user types it: its flags, its answer, its mistakes."""

from pathlib import Path
from typing import Any

import pytest
import typer
from commands import Recsae, heavy_modules_of
from search.past_runs import SPACE, make_run

from recsae.cli.app import app
from recsae.cli.whatif import TRAINS
from recsae.results import create, load_results, write_curves, write_trials
from recsae.settings import fields
from recsae.space import SchedulerSettings, SearchSettings
from recsae.space.kinds import SCHEDULERS

GOLDEN = Path(__file__).parents[1] / "golden/run_v1"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run of 12 trials that all ran to their end."""
    make_run(tmp_path / "a", 12)
    return tmp_path / "a"


def test_each_setting_that_decides_is_a_flag() -> None:
    command = typer.main.get_command(app).commands["whatif"]  # type: ignore[attr-defined]
    flags = {name for parameter in command.params for name in parameter.opts}
    names = {*fields(SearchSettings), *fields(SchedulerSettings)} - {*TRAINS, "name"}
    assert {f"--{name}" for name in names} | {"--scheduler", "--workers", "--orders"} <= flags
    assert not flags & {f"--{name}" for name in TRAINS}


def test_all_schedulers_are_compared(recsae: Recsae, run: Path) -> None:
    found = recsae("whatif", run, "--orders", 5, "--json").json
    best = load_results(run).best.iloc[0]
    assert found["recorded"]["answer"] == {
        "trials": [best.trial_id],
        "value": best["dev/ndcg@10"],
        "rank": 1,
        "regret": 0.0,
    }
    by_name = {one["scheduler"]: one for one in found["predictions"]}
    assert tuple(by_name) == SCHEDULERS.names
    assert [name for name, one in by_name.items() if one["own"]] == ["asha"]
    none = by_name["none"]
    assert none["answer"] == found["recorded"]["answer"]
    assert (none["epochs"], none["share"], none["states"]) == (108, 1.0, {"COMPLETE": 12})
    # Whatever the order, the best of all is found, and at the same cost.
    assert none["orders"]["rank"] == {"mean": 1.0, "low": 1.0, "high": 1.0}
    assert none["orders"]["epochs"] == {"mean": 108.0, "low": 108.0, "high": 108.0}
    assert by_name["asha"]["epochs"] < 108 and by_name["asha"]["unknown"] == []


def test_a_flag_changes_one_rule(recsae: Recsae, run: Path) -> None:
    words = ("--scheduler", "asha", "--grace_epochs", 3, "--trials", 6, "--workers", 2)
    found = recsae("whatif", run, *words, "--orders", 0, "--json").json
    [one] = found["predictions"]
    assert (one["own"], one["orders"], found["trials"], found["workers"]) == (False, None, 6, 2)
    assert sum(one["states"].values()) == 6 and one["epochs"] >= 18


def test_what_is_asked_again_is_answered_alike(recsae: Recsae, run: Path) -> None:
    words = ("whatif", run, "--orders", 20, "--json")
    assert recsae(*words).json == recsae(*words).json
    assert recsae(*words, "--seed", 1).json != recsae(*words).json


def test_people_read_a_table(recsae: Recsae, run: Path) -> None:
    out = recsae("whatif", run, "--trials", 50, "--orders", 3).out
    assert "12 trials are recorded, not 50" in out and "over 3 random orders" in out
    assert all(name in out for name in SCHEDULERS.names)
    assert "unknown:" not in out
    assert "unknown:" in recsae("whatif", GOLDEN, "--scheduler", "none", "--orders", 0).out


def test_several_objectives_are_judged_by_hypervolume(recsae: Recsae, tmp_path: Path) -> None:
    two = {"objectives": {"ndcg@10": "max", "l0": "min"}}
    results, _ = make_run(tmp_path / "two", 12, **two)
    found = recsae("whatif", tmp_path / "two", "--orders", 4, "--json").json
    front = results.best.trial_id.tolist()
    assert len(front) > 1
    whole = {"trials": front, "value": 1.0, "rank": None, "regret": 0.0}
    assert found["recorded"]["answer"] == whole
    by_name = {one["scheduler"]: one for one in found["predictions"]}
    assert by_name["none"]["answer"] == whole
    assert all(0 <= one["answer"]["regret"] < 1 for one in by_name.values())
    assert "hypervolume" in recsae("whatif", tmp_path / "two", "--orders", 4).out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--scheduler", "medain"), "did you mean 'median'?"),
        (("--sampler", "ours"), "sampler: expected one that leaves trials to a scheduler"),
        (("--grace_epochs", 99), "expected at most sae_epochs 9, got 99"),
        (("--finalists", 2), "No such option: --finalists"),
        (("--orders", -1), "orders"),
    ],
)
def test_a_mistake_is_one_line(
    words: tuple[Any, ...], told: str, recsae: Recsae, run: Path
) -> None:
    assert told in recsae("whatif", run, *words).mistake


def test_without_a_run_or_a_report_there_is_nothing_to_ask(recsae: Recsae, tmp_path: Path) -> None:
    assert "no run 'b'" in recsae("whatif", "b", "--storage", tmp_path).mistake
    create(tmp_path / "a", {"space": SPACE})
    for rows in ([], [{"trial_id": 0, "state": "RUNNING", "model_name": "SASRec_SAE"}]):
        write_trials(tmp_path / "a", rows)
        write_curves(tmp_path / "a", [])
        assert "nothing is reported yet" in recsae("whatif", tmp_path / "a").mistake


def test_help_loads_nothing_heavy() -> None:
    assert heavy_modules_of("whatif", "--help") == set()
