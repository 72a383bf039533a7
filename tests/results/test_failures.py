"""What the failed trials of a run are told as, and a run in which nothing came of anything."""

from collections.abc import Callable
from typing import Any

import pytest
from report.made_up_runs import RUNS, trial

from recsae.jobs.results import run_outcome
from recsae.jobs.runs.pages import write_page
from recsae.results import Columns, Files, Results, States
from recsae.results.failures import failure_line, kind_of, without_result

Make = Callable[..., Results]
TWO = {"objectives": {"ndcg@10": "max", "l0": "min"}}
SLOWER = "SettingError: sae_lr: training diverged in epoch {}; expected a rate lower than {}"


def test_numbers_make_no_other_error() -> None:
    assert kind_of(SLOWER.format(1, "1e+30")) == kind_of(SLOWER.format(12, 0.25))
    assert kind_of("out of memory: 20 MiB") != kind_of("out of room: 20 MiB")
    assert kind_of(None) == "no message"


def test_errors_are_counted_by_kind_the_commonest_first(make: Make) -> None:
    errors = ["boo", SLOWER.format(1, 0.5), SLOWER.format(2, 0.25), None]
    rows = [trial(i, "FAILED", error=error) for i, error in enumerate(errors)]
    run = make("run", [*rows, trial(4, "COMPLETE")])
    assert run.errors == [
        {"error": errors[1], "count": 2, "trials": [1, 2]},
        {"error": "boo", "count": 1, "trials": [0]},
        {"error": "no message", "count": 1, "trials": [3]},
    ]
    assert run_outcome(run.path)["errors"] == [
        {"error": one["error"], "count": one["count"]} for one in run.errors
    ]


@pytest.mark.parametrize(
    ("counts", "errors", "words"),
    [
        ({"COMPLETE": 3, "FAILED": 0}, [], None),
        ({"FAILED": 2}, [{"error": "x", "count": 2}], "2 of 2 trials FAILED, 2 times with: x"),
        (
            {"COMPLETE": 1, "FAILED": 3, "PAUSED": 1},
            [{"error": "x", "count": 1}, {"error": "y", "count": 1}, {"error": "z", "count": 1}],
            "3 of 5 trials FAILED, once with: x; 2 other errors",
        ),
    ],
)
def test_failures_in_a_line(
    counts: dict[str, int], errors: list[dict[str, Any]], words: str | None
) -> None:
    assert failure_line(counts, errors) == words


@pytest.mark.parametrize("name", RUNS)
def test_which_runs_found_nothing(name: str) -> None:
    states = [row["state"] for row in RUNS[name]]
    nothing = not {"COMPLETE", "PRUNED"} & set(states)
    assert without_result({state.value: states.count(state) for state in States}) == nothing


def test_a_run_of_failures_is_read_like_any_other(make: Make) -> None:
    run = make("run", RUNS["failed only"], space=TWO)
    assert run.best.empty and run.best_trials() == [] and run.finalist_scores == []
    assert list(run.best["dev/ndcg@10"]) == [] and list(run.best["dev/l0"]) == []
    assert set(run.trials[Columns.STATE]) == {States.FAILED}
    outcome = run_outcome(run.path)
    assert outcome["report"] is None and outcome["best"] == []
    outcome = write_page(str(run.path), storage=None)
    assert outcome["note"] == "3 of 3 trials FAILED, 3 times with: boo"
    assert run_outcome(run.path)["report"] == outcome["report"] == str(run.path / Files.REPORT)
