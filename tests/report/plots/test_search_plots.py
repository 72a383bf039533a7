"""The plots of the search itself: the front's hypervolume, rungs, importance, trials as lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import pytest
from report.made_up_runs import RUNS, trial

from recsae.report.plots.hypervolume_history import hypervolume_history
from recsae.report.plots.importance import importance
from recsae.report.plots.parallel_coordinates import parallel_coordinates
from recsae.report.plots.rungs import survival
from recsae.results import load_results, write_importance

Maker = Callable[..., Path]
TWO = {"ndcg@10": "max", "l0": "min"}


def named(figure: go.Figure | None) -> dict[str, Any]:
    assert figure is not None
    return {trace.name: trace for trace in figure.data}


@pytest.mark.parametrize("draw", [hypervolume_history, survival, importance, parallel_coordinates])
@pytest.mark.parametrize("rows", RUNS.values(), ids=RUNS.keys())
@pytest.mark.parametrize("objectives", [None, TWO])
def test_no_state_of_a_run_breaks_a_plot(
    make_run: Maker,
    rows: list[dict[str, Any]],
    objectives: dict[str, str] | None,
    draw: Callable[..., go.Figure | None],
) -> None:
    figure = draw(load_results(make_run(rows, objectives)))
    assert figure is None or len(figure.data)


def test_the_front_grows_as_trials_end(make_run: Maker) -> None:
    drawn = named(hypervolume_history(load_results(make_run(RUNS["mixed"], TWO))))
    assert list(drawn["hypervolume"].x) == [1, 2, 5]
    assert list(drawn["points on the front"].y) == [1, 2, 2]
    assert drawn["hypervolume"].y[0] < drawn["hypervolume"].y[1] == drawn["hypervolume"].y[2]


def test_one_objective_has_no_hypervolume(make_run: Maker) -> None:
    assert hypervolume_history(load_results(make_run(RUNS["mixed"]))) is None


def test_each_rung_says_what_became_of_those_who_reached_it(make_run: Maker) -> None:
    states = ["PRUNED", "PRUNED", "FAILED", "COMPLETE", "PAUSED"]
    epochs = [1, 3, 0, 9, 3]
    rows = [
        {**trial(i, state), "epochs": of, "dev/ndcg@10": 0.1}
        for i, (state, of) in enumerate(zip(states, epochs, strict=True))
    ]
    drawn = named(survival(load_results(make_run(rows))))
    assert list(drawn["went on"].x) == ["start", "1", "3", "9"]
    assert list(drawn["went on"].y) == [4, 3, 1, 0]
    assert list(drawn["stopped"].y) == [0, 1, 1, 0]
    assert list(drawn["paused"].y) == [0, 0, 1, 0]
    assert list(drawn["complete"].y) == [0, 0, 0, 1]
    assert drawn["failed"].hovertext[0] == "failed: 1 of 5"
    assert "running" not in drawn


def shares(objective: str, epochs: int, **of: float) -> list[dict[str, Any]]:
    about = {"objective": objective, "epochs": epochs, "trials": 12}
    return [{"parameter": name, **about, "importance": share} for name, share in of.items()]


def test_importance_is_a_bar_a_parameter_and_comparison(make_run: Maker) -> None:
    run = make_run(RUNS["mixed"], TWO)
    write_importance(
        run,
        [
            *shares("ndcg@10", 1, sae_lr=0.7, sae_k=0.3),
            *shares("ndcg@10", 27, sae_k=0.9, sae_lr=0.1),
            *shares("l0", 1, sae_k=1.0),
        ],
    )
    figure = importance(load_results(run))
    drawn = named(figure)
    assert figure is not None and len(list(figure.select_xaxes())) == 2
    assert list(drawn["after 27 epochs, 12 trials"].y) == ["sae_k", "sae_lr"]
    # Plotly draws a list of categories upwards: the deepest comparison has its largest at the top.
    assert list(figure.layout.yaxis.categoryarray) == ["sae_lr", "sae_k"]


def test_without_importance_there_is_no_plot(make_run: Maker) -> None:
    run = make_run(RUNS["mixed"])
    assert importance(load_results(run)) is None
    write_importance(run, [])
    assert importance(load_results(run)) is None


def axes(figure: go.Figure | None) -> dict[str, Any]:
    assert figure is not None
    return {axis.label: axis for axis in figure.data[0].dimensions}


def test_lines_cross_all_that_varies_the_best_on_top(make_run: Maker) -> None:
    rows = [
        trial(0, "COMPLETE", sae_scale_size=16),
        trial(1, "COMPLETE", sae_scale_size=2),
        trial(2, "PRUNED", sae_scale_size=8, epochs=1),
        trial(3, "FAILED", sae_scale_size=2),
    ]
    figure = parallel_coordinates(load_results(make_run(rows)))
    drawn = axes(figure)
    assert list(drawn) == ["sae_k", "sae_lr", "sae_scale_size", "epochs", "dev ndcg@10"]
    assert list(drawn["dev ndcg@10"]["values"]) == pytest.approx([0.12, 0.10, 0.11])
    assert list(drawn["sae_scale_size"].ticktext) == ["2", "8", "16"]
    assert list(drawn["sae_scale_size"]["values"]) == [1, 2, 0]
    assert list(drawn["sae_lr"]["values"]) == pytest.approx([-3, -1, -2])  # log in the space


def test_a_setting_that_a_trial_does_not_have_has_a_place_below(make_run: Maker) -> None:
    rows = [
        trial(0, "COMPLETE", sae_auxk=0.5),
        trial(1, "COMPLETE", sae_auxk=1.0),
        trial(2, "COMPLETE", sae_auxk=None),
    ]
    axis = axes(parallel_coordinates(load_results(make_run(rows))))["sae_auxk"]
    first, second, absent = axis["values"]
    assert (first, second) == (0.5, 1.0), "the best, trial 2, comes last"
    assert absent == axis.range[0] < 0.5
    assert dict(zip(axis.tickvals, axis.ticktext, strict=True))[absent] == "–"


@pytest.mark.parametrize("way", ["max", "min"])
def test_the_best_have_the_strongest_colour(make_run: Maker, way: str) -> None:
    name = {"max": "ndcg@10", "min": "l0"}[way]
    figure = parallel_coordinates(load_results(make_run(RUNS["mixed"], {name: way})))
    assert figure is not None
    line = figure.data[0].line
    assert line.cmin <= line.cmax and line.reversescale == (way == "min")
    assert (max if way == "max" else min)(line.color) in (line.cmin, line.cmax)


def test_settings_that_no_space_searches_have_no_axis(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE", sae_seed=i) for i in range(3)]
    shown = axes(parallel_coordinates(load_results(make_run(rows))))
    assert "sae_k" in shown and "sae_seed" not in shown
