"""The plots of the page in their order, each with a line that says how to read it."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import plotly.graph_objects as go

from recsae.report.plots.curve_of_k import curve_of_k
from recsae.report.plots.hypervolume_history import hypervolume_history
from recsae.report.plots.importance import importance, importance_note
from recsae.report.plots.learning_curves import MOST_TRIALS, learning_curves
from recsae.report.plots.optimization_history import optimization_history
from recsae.report.plots.parallel_coordinates import parallel_coordinates
from recsae.report.plots.parameters import parameters_against_objective
from recsae.report.plots.pareto_front import pareto_front
from recsae.report.plots.rungs import survival
from recsae.report.plots.style import section
from recsae.report.plots.tradeoff import tradeoff
from recsae.results import Results


class Plot(NamedTuple):
    """One section of the page, left out where `draw` gives None."""

    title: str
    help: str
    draw: Callable[[Results], go.Figure | None]
    note: Callable[[Results], str | None] = lambda results: None
    """What is to be said of this run beside."""


PLOTS: Final = {
    "tradeoff": Plot(
        "What k buys",
        "Trials that may be best, on dev. The steps are the best up to each k: take the last step "
        "that is higher than its interval is wide.",
        tradeoff,
    ),
    "pareto": Plot(
        "Objectives against each other",
        "COMPLETE trials, at each k of their ladder where they have one. The ringed points are "
        "those that no other beats in every objective: choose among them.",
        pareto_front,
    ),
    "importance": Plot(
        "What decides",
        "The share of each parameter in what sets the best trials apart from the others "
        "(PED-ANOVA), all compared after as many epochs; from 10 trials on. It says what to search "
        "finely, not which value is good. Bars: 95 % over resampled trials.",
        importance,
        importance_note,
    ),
    "parameters": Plot(
        "Parameters",
        "Each parameter against the first objective. Best trials at the end of a range ask for a "
        "wider one; pruned trials are faint.",
        parameters_against_objective,
    ),
    "rungs": Plot(
        "Rungs",
        "A bar counts the trials that came so far, by what became of them there: the shorter the "
        "next bar, the harder weak trials are stopped.",
        survival,
    ),
    "curve_of_k": Plot(
        "Quality against k",
        "COMPLETE trials that may be best. A line is one training, scored at each k of its ladder; "
        "a dot without a line was trained for its k alone.",
        curve_of_k,
    ),
    "parallel": Plot(
        "Trials across all settings",
        "A line is a trial, orange the best; – is a setting that it does not have. Drag along an "
        "axis to keep the trials of a range only, click to let go.",
        parallel_coordinates,
    ),
    "history": Plot(
        "Objective over time",
        "Each trial at its end. Where the line of the best has been flat for long, the search is "
        "done.",
        optimization_history,
    ),
    "hypervolume": Plot(
        "The front over time",
        "The hypervolume is what the front dominates of the box between the worst and the best "
        "value of each objective that any trial of this run measured, a tenth wider at its worst "
        "end; 1 would be one trial that is best in all. A flat end: more trials hardly help.",
        hypervolume_history,
    ),
    "curves": Plot(
        "Epoch by epoch",
        f"All trials; of more than {MOST_TRIALS} the best and a sample of the others. Lines that "
        "still climb at their end ask for more epochs.",
        learning_curves,
    ),
}


FIRST: Final = ("tradeoff", "pareto")
"""What belongs to the answer; the others say why."""


def plots(results: Results, texts: dict[str, int]) -> list[dict[str, Any]]:
    """Return a `section` of each plot that has something to show; `texts` grows by theirs."""
    drawn = [(key, plot, plot.draw(results)) for key, plot in PLOTS.items()]
    return [
        section(key, plot.title, plot.help, figure, texts) | {"note": plot.note(results)}
        for key, plot, figure in drawn
        if figure is not None
    ]
