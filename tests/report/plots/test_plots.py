"""What the plots draw, read back from their traces."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from report.made_up_runs import RUNS, SEARCH, trial

from recsae.report.plots.learning_curves import learning_curves
from recsae.report.plots.optimization_history import optimization_history
from recsae.report.plots.parameters import axis_of, log_ticks, parameters_against_objective
from recsae.report.plots.pareto_front import pareto_front
from recsae.results import Results, load_results
from recsae.space import stored_space

Maker = Callable[..., Path]


def traces(figure: go.Figure | None) -> dict[str, Any]:
    """Return the traces that the legend names."""
    assert figure is not None
    return {trace.name: trace for trace in figure.data if trace.showlegend}


@pytest.fixture
def mixed(make_run: Maker) -> Results:
    return load_results(make_run(RUNS["mixed"]))


def test_best_so_far_is_a_stair_of_trials_that_may_be_best(make_run: Maker) -> None:
    values = [0.10, 0.30, 0.20, 0.90, 0.40, 0.50]
    states = ["COMPLETE", "COMPLETE", "COMPLETE", "COMPLETE", "COMPLETE", "PRUNED"]
    rows = [
        trial(i, state, **{"dev/ndcg@10": value, "dev/leak": value == 0.90})
        for i, (value, state) in enumerate(zip(values, states, strict=True))
    ]
    stair = traces(optimization_history(load_results(make_run(rows))))["best so far"]
    assert list(stair.x) == [1, 2, 3, 5, 6]
    assert list(stair.y) == [0.10, 0.30, 0.30, 0.40, 0.40]
    assert stair.line.shape == "hv"


def test_what_breaks_a_constraint_is_a_grey_ring_and_never_best(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE") for i in range(3)]
    results = load_results(make_run(rows, constraints={"l0": "<= 3"}))
    drawn = traces(optimization_history(results))
    assert list(drawn["best so far"].y) == pytest.approx([0.10, 0.11, 0.11])
    assert list(drawn["breaks a constraint (never best)"].x) == [3]
    assert drawn["breaks a constraint (never best)"].marker.symbol == "circle-open"
    dots = traces(parameters_against_objective(results))
    assert list(dots["breaks a constraint (never best)"].x) == [4]


def test_merged_runs_follow_one_another(make_run: Maker) -> None:
    rows = [
        *(trial(i, "COMPLETE", run="a", run_trial=i) for i in range(2)),
        *(trial(i, "COMPLETE", run="b", run_trial=i, started=5e9, ended=5e9 + i) for i in (2, 3)),
    ]
    drawn = traces(optimization_history(load_results(make_run(rows))))
    assert list(drawn["complete"].x) == [1, 2, 4, 5]


def test_less_is_better_makes_the_stair_fall(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE", **{"dev/fvu": v}) for i, v in enumerate([0.5, 0.7, 0.2])]
    stair = traces(optimization_history(load_results(make_run(rows, {"fvu": "min"}))))[
        "best so far"
    ]
    assert list(stair.y) == [0.5, 0.5, 0.2, 0.2]


def test_trials_are_drawn_where_and_as_what_they_ended(mixed: Results) -> None:
    figure = optimization_history(mixed)
    assert figure is not None
    drawn = traces(figure)
    assert list(drawn["complete"].x) == [1, 2]
    assert list(drawn["leaks (never best)"].x) == [3]
    assert drawn["leaks (never best)"].marker.symbol == "circle-open"
    assert list(drawn["pruned"].x) == [4]
    assert [shape.x0 for shape in figure.layout.shapes if shape.yref == "y domain"] == [5]


def test_the_base_is_a_line(mixed: Results) -> None:
    figure = optimization_history(mixed)
    assert figure is not None
    assert [shape.y0 for shape in figure.layout.shapes if shape.xref == "x domain"] == [0.2]


@pytest.mark.parametrize(
    ("seconds", "unit", "last"),
    [(100, "seconds", 101.0), (600, "minutes", 601 / 60), (20_000, "hours", 20_001 / 3600)],
)
def test_time_has_a_fitting_unit(make_run: Maker, seconds: int, unit: str, last: float) -> None:
    rows = [trial(0, "COMPLETE"), {**trial(seconds, "COMPLETE"), "trial_id": 1}]
    figure = optimization_history(load_results(make_run(rows)))
    assert figure is not None
    assert figure.layout.xaxis.title.text == f"{unit} since the start"
    assert traces(figure)["complete"].x[-1] == pytest.approx(last)


def test_each_varied_parameter_has_a_plot(make_run: Maker) -> None:
    rows = [{**row, "sae_epochs": 30} for row in RUNS["mixed"]]
    figure = parameters_against_objective(load_results(make_run(rows)))
    assert figure is not None
    titles = [axis.title.text for axis in figure.select_xaxes()]
    assert titles == ["sae_k", "sae_lr"]


def test_the_best_trial_is_ringed_in_each_plot(mixed: Results) -> None:
    figure = parameters_against_objective(mixed)
    assert figure is not None
    rings = [trace for trace in figure.data if trace.name == "best"]
    assert [list(ring.x) for ring in rings] == [[3], [0.01]]


SPACE = stored_space(SEARCH["space"], "search.yaml").by_name


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("sae_k", [2, 16], "log"),
        ("sae_lr", [1e-4, 1e-2], "log"),
        ("sae_auxk", [0.0, 0.5], "linear"),
        ("sae_scale_size", [2, 8], "category"),
        ("model_name", ["b", "a"], "category"),
        ("unknown", [1.0, 2.0], "linear"),
    ],
)
def test_axes_are_what_the_space_says(name: str, values: list[Any], kind: str) -> None:
    assert axis_of(SPACE.get(name), pd.Series(values))[1]["type"] == kind


def test_choices_stand_in_order_one_place_each() -> None:
    places, axis = axis_of(SPACE["sae_scale_size"], pd.Series([16, 2, None, 8], dtype="Int64"))
    assert axis["categoryarray"] == ["2", "8", "16"]
    assert places.dropna().tolist() == ["16", "2", "8"]


def test_a_long_choice_is_broken_in_two_lines_and_escaped() -> None:
    names = ["SASRec_SAE_<b>", "SASRec_SAE_Contrastive"]
    _, axis = axis_of(SPACE["model_name"], pd.Series(names))
    assert axis["categoryarray"] == ["SASRec_SAE_<br>&lt;b&gt;", "SASRec_SAE_<br>Contrastive"]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (2, 16, [2, 3, 5, 7, 10]),
        (1e-4, 1e-1, [0.0001, 0.001, 0.01, 0.1]),
        (0.05, 1.0, [0.05, 0.1, 0.2, 0.5, 1.0]),
        (3.1, 3.2, [3.1, 3.2]),
    ],
)
def test_log_ticks_by_hand(low: float, high: float, expected: list[float]) -> None:
    assert log_ticks(low, high) == pytest.approx(expected)


@given(st.floats(1e-6, 1e6), st.floats(1.01, 1e9))
def test_log_ticks_are_few_and_inside(low: float, ratio: float) -> None:
    ticks = log_ticks(low, low * ratio)
    assert 2 <= len(ticks) <= 16
    assert all(low * 0.998 <= tick <= low * ratio * 1.002 for tick in ticks)


def test_curves_group_the_trials_as_they_ended(mixed: Results) -> None:
    drawn = traces(learning_curves(mixed))
    assert {name: sorted(set(trace.hovertext)) for name, trace in drawn.items()} == {
        "not complete": ["trial 3"],
        "leaks (never best)": ["trial 2"],
        "SASRec_SAE": ["trial 0"],
        "best": ["trial 1"],
    }
    assert list(drawn["best"].x) == [1, 2, None]


def test_of_many_trials_the_best_and_a_sample_of_the_rest_have_curves(
    make_run: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recsae.report.plots.learning_curves.MOST_TRIALS", 4)
    rows = [trial(i, "COMPLETE" if i < 10 else "PRUNED") for i in range(20)]
    drawn = traces(learning_curves(load_results(make_run(rows))))
    shown = {text for trace in drawn.values() for text in trace.hovertext}
    assert {"trial 9", "trial 8"} <= shown
    assert len(shown) <= 4
    assert "not complete" in drawn


def test_the_front_is_joined_and_ringed(make_run: Maker) -> None:
    pairs = [(0.3, 9.0), (0.2, 5.0), (0.2, 7.0), (0.1, 2.0)]
    rows = [
        trial(i, "COMPLETE", **{"dev/ndcg@10": n, "dev/l0": l0}) for i, (n, l0) in enumerate(pairs)
    ]
    figure = pareto_front(load_results(make_run(rows, {"ndcg@10": "max", "l0": "min"})))
    assert figure is not None
    lines = {trace.name: trace for trace in figure.data if trace.mode == "lines"}
    drawn = {name: list(zip(line.x, line.y, strict=True)) for name, line in lines.items()}
    assert drawn == {
        "front after a quarter": [(0.3, 9.0)],
        "front after half": [(0.2, 5.0), (0.3, 9.0)],
        "best": [(0.1, 2.0), (0.2, 5.0), (0.3, 9.0)],
    }
    assert figure.layout.xaxis.title.text == "dev ndcg@10 (max)"


def test_three_objectives_are_three_plots_without_a_line(make_run: Maker) -> None:
    rows = [trial(i, "COMPLETE", **{"dev/fvu": 1.0 - i / 10}) for i in range(4)]
    objectives = {"ndcg@10": "max", "l0": "min", "fvu": "min"}
    figure = pareto_front(load_results(make_run(rows, objectives)))
    assert figure is not None
    assert len(list(figure.select_xaxes())) == 3
    assert not [trace for trace in figure.data if trace.mode == "lines"]


def test_one_objective_has_no_front(mixed: Results) -> None:
    assert pareto_front(mixed) is None
