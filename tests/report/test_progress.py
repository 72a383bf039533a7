"""How far a running search is, told from its frames."""

import io
import math
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import Recsae
from filelock import FileLock
from report.made_up_runs import RUNS, SEARCH, trial
from rich.console import Console

from recsae.report.answers.progress import ProgressView, curve, progress_line, progress_of
from recsae.results import Files, create, load_results, write_curves, write_search, write_trials

Maker = Callable[..., Path]
ROWS = [
    trial(0, "COMPLETE", epochs=10, seconds=20.0),
    trial(1, "PRUNED", epochs=2, seconds=4.0),
    trial(2, "RUNNING", epochs=3, seconds=6.0, sae_epochs=10),
]


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """Return a run of 5 trials of which 3 have begun."""
    search = SEARCH | {"space": SEARCH["space"] | {"search": {"trials": 5}}}
    create(tmp_path / "run", search)
    write_trials(tmp_path / "run", ROWS)
    points = [(1, 0.1), (2, 0.3), (3, 0.2)]
    write_curves(
        tmp_path / "run", [{"trial_id": 2, "epoch": n, "dev/ndcg@10": v} for n, v in points]
    )
    return tmp_path / "run"


def test_epochs_and_time_left_by_hand(run: Path) -> None:
    with FileLock(run / Files.DRIVER):
        found = progress_of(load_results(run), running=True)
    # 7 epochs of trial 2, and two more trials of 6 epochs, the mean of those that have ended.
    assert (found["epochs"], found["expected_epochs"]) == (15, 15 + 7 + 12)
    assert found["seconds_left"] == 2.0 * 19
    assert found["now"] == [{"trial_id": 2, "epoch": 3, "epochs": 10, "values": [0.1, 0.3, 0.2]}]
    assert progress_line(found) == (
        "run: 2 of 5 trials (1 COMPLETE, 1 PRUNED, 1 RUNNING); 15 of about 34 epochs; "
        "about 38 s left; best ndcg@10 0.1000, 50.0 % of the base's (trial 0)"
    )
    console = Console(width=100, record=True)
    console.print(ProgressView(found))
    assert "3 of 10" in (text := console.export_text()) and "▁█▅" in text


@pytest.mark.parametrize("width", [80, 120])
def test_many_trials_at_once_fit_the_screen(run: Path, width: int) -> None:
    write_trials(run, [trial(n, "RUNNING", epochs=1, sae_epochs=10) for n in range(40)])
    with FileLock(run / Files.DRIVER):
        found = progress_of(load_results(run), running=True)
    console = Console(width=width, height=24, record=True, file=io.StringIO())
    console.print(ProgressView(found, "2 at once, each with 1 CPUs and 0 GPUs"))
    lines = console.export_text().splitlines()
    assert len(lines) <= 24 and max(map(len, lines)) <= width
    assert lines[-1] == "and 25 more" and "best ndcg@10 0.4900" in "".join(lines)


def test_before_a_trial_has_ended_the_scheduler_tells_how_long_they_are(run: Path) -> None:
    write_trials(run, [trial(0, "RUNNING", epochs=2, sae_epochs=9, **{"seconds": 4.0})])
    scheduler = {"name": "asha", "grace_epochs": 1, "reduction_factor": 3}
    fixed = {"sae_k": {"int": [2, 16]}, "sae_epochs": 9}
    space = {"parameters": fixed, "search": {"trials": 5}, "scheduler": scheduler}
    write_search(run, SEARCH | {"space": SEARCH["space"] | space})
    found = progress_of(load_results(run), running=True)
    # Epochs 1, 2 and 3 of a third, 4 to 9 of a ninth: 1 + 2/3 + 6/9 each.
    assert found["expected_epochs"] == 9 + round(4 * (1 + 2 / 3 + 6 / 9))
    assert found["best"]["epoch"] == 2, "of a trial that still runs"


def test_a_run_in_any_state_has_a_line(make_run: Maker) -> None:
    for name, rows in RUNS.items():
        path = make_run(rows, name=name.replace(" ", "_"))
        found = progress_of(load_results(path), running=False)
        assert found["seconds_left"] is None
        assert f"of {found['wanted']} trials" in progress_line(found)
        Console(width=80, quiet=True).print(ProgressView(found))


def test_a_curve_has_the_newest_values_and_no_gap() -> None:
    assert curve([0.0, 0.5, math.nan, 1.0]) == "▁▅█"
    assert curve([2.0, 2.0]) == "▁▁" and curve([]) == "" and len(curve([*range(100)])) == 24


def test_watch_follows_a_run_to_its_end(
    recsae: Recsae, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = FileLock(run / Files.DRIVER)
    driver.acquire()

    def a_moment(_: float) -> None:
        write_trials(run, [*ROWS[:2], ROWS[2] | {"state": "COMPLETE", "ended": 1e9}])
        write_search(run, load_results(run).search | {"ended": "finished"})
        driver.release()

    monkeypatch.setattr("time.sleep", a_moment)
    assert recsae("watch", run, "--json").json["running"]
    first, last = recsae("watch", run).out.splitlines()
    assert "1 RUNNING" in first and "2 COMPLETE, 1 PRUNED)" in last and "left" not in last
    assert not recsae("watch", run, "--json").json["running"]
