"""The contest end to end on a made-up table: runs, what outside searches are told, the page."""

import json
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from made_table import TABLE, made_world

from benchmarks.search_quality.__main__ import main
from benchmarks.search_quality.contest import Task, run_one
from benchmarks.search_quality.libraries import TIME, Stock
from benchmarks.search_quality.plan import (
    METHODS,
    ONE_OBJECTIVE,
    STOCK,
    WORKERS,
    Contest,
    budgets,
    space_for,
)
from benchmarks.search_quality.report.findings import facts_of, findings
from benchmarks.search_quality.report.page import markdown, page
from recsae.results import States
from recsae.search.simulation.simulator import Clock, drive

NAMES = ("random", "asha + random", "one epoch, then the best", STOCK)


# Ray says so when a machine is so busy that drawing one trial takes a second.
pytestmark = pytest.mark.filterwarnings("ignore:Define-by-run function")


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    """Two seeds of a few methods."""
    contests: tuple[Contest, ...] = ("one", "two")
    return pd.concat(
        [
            run_one(Task(contest, TABLE.name, method, seed), made_world())
            for contest in contests
            for method in METHODS[contest]
            if method.name in NAMES
            for seed in (0, 1)
        ],
        ignore_index=True,
    )


def test_budgets_are_so_many_trainings_of_median_cost() -> None:
    assert budgets(made_world().recorded) == pytest.approx(tuple(n * 6.75 / 2 for n in (6, 12, 30)))


def test_runs_get_better_and_stay_within_what_is_possible(frame: pd.DataFrame) -> None:
    assert (frame["missed"] > -1e-9).all()
    for contest, nothing in (("one", made_world().nothing), ("two", 1.0)):
        rows = frame[(frame["contest"] == contest) & (frame["method"] == "random")]
        by_time = rows.sort_values("at").groupby("seed")["missed"]
        assert by_time.last().mean() < 0.5 * nothing
        assert by_time.last().mean() <= by_time.first().mean()


def test_stopping_tries_more_in_the_same_time(frame: pd.DataFrame) -> None:
    trials = frame[frame["contest"] == "one"].groupby("method")["trials"].mean()
    assert trials["asha + random"] > 2 * trials["random"]


def test_the_page_has_every_method_and_table(frame: pd.DataFrame) -> None:
    found = findings(frame, {TABLE.name: facts_of(made_world())})
    text, whole = markdown(found), page(found)
    for name in NAMES:
        assert f"| {name} |" in text
        assert f"<td>{name}</td>" in whole
    charts = whole.split("<svg")[1:]
    # The sized method has no curve; with one objective stock is judged twice.
    for chart, curves in zip(charts, (4, 3), strict=True):
        drawn = ElementTree.fromstring("<svg" + chart.split("</svg>")[0] + "</svg>")
        lines = [e for e in drawn.iter() if e.tag.endswith("polyline")]
        assert len(lines) == curves
    assert found["one"]["methods"]["random"]["rank"][0] > 1


def test_stock_is_told_as_ray_tells_it() -> None:
    space = space_for(TABLE.space, next(m for m in ONE_OBJECTIVE if m.name == STOCK), "one", 0)
    clock = Clock()
    stock = Stock(space, clock, 30.0)
    calls: list[tuple[int, str, int]] = []
    search, complete = stock._searcher.on_trial_result, stock._searcher.on_trial_complete

    def result(trial_id: str, one: dict[str, float]) -> None:
        calls.append((int(trial_id), "result", int(one[TIME])))
        search(trial_id, one)

    def ended(trial_id: str, one: dict[str, float]) -> None:
        calls.append((int(trial_id), "complete", int(one[TIME])))
        complete(trial_id, one)

    stock._searcher.on_trial_result, stock._searcher.on_trial_complete = result, ended
    run = drive(stock, made_world().surrogate, WORKERS, clock, cpu=lambda: 0.0)
    pruned = [one for one in run.reports if one.became == States.PRUNED and one.at < 30]
    assert {one.epochs for one in pruned} <= {1, 3, 9}
    for one in pruned:
        # What stops a trial reaches the searcher only as its end, as COMPLETE with that value.
        assert (one.trial_id, "complete", one.epochs) in calls
        assert (one.trial_id, "result", one.epochs) not in calls
        frozen = stock._searcher._ot_study.trials[one.trial_id]
        assert frozen.state.name == "COMPLETE"
        assert frozen.value == pytest.approx(one.metrics["ndcg@10"])
    assert pruned


def test_syne_tune_stops_at_its_rungs() -> None:
    pytest.importorskip("syne_tune")
    from benchmarks.search_quality.libraries import Syne

    for contest in ("one", "two"):
        method = next(m for m in METHODS[contest] if m.library == "syne")
        clock = Clock()
        space = space_for(replace(TABLE.space), method, contest, 0)  # type: ignore[arg-type]
        run = drive(Syne(space, clock, 30.0), made_world().surrogate, WORKERS, clock)
        pruned = [one.epochs for one in run.reports if one.became == States.PRUNED and one.at < 30]
        assert set(np.unique(pruned)) <= {1, 3, 9}
        assert pruned


def test_the_command_prints_its_figures(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ["--methods", "random", "asha + random", "--contests", "one", "--seeds", "2"]
    monkeypatch.setattr(
        "sys.argv", ["search_quality", *names, "--tables", "grocery_plain", "--json"]
    )
    main()
    found = json.loads(capsys.readouterr().out)
    assert list(found["one"]["methods"]) == ["random", "asha + random"]
    assert found["tables"]["grocery_plain"]["settings"] == 64
